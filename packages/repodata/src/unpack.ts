/**
 * Unpacks a metadata file, whatever it is packed with.
 *
 * Invariant: at most `most` bytes come out of it, and no more is held than the unpacker's own window.
 */
import { type Duplex, pipeline, Readable } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { RepodataError } from './errors.ts';
import { cutAtFrames } from './zstd-frames.ts';

/** @param most bytes that may come out; more is `too_large` */
export async function* unpack(
  stream: AsyncIterable<Uint8Array>,
  most: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  let out = 0;
  for await (const bytes of opened(stream)) {
    out += bytes.length;
    if (out > most) throw new RepodataError('too_large', `The metadata unpacks to more than ${most} bytes.`);
    yield bytes;
  }
}

async function* opened(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const iterator = stream[Symbol.asyncIterator]();
  let first = Buffer.alloc(0);
  while (first.length < 4) {
    const next = await iterator.next();
    if (next.done === true) break;
    first = Buffer.concat([first, next.value]);
  }
  const rest = rejoin(first, iterator);
  const unpacker = unpackerFor(first);
  if (unpacker === undefined) {
    yield* rest;
    return;
  }
  // In object mode pieces stay as they were cut.
  const source = Readable.from(isZstd(first) ? cutAtFrames(rest) : rest);
  // An error of either side ends both; the reader of the unpacker gets it.
  pipeline(source, unpacker, () => undefined);
  try {
    for await (const bytes of unpacker) yield bytes as Uint8Array;
  } catch (error) {
    if (error instanceof RepodataError) throw error;
    throw new RepodataError('damaged', `The metadata cannot be unpacked (${String(error)}).`, {
      cause: error,
    });
  } finally {
    unpacker.destroy();
    source.destroy();
  }
}

async function* rejoin(first: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    if (first.length > 0) yield first;
    for (;;) {
      const next = await rest.next();
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    await rest.return?.();
  }
}

function unpackerFor(first: Buffer): Duplex | undefined {
  if (first[0] === 0x1f && first[1] === 0x8b) return createGunzip();
  if (isZstd(first)) return createZstdDecompress();
  if (first[0] === 0xfd && first[1] === 0x37) {
    throw new RepodataError(
      'damaged',
      'The metadata is packed with xz, which is not read here; use gzip or zstd.',
    );
  }
  return undefined;
}

function isZstd(first: Buffer): boolean {
  return first.length >= 4 && first.readUInt32LE(0) === 0xfd2fb528;
}
