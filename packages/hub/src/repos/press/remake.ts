/**
 * Makes a damaged blob of metadata again: from the fragments of the packages that lie in it, and the beginnings and ends
 * of the documents.
 *
 * Invariant: it is put back only if it has the very bytes that it had, which its hash tells; a blob of which a part is
 * known to nobody any more is not made.
 */
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Compression, gzip, suffixOf, zstd } from '@moromi/repodata';
import { type BlobStore, findBlob, insertBlob, type Repair } from '../../blobs/index.ts';
import type { Ledger, Reader } from '../../ledger/index.ts';
import { documentsIn, documentsListed } from './form.ts';
import { Hands } from './hands.ts';
import { placementOf } from './member.ts';
import { packEnds } from './pack-runs.ts';
import { extendedFilelists, fragments, membersOf } from './queries.ts';
import { type DocumentOfBlob, documentsOfBlob, type RunInBlob, runsInBlob } from './remake-queries.ts';

/** More lies in no blob of runs: a batch is stored as soon as it has passed 4 MiB, and a run is some more. */
const mostBytes = 64 * 2 ** 20;

export function remakeDamaged(ledger: Ledger, store: BlobStore): Repair {
  return async (sha256) => {
    const size = (await findBlob(ledger.read, sha256))?.size;
    const documents = await documentsOfBlob(ledger.read, sha256);
    const [first] = documents;
    if (size === undefined || size > mostBytes || first === undefined) return null;
    const compression = [gzip, zstd].find((one) => first.name.endsWith(`.xml${suffixOf(one)}`));
    if (compression === undefined) return null;
    const bytes = Buffer.alloc(size);
    let unknown = size;
    const runs = await runsInBlob(ledger.read, sha256);
    for (const { start, packed } of await packedRuns(ledger.read, runs, compression)) {
      bytes.set(packed, start);
      unknown -= packed.length;
    }
    for (const ends of unknown === 0 ? [Buffer.alloc(0)] : endsOf(documents, compression)) {
      if (ends.length !== unknown) continue;
      bytes.set(ends);
      if (createHash('sha256').update(bytes).digest('hex') !== sha256) continue;
      await store.put(bytes);
      await insertBlob(ledger.read, sha256, size);
      return 'it was made again of what is known of its packages';
    }
    return null;
  };
}

interface Part {
  start: number;
  packed: Uint8Array;
}

/**
 * Beginnings and ends that may lie before a blob's first run. That a document has its own from there is not asked: one that
 * was the same before has them from where it was joined first.
 */
function endsOf(documents: readonly DocumentOfBlob[], compression: Compression): Buffer[] {
  const counts = [...new Set(documents.map(({ packages }) => packages))];
  return counts.flatMap((packages) =>
    [false, true].map((extended) => {
      const ends = packEnds({ documents: documentsListed(extended), compression }, packages);
      return Buffer.concat(ends.flatMap(({ head, tail }) => [head.packed, tail.packed]));
    }),
  );
}

async function packedRuns(
  reader: Reader,
  runs: readonly RunInBlob[],
  compression: Compression,
): Promise<Part[]> {
  const members = await membersOf(
    reader,
    runs.map((run) => run.id),
  );
  const hands = new Hands(1);
  const folder = await mkdtemp(join(tmpdir(), 'moromi-remake-'));
  try {
    const parts: Part[] = [];
    for (const { id, start, sizes, layout } of runs) {
      const copies = members.get(id) ?? [];
      const texts = await fragments(
        reader,
        copies.flatMap((copy) => copy.fragment ?? []),
      );
      const documents = documentsIn({ sizes });
      const extended = documents.includes('filelists-ext')
        ? await extendedFilelists(
            reader,
            copies.map((copy) => copy.id),
          )
        : undefined;
      const { packed } = await hands.do({
        what: 'run',
        members: copies.flatMap((copy) => {
          const fragment = texts.get(copy.fragment ?? 0);
          const more = extended?.get(copy.id);
          if (fragment === undefined || (more === undefined && extended !== undefined)) return [];
          return [{ fragment, extended: more, placement: placementOf(copy, layout) }];
        }),
        documents,
        compression,
        cache: join(folder, 'run'),
      });
      parts.push({ start, packed });
    }
    return parts;
  } finally {
    await hands.close();
    await rm(folder, { recursive: true, force: true });
  }
}
