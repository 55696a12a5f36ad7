/**
 * The press's own thread: reads the ledger, has runs packed and documents hashed, and writes to the store.
 *
 * Invariant: it changes nothing in the ledger but what it has read of packages; a revision is written by the hub, in
 * the transaction that ends its task.
 */
import { parentPort, workerData } from 'node:worker_threads';
import type pg from 'pg';
import { FolderStore } from '../../blobs/index.ts';
import { openReader } from '../../ledger/index.ts';
import { Hands } from './hands.ts';
import { makeRecord, type RecordOrder } from './record.ts';
import { composeRevision, type RevisionOrder } from './revision.ts';
import { RunCache } from './run-cache.ts';

export interface ThreadData {
  connection: pg.PoolConfig;
  blobs: string;
  /** A folder for runs. */
  cache: string;
  /** Bytes that may lie there. */
  cacheBytes: number;
}

export type Wanted = { order: RevisionOrder } | { record: RecordOrder };

const port = parentPort;
if (port === null) throw new Error('this is a thread of the hub');
const { connection, blobs, cache, cacheBytes } = workerData as ThreadData;
const workshop = {
  reader: openReader(connection, 4).read,
  store: FolderStore.beside(blobs),
  hands: new Hands(),
  cache: RunCache.open(cache, cacheBytes),
};
port.on('message', ({ id, ...wanted }: { id: number } & Wanted) => {
  const work =
    'order' in wanted ? composeRevision(workshop, wanted.order) : makeRecord(workshop, wanted.record);
  work.then(
    (made) => port.postMessage({ id, made }),
    (error: unknown) => port.postMessage({ id, error: told(error) }),
  );
});

function told(error: unknown): { message: string; code: string | null } {
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && 'code' in error ? error.code : null;
  return { message, code: typeof code === 'string' ? code : null };
}
