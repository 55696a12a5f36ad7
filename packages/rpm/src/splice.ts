/** The file that a front and an unsigned package make together, without making it. */

import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import type { Front } from './front.ts';
import { readPieces } from './pieces.ts';

export interface SpliceDigest {
  /** Of the whole spliced file, in lower-case hexadecimal. */
  readonly sha256: string;
  /** Its length in bytes. */
  readonly size: number;
}

/** Reads the unsigned file (path, open handle or bytes) once from where the front ends. */
export async function digestSplice(
  front: Front,
  unsigned: string | FileHandle | Uint8Array,
  signal?: AbortSignal,
): Promise<SpliceDigest> {
  if (typeof unsigned === 'string') {
    await using file = await open(unsigned, 'r');
    return await digestSplice(front, file, signal);
  }
  const hash = createHash('sha256').update(front.bytes);
  let size = front.bytes.length;
  const pieces =
    unsigned instanceof Uint8Array
      ? [unsigned.subarray(front.rest)]
      : readPieces(unsigned, front.rest, signal);
  for await (const piece of pieces) {
    hash.update(piece);
    size += piece.length;
  }
  return { sha256: hash.digest('hex'), size };
}
