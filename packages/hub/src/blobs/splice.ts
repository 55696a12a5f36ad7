/**
 * Blobs that are joined from ranges of stored ones when they are read.
 *
 * Invariant: every piece is a range of a stored blob, never of a splice; the pieces together have the size of the
 * whole. The form is that of `blobs.pieces`: 44 bytes for each piece, the highest byte first.
 */
import { Readable } from 'node:stream';
import type { BlobStore, Range } from './store.ts';

export interface Piece {
  /** Of a stored blob. */
  sha256: string;
  /** First byte in it. */
  start: number;
  /** Bytes. */
  length: number;
}

const pieceBytes = 44;

export function encodePieces(pieces: readonly Piece[]): Buffer {
  const bytes = Buffer.alloc(pieces.length * pieceBytes);
  for (const [at, { sha256, start, length }] of pieces.entries()) {
    bytes.write(sha256, at * pieceBytes, 'hex');
    bytes.writeUIntBE(start, at * pieceBytes + 32, 6);
    bytes.writeUIntBE(length, at * pieceBytes + 38, 6);
  }
  return bytes;
}

export function decodePieces(bytes: Buffer): Piece[] {
  return Array.from({ length: bytes.length / pieceBytes }, (_, at) => ({
    sha256: bytes.toString('hex', at * pieceBytes, at * pieceBytes + 32),
    start: bytes.readUIntBE(at * pieceBytes + 32, 6),
    length: bytes.readUIntBE(at * pieceBytes + 38, 6),
  }));
}

export const sizeOf = (pieces: readonly Piece[]): number => pieces.reduce((sum, one) => sum + one.length, 0);

/** The pieces that a range of the whole takes, cut to it. */
export function within(pieces: readonly Piece[], { start, end }: Range): Piece[] {
  const found: Piece[] = [];
  let at = 0;
  for (const piece of pieces) {
    const from = Math.max(start, at);
    const to = Math.min(end + 1, at + piece.length);
    if (from < to) found.push({ sha256: piece.sha256, start: piece.start + from - at, length: to - from });
    at += piece.length;
    if (at > end) break;
  }
  return found;
}

/** Reads pieces one after the other. The first is opened before this resolves: a blob that is not there is told here. */
export async function openPieces(store: BlobStore, pieces: readonly Piece[]): Promise<Readable> {
  const [first, ...rest] = pieces.filter((one) => one.length > 0);
  if (first === undefined) return Readable.from([]);
  const opened = await open(store, first);
  if (rest.length === 0) return opened;
  return Readable.from(join(store, opened, rest), { objectMode: false });
}

async function* join(store: BlobStore, opened: Readable, rest: readonly Piece[]): AsyncGenerator<Buffer> {
  yield* opened as AsyncIterable<Buffer>;
  for (const piece of rest) yield* (await open(store, piece)) as AsyncIterable<Buffer>;
}

async function open(store: BlobStore, { sha256, start, length }: Piece): Promise<Readable> {
  return await store.open(sha256, { start, end: start + length - 1 });
}
