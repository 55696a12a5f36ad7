/**
 * The thread that looks at external repositories: it fetches, reads and writes what it found.
 *
 * Invariant: nothing that it writes is in use before the hub moves a pointer to it, in the transaction that ends the task.
 */
import { parentPort, workerData } from 'node:worker_threads';
import type pg from 'pg';
import { FolderStore } from '../blobs/index.ts';
import { openReader } from '../ledger/index.ts';
import { look } from './look.ts';
import type { LookOrder } from './look-order.ts';

export interface ThreadData {
  connection: pg.PoolConfig;
  blobs: string;
  /** A folder for what is fetched; empty when the hub started. */
  folder: string;
}

const port = parentPort;
if (port === null) throw new Error('this is a thread of the hub');
const { connection, blobs, folder } = workerData as ThreadData;
const place = { reader: openReader(connection, 3).read, store: FolderStore.beside(blobs), folder };
port.on('message', ({ id, order }: { id: number; order: LookOrder }) => {
  look(place, order).then(
    (found) => port.postMessage({ id, found }),
    (error: unknown) => port.postMessage({ id, error: told(error) }),
  );
});

function told(error: unknown): { message: string; code: string | null } {
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && 'code' in error ? error.code : null;
  return { message, code: typeof code === 'string' ? code : null };
}
