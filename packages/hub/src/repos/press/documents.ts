/**
 * The three documents of a tree as splices of runs, with the hashes that repomd.xml states.
 *
 * Invariant: hashes are of what a client reads: of the packed file, joined, and of what is in it. They follow the size;
 * everything else follows the change.
 */
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { type Compression, documentKinds, type RepomdRecord, suffixOf } from '@moromi/repodata';
import type { Piece } from '../../blobs/index.ts';
import type { Segment } from './jobs.ts';
import type { Ends, PackedRun } from './pack-runs.ts';
import type { RunFacts } from './queries.ts';
import type { MadeFile, Workshop } from './workshop.ts';

export interface Document {
  file: MadeFile;
  record: Omit<RepomdRecord, 'timestamp'>;
}

export async function documentsOf(
  workshop: Workshop,
  packed: readonly PackedRun[],
  frame: readonly Ends[],
  compression: Compression,
): Promise<Document[]> {
  const runs = packed.map((one) => one.run);
  await fillCache(workshop, runs, compression);
  return await Promise.all(
    documentKinds.map(async (kind, at) => {
      const ends = frame[at];
      if (ends === undefined) throw new Error(`the document ${kind} has no beginning`);
      const [open, sha256] = await Promise.all([
        workshop.hands.do({ what: 'hash', segments: plainOf(workshop.cache, runs, at, ends) }),
        workshop.hands.do({ what: 'hash', segments: packedOf(workshop.cache, runs, at, ends) }),
      ]);
      const pieces = piecesOf(runs, at, ends);
      const size = pieces.reduce((sum, piece) => sum + piece.length, 0);
      const openSize =
        ends.head.plain.length + ends.tail.plain.length + sum(runs.map((run) => run.opens[at] ?? 0));
      const name = `${sha256}-${kind}.xml${suffixOf(compression)}`;
      return {
        file: { name, sha256, size, pieces },
        record: {
          type: kind,
          href: `repodata/${name}`,
          checksum: sha256,
          openChecksum: open,
          size,
          openSize,
        },
      };
    }),
  );
}

/** Runs that were packed before this hub started are unpacked once. */
async function fillCache(
  { store, hands, cache }: Workshop,
  runs: readonly RunFacts[],
  compression: Compression,
): Promise<void> {
  const there = await Promise.all(
    runs.map((run) =>
      access(join(cache, run.key)).then(
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
        await hands.do({ what: 'unpack', packed, sizes, opens, compression, cache: join(cache, key) });
      }),
    );
}

/** In the cache the three plain texts come first, then the three packed ones. */
function plainOf(cache: string, runs: readonly RunFacts[], at: number, { head, tail }: Ends): Segment[] {
  const segments = runs.map(({ key, opens }) => ({
    path: join(cache, key),
    start: sum(opens.slice(0, at)),
    length: opens[at] ?? 0,
  }));
  return [head.plain, ...segments, tail.plain];
}

function packedOf(cache: string, runs: readonly RunFacts[], at: number, { head, tail }: Ends): Segment[] {
  const segments = runs.map(({ key, sizes, opens }) => ({
    path: join(cache, key),
    start: sum(opens) + sum(sizes.slice(0, at)),
    length: sizes[at] ?? 0,
  }));
  return [head.packed, ...segments, tail.packed];
}

function piecesOf(runs: readonly RunFacts[], at: number, { head, tail }: Ends): Piece[] {
  const pieces = runs.map(({ blob, start, sizes }) => ({
    sha256: blob,
    start: start + sum(sizes.slice(0, at)),
    length: sizes[at] ?? 0,
  }));
  return [head.piece, ...pieces, tail.piece];
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, one) => all + one, 0);
}
