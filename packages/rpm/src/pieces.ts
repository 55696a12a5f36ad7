/** A file's bytes in pieces, by position: memory does not grow with the file, and the handle's own place stays. */

import type { FileHandle } from 'node:fs/promises';

const PIECE_BYTES = 256 * 1024;

/** From `start` to the file's end. A piece is valid until the next is asked for: its memory is used again. */
export async function* readPieces(
  file: FileHandle,
  start: number,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const buffer = Buffer.allocUnsafeSlow(PIECE_BYTES);
  for (let at = start; ; ) {
    signal?.throwIfAborted();
    const { bytesRead } = await file.read(buffer, 0, buffer.length, at);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
    at += bytesRead;
  }
}
