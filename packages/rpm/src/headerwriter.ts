/**
 * Writes one header structure (rpm: docs/manual/format_header.md), as rpm itself does: one region over everything,
 * entries in the order of their tags, their data in the same order and aligned, the region's trailer last. So what is
 * written here is what `parseHeader` reads, and the same entries give the same bytes.
 */

import { INTRO_BYTES, type Region } from './header.ts';
import { type Stored, TYPE_BIN, TYPE_SIZES } from './value.ts';

const ENTRY_BYTES = 16;
const MAGIC = '8eade80100000000';

/** `data` is exactly the entry's bytes, as they stand in a header. */
export interface StoredEntry extends Stored {
  readonly tag: number;
  readonly data: Uint8Array;
}

export function writeHeader(region: Region, entries: readonly StoredEntry[]): Buffer {
  const sorted = entries.toSorted((a, b) => a.tag - b.tag);
  const count = sorted.length + 1;
  const dataStart = INTRO_BYTES + count * ENTRY_BYTES;
  const trailer = dataLength(sorted);
  const bytes = Buffer.alloc(dataStart + trailer + ENTRY_BYTES);
  bytes.write(MAGIC, 'hex');
  bytes.writeUInt32BE(count, 8);
  bytes.writeUInt32BE(trailer + ENTRY_BYTES, 12);
  writeWords(bytes, INTRO_BYTES, region, TYPE_BIN, trailer, ENTRY_BYTES);
  let end = 0;
  for (const [index, { tag, type, count, data }] of sorted.entries()) {
    const start = aligned(end, type);
    writeWords(bytes, INTRO_BYTES + (index + 1) * ENTRY_BYTES, tag, type, start, count);
    bytes.set(data, dataStart + start);
    end = start + data.length;
  }
  writeWords(bytes, dataStart + trailer, region, TYPE_BIN, -count * ENTRY_BYTES, ENTRY_BYTES);
  return bytes;
}

function dataLength(sorted: readonly StoredEntry[]): number {
  return sorted.reduce((end, { type, data }) => aligned(end, type) + data.length, 0);
}

function aligned(at: number, type: number): number {
  const size = TYPE_SIZES[type] ?? 1;
  return size > 1 ? Math.ceil(at / size) * size : at;
}

function writeWords(bytes: Buffer, at: number, ...words: number[]): void {
  for (const [index, word] of words.entries()) bytes.writeInt32BE(word | 0, at + index * 4);
}
