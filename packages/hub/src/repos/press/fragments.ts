/**
 * What metadata says of copies: read from the packages' headers once, and kept.
 *
 * Invariant: all copies of a package share its fragment, since signing does not touch the header.
 */
import type { Reader } from '../../ledger/index.ts';
import { ahead } from './ahead.ts';
import type { Hands } from './hands.ts';
import { saysOf } from './member.ts';
import {
  builtFiles,
  type CopyFacts,
  copiesById,
  extendedFilelists,
  keepExtended,
  keepFragments,
} from './queries.ts';
import type { Workshop } from './workshop.ts';

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
  const kept = ahead(batches, hands.count + 2, async (batch) => {
    const paths = batch.map((one) => pathOf(files.get(one.id) ?? ''));
    const headers = await hands.do({ what: 'headers', paths });
    const fresh = batch.flatMap((copy, at) => {
      const one = headers[at];
      if (one === undefined) return [];
      const { digest, fragment, buildTime: fileTime, plain, traits } = one;
      const says = saysOf(digest, copy, fileTime);
      return { id: copy.id, digest, bytes: Buffer.from(fragment), says, plain, fileTime, traits };
    });
    await keepFragments(reader, fresh);
  });
  for await (const _ of kept);
  const known = await copiesById(
    reader,
    unread.map((one) => one.id),
  );
  return copies.map((one) => known.get(one.id) ?? one);
}

/**
 * Their filelists-ext by the copies' ids. It is read when a repository first packs a package with it: most never do, and
 * packages from before may be wanted so too.
 * @param copies of one run
 */
export async function readExtended(
  { reader, hands, store }: Pick<Workshop, 'reader' | 'hands' | 'store'>,
  copies: readonly number[],
): Promise<Map<number, Uint8Array>> {
  const known = await extendedFilelists(reader, copies);
  const unread = copies.filter((id) => !known.has(id));
  if (unread.length === 0) return known;
  const files = [...(await builtFiles(reader, unread))];
  const read = await hands.do({ what: 'extended', paths: files.map(([, sha256]) => store.path(sha256)) });
  await keepExtended(
    reader,
    files.flatMap(([copy], at) => {
      const bytes = read[at];
      return bytes === undefined ? [] : [{ copy, bytes: Buffer.from(bytes) }];
    }),
  );
  return await extendedFilelists(reader, copies);
}
