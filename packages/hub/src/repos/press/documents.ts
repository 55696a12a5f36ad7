/**
 * The documents of a tree as splices of runs, with the hashes that repomd.xml states.
 *
 * Invariant: hashes are of what a client reads: of the packed file, joined, and of what is in it. They follow the size;
 * everything else follows the change.
 */
import { access } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { type Compression, type RepomdRecord, suffixOf } from '@moromi/repodata';
import type { Piece } from '../../blobs/index.ts';
import type { Form } from './form.ts';
import { JobError } from './hands.ts';
import type { Ends, PackedRun } from './pack-runs.ts';
import type { RunFacts } from './queries.ts';
import { sum } from './sum.ts';
import type { MadeFile, Workshop } from './workshop.ts';

export interface Document {
  file: MadeFile;
  record: Omit<RepomdRecord, 'timestamp'>;
}

const tries = 3;

export async function documentsOf(
  workshop: Workshop,
  packed: readonly PackedRun[],
  frame: readonly Ends[],
  { compression, documents }: Form,
): Promise<Document[]> {
  const runs = packed.map((one) => one.run);
  const held = runs.map(({ key, sizes, opens }) => ({ key, bytes: sum(sizes) + sum(opens) }));
  const hashes = await workshop.cache.holding(held, () => hashesOf(workshop, runs, frame, compression));
  return documents.map((kind, at) => {
    const ends = frame[at];
    const [open, sha256] = [hashes[at], hashes[documents.length + at]];
    if (ends === undefined || open === undefined || sha256 === undefined)
      throw new Error(`the document ${kind} has no beginning`);
    const pieces = piecesOf(runs, at, ends);
    const size = pieces.reduce((sum, piece) => sum + piece.length, 0);
    const openSize =
      ends.head.plain.length + ends.tail.plain.length + sum(runs.map((run) => run.opens[at] ?? 0));
    const name = `${sha256}-${kind}.xml${suffixOf(compression)}`;
    return {
      file: { name, sha256, size, pieces },
      record: { type: kind, href: `repodata/${name}`, checksum: sha256, openChecksum: open, size, openSize },
    };
  });
}

/** Of the plain texts, then of the packed ones. */
async function hashesOf(
  workshop: Workshop,
  runs: readonly RunFacts[],
  frame: readonly Ends[],
  compression: Compression,
): Promise<string[]> {
  for (let round = 1; ; round++) {
    try {
      return await hashAll(workshop, runs, frame);
    } catch (error) {
      if (!(error instanceof JobError) || error.code !== 'ENOENT' || round >= tries) throw error;
      // What the cache does not have costs a look at each file, which is dear only where nothing lacks.
      await fillCache(workshop, runs, compression);
    }
  }
}

/** The texts are shared out so that each hand has about as many bytes, and opens each run once. */
async function hashAll(
  { hands, cache }: Workshop,
  runs: readonly RunFacts[],
  frame: readonly Ends[],
): Promise<string[]> {
  const heads = [...frame.map(({ head }) => head.plain), ...frame.map(({ head }) => head.packed)];
  const tails = [...frame.map(({ tail }) => tail.plain), ...frame.map(({ tail }) => tail.packed)];
  const texts = runs.map(({ key, opens, sizes }) => ({ key, lengths: [...opens, ...sizes] }));
  const bytes = heads.map((_, at) => sum(texts.map(({ lengths }) => lengths[at] ?? 0)));
  const shares = await Promise.all(
    shareOut(bytes, hands.count).map(({ from, to }) =>
      hands.do({
        what: 'hash',
        cache: cache.folder,
        runs: texts.map(({ key, lengths }) => ({
          key,
          from: sum(lengths.slice(0, from)),
          lengths: lengths.slice(from, to),
        })),
        heads: heads.slice(from, to),
        tails: tails.slice(from, to),
      }),
    ),
  );
  return shares.flat();
}

/** Neighbouring texts together, in so many shares at the most, of which the largest is as small as can be. */
export function shareOut(bytes: readonly number[], shares: number): { from: number; to: number }[] {
  const upTo = (most: number): { from: number; to: number }[] => {
    const made: { from: number; to: number }[] = [];
    let from = 0;
    for (let at = 1; at <= bytes.length; at += 1)
      if (at === bytes.length || sum(bytes.slice(from, at + 1)) > most) {
        made.push({ from, to: at });
        from = at;
      }
    return made;
  };
  const sizes = bytes.flatMap((_, from) =>
    bytes.slice(from).map((__, more) => sum(bytes.slice(from, from + more + 1))),
  );
  for (const most of sizes.toSorted((a, b) => a - b)) {
    if (most < Math.max(...bytes)) continue;
    const made = upTo(most);
    if (made.length <= Math.max(1, shares)) return made;
  }
  return [{ from: 0, to: bytes.length }];
}

/** Runs that were packed before this hub started are unpacked once. */
async function fillCache(
  { store, hands, cache }: Workshop,
  runs: readonly RunFacts[],
  compression: Compression,
): Promise<void> {
  const there = await Promise.all(
    runs.map((run) =>
      access(cache.path(run.key)).then(
        () => true,
        () => false,
      ),
    ),
  );
  const missing = runs.filter((_, at) => there[at] !== true);
  const most = hands.count + 1;
  for (let from = 0; from < missing.length; from += most)
    await Promise.all(
      missing.slice(from, from + most).map(async ({ key, blob, start, sizes, opens }) => {
        const packed = await buffer(await store.open(blob, { start, end: start + sum(sizes) - 1 }));
        await hands.do({ what: 'unpack', packed, sizes, opens, compression, cache: cache.path(key) });
      }),
    );
}

function piecesOf(runs: readonly RunFacts[], at: number, { head, tail }: Ends): Piece[] {
  const pieces = runs.map(({ blob, start, sizes }) => ({
    sha256: blob,
    start: start + sum(sizes.slice(0, at)),
    length: sizes[at] ?? 0,
  }));
  return [head.piece, ...pieces, tail.piece];
}
