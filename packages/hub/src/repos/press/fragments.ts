/**
 * What metadata says of copies: read from the packages' headers once, and kept.
 *
 * Invariant: all copies of a package share its fragment, since signing does not touch the header.
 */
import type { Reader } from '../../ledger/index.ts';
import type { Hands } from './hands.ts';
import { saysOf } from './member.ts';
import { builtFiles, type CopyFacts, copiesById, keepFragments } from './queries.ts';

/** Headers that a thread reads at a time. */
const atOnce = 32;

/** @param pathOf where the file of a stored blob is */
export async function readFragments(
  reader: Reader,
  hands: Hands,
  pathOf: (sha256: string) => string,
  copies: readonly CopyFacts[],
): Promise<CopyFacts[]> {
  const unread = copies.filter((one) => one.says === null);
  if (unread.length === 0) return [...copies];
  const files = await builtFiles(
    reader,
    unread.map((one) => one.id),
  );
  const batches: CopyFacts[][] = [];
  for (let from = 0; from < unread.length; from += atOnce) batches.push(unread.slice(from, from + atOnce));
  await Promise.all(
    batches.map(async (batch) => {
      const paths = batch.map((one) => pathOf(files.get(one.id) ?? ''));
      const read = await hands.do({ what: 'headers', paths });
      const fresh = batch.flatMap((copy, at) => {
        const one = read[at];
        if (one === undefined) return [];
        const { digest, fragment, buildTime: fileTime, plain, traits } = one;
        return [
          {
            id: copy.id,
            digest,
            bytes: Buffer.from(fragment),
            says: saysOf(digest, copy, fileTime),
            plain,
            fileTime,
            traits,
          },
        ];
      });
      await keepFragments(reader, fresh);
    }),
  );
  const known = await copiesById(
    reader,
    unread.map((one) => one.id),
  );
  return copies.map((one) => known.get(one.id) ?? one);
}
