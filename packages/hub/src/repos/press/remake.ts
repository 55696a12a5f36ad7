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
import {
  type Compression,
  documentHead,
  documentKinds,
  documentTail,
  gzip,
  pack,
  suffixOf,
  zstd,
} from '@moromi/repodata';
import { type BlobStore, decodePieces, findBlob, insertBlob, type Repair } from '../../blobs/index.ts';
import type { Ledger, Reader } from '../../ledger/index.ts';
import { Hands } from './hands.ts';
import { placementOf } from './member.ts';
import { fragments, membersOf } from './queries.ts';
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
    let known = 0;
    for (const { start, packed } of [
      ...framesOf(sha256, documents, compression),
      ...(await packedRuns(ledger.read, await runsInBlob(ledger.read, sha256), compression)),
    ]) {
      bytes.set(packed, start);
      known += packed.length;
    }
    if (known < size || createHash('sha256').update(bytes).digest('hex') !== sha256) return null;
    await store.put(bytes);
    await insertBlob(ledger.read, sha256, size);
    return 'it was made again of what is known of its packages';
  };
}

interface Part {
  start: number;
  packed: Uint8Array;
}

/** Beginnings and ends of documents that lie in a blob, each once. */
function framesOf(sha256: string, documents: readonly DocumentOfBlob[], compression: Compression): Part[] {
  const found = new Map<number, Uint8Array>();
  for (const { name, packages, pieces: encoded } of documents) {
    const kind = documentKinds.find((one) => name.includes(`-${one}.xml`));
    const pieces = decodePieces(encoded);
    const [head, tail] = [pieces[0], pieces.at(-1)];
    if (kind === undefined || head === undefined || tail === undefined) continue;
    if (head.sha256 === sha256) found.set(head.start, pack(documentHead(kind, packages), compression));
    if (tail.sha256 === sha256) found.set(tail.start, pack(documentTail(kind), compression));
  }
  return [...found].map(([start, packed]) => ({ start, packed }));
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
    for (const { id, start, layout } of runs) {
      const copies = members.get(id) ?? [];
      const texts = await fragments(
        reader,
        copies.flatMap((copy) => copy.fragment ?? []),
      );
      const { packed } = await hands.do({
        what: 'run',
        members: copies.flatMap((copy) => {
          const fragment = texts.get(copy.fragment ?? 0);
          return fragment === undefined ? [] : [{ fragment, placement: placementOf(copy, layout) }];
        }),
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
