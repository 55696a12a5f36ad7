/**
 * Gives ranges of stored blobs to a client, one behind the other.
 *
 * Invariant: what a client has not taken yet is held in two buffers at the most, which are used again when it has; a
 * buffer is read into only when what was in it has gone to the socket or the socket has gone.
 */
import type { ServerResponse } from 'node:http';
import type { Piece } from './splice.ts';
import type { BlobHandle, BlobStore } from './store.ts';

/** A turn of a thread for each: larger ones are hardly faster, and a slow client keeps two. */
const bufferBytes = 256 * 1024;
/** Buffers that wait for their next use; a new one costs as much as reading into it. */
const idleAtMost = 32;
const idle: Buffer[] = [];

/** The first piece is opened before this resolves, so that what is not there is told before anything is promised. */
export async function startPouring(
  store: BlobStore,
  pieces: readonly Piece[],
  reply: ServerResponse,
): Promise<() => Promise<void>> {
  const some = pieces.filter((one) => one.length > 0);
  const [first] = some;
  if (first === undefined) return async () => void reply.end();
  const file = await store.handle(first.sha256);
  return () => pour(store, some, file, reply);
}

/** A client that goes away in the middle ends it without an error. @param first the file of the first piece, opened */
async function pour(
  store: BlobStore,
  pieces: readonly Piece[],
  first: BlobHandle,
  reply: ServerResponse,
): Promise<void> {
  const buffers = [take(), take()];
  let [file, at]: [BlobHandle | undefined, number] = [first, 0];
  let written: Promise<void> = Promise.resolve();
  try {
    for (const piece of pieces) {
      file ??= await store.handle(piece.sha256);
      for (let done = 0; done < piece.length; ) {
        const buffer = buffers[at % 2] ?? take();
        const got = await file.read(buffer, Math.min(buffer.length, piece.length - done), piece.start + done);
        if (got === 0)
          throw new Error(`the blob ${piece.sha256} ends before byte ${piece.start + piece.length}`);
        done += got;
        at += 1;
        await written;
        if (reply.destroyed) return;
        written = write(reply, buffer.subarray(0, got));
      }
      await file.close();
      file = undefined;
    }
    await written;
    reply.end();
  } catch (error) {
    // A reply that ends too early must not look whole.
    reply.destroy();
    throw error;
  } finally {
    await file?.close();
    await written;
    for (const buffer of buffers) if (idle.length < idleAtMost) idle.push(buffer);
  }
}

function take(): Buffer {
  return idle.pop() ?? Buffer.allocUnsafeSlow(bufferBytes);
}

/** Until the socket has taken it, or is gone. */
function write(reply: ServerResponse, bytes: Buffer): Promise<void> {
  return new Promise((done) => {
    const end = (): void => {
      reply.off('close', end);
      done();
    };
    reply.once('close', end);
    reply.write(bytes, end);
  });
}
