/**
 * One header structure: intro, index, data (rpm: docs/manual/format_header.md). Both the signature header and the main
 * header have this form. What `parseHeader` returns has passed the checks of rpm's lib/header.cc: known types, and data
 * that stands in the order of the entries, aligned, without overlap and without a gap. So decoding every tag costs no
 * more than the data's length, whatever the counts claim, and nothing hides between the tags.
 */

import { damaged, RpmError } from './errors.ts';
import type { Kind, Tag, Values } from './tags.ts';
import { decode, type Stored, TYPE_BIN, TYPE_SIZES, TYPE_STRING } from './value.ts';

export const INTRO_BYTES = 16;
const ENTRY_BYTES = 16;
const MAGIC = [0x8e, 0xad, 0xe8, 0x01, 0, 0, 0, 0];

const FIRST_TAG = 100;
const LAST_TAG = 0x7fff_ffff;

interface Entry extends Stored {
  /** Where the entry's bytes are in the header's data. */
  readonly start: number;
  readonly end: number;
}

export interface HeaderBounds {
  readonly entries: number;
  readonly bytes: number;
  readonly arrayLength: number;
}

/** Which region tag opens the header: 62 in a signature header, 63 in a main header. */
export type Region = 62 | 63;

const NAMES = { 62: 'signature header', 63: 'header' } as const;

/** Length in bytes of the whole structure, told by its intro (16 bytes). */
export function headerLength(intro: Uint8Array, region: Region, bounds: HeaderBounds): number {
  const name = NAMES[region];
  if (MAGIC.some((value, at) => intro[at] !== value)) {
    throw damaged(`The ${name} does not begin with a header's magic bytes.`);
  }
  const view = new DataView(intro.buffer, intro.byteOffset, INTRO_BYTES);
  const entries = view.getUint32(8);
  const bytes = view.getUint32(12);
  if (entries > bounds.entries || bytes > bounds.bytes) {
    throw new RpmError(
      'header_too_large',
      `The ${name} claims ${entries} tags and ${bytes} bytes; at most ${bounds.entries} and ${bounds.bytes} are read.`,
    );
  }
  return INTRO_BYTES + entries * ENTRY_BYTES + bytes;
}

export class Header {
  /** The whole structure with its magic: what the header digests and header signatures cover. */
  readonly bytes: Uint8Array;
  readonly #data: Uint8Array;
  readonly #entries: ReadonlyMap<number, Entry>;

  constructor(bytes: Uint8Array, data: Uint8Array, entries: ReadonlyMap<number, Entry>) {
    this.bytes = bytes;
    this.#data = data;
    this.#entries = entries;
  }

  /** Numbers of the tags present, in file order, without the region tag. */
  tags(): number[] {
    return [...this.#entries.keys()];
  }

  has(tag: Tag): boolean {
    return this.#entries.has(tag.number);
  }

  /** The tag's data as it is stored, with its type; undefined where it is absent. */
  stored(number: number): (Stored & { readonly data: Uint8Array }) | undefined {
    const entry = this.#entries.get(number);
    if (entry === undefined) return undefined;
    return { type: entry.type, count: entry.count, data: this.#data.subarray(entry.start, entry.end) };
  }

  /** The tag's value, or undefined where it is absent. Throws header_damaged where its data is of another kind. */
  get<K extends Kind>(tag: Tag<K>): Values[K] | undefined {
    const entry = this.#entries.get(tag.number);
    if (entry === undefined) return undefined;
    const data = this.#data.subarray(entry.start, entry.end);
    return decode(tag, entry, data) as Values[K];
  }
}

/** Reads a whole structure of `headerLength` bytes. Keeps `bytes`, copies nothing. */
export function parseHeader(bytes: Uint8Array, region: Region, bounds: HeaderBounds): Header {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const count = view.getUint32(8);
  const data = bytes.subarray(INTRO_BYTES + count * ENTRY_BYTES);
  const trailer = checkRegion(view, data, count, region);
  const entries = new Map<number, Entry>();
  let next = 0;
  for (let at = trailer === undefined ? 0 : 1; at < count; at++) {
    const where = INTRO_BYTES + at * ENTRY_BYTES;
    const tag = view.getUint32(where);
    const type = view.getUint32(where + 4);
    const start = view.getUint32(where + 8);
    const values = view.getUint32(where + 12);
    const size = TYPE_SIZES[type] ?? -1;
    if (tag < FIRST_TAG || tag > LAST_TAG || size < 0) {
      throw damaged(`Entry ${at} has tag ${tag} and type ${type}, which cannot be.`);
    }
    if (entries.has(tag)) throw damaged(`Tag ${tag} occurs twice.`);
    if (values < 1 || (type !== TYPE_BIN && values > bounds.arrayLength)) {
      throw damaged(`Tag ${tag} claims ${values} values; 1 to ${bounds.arrayLength} are read.`);
    }
    if (next === trailer) next += ENTRY_BYTES;
    if (start !== aligned(next, size)) {
      throw damaged(`The data of tag ${tag} does not follow that of the tag before it.`);
    }
    const end =
      size > 0 ? start + size * values : endOfStrings(data, start, type === TYPE_STRING ? 1 : values);
    if (end > data.length || (type === TYPE_STRING && values !== 1)) {
      throw damaged(`The data of tag ${tag} does not fit into the header.`);
    }
    entries.set(tag, { type, count: values, start, end });
    next = end;
  }
  if (next === trailer) next += ENTRY_BYTES;
  if (next !== data.length) throw damaged(`The ${NAMES[region]} holds data that belongs to no tag.`);
  return new Header(bytes, data, entries);
}

function aligned(at: number, size: number): number {
  return size > 1 ? Math.ceil(at / size) * size : at;
}

/** Past the NUL of the last of `count` strings, or past the data's end where there are not so many. */
function endOfStrings(data: Uint8Array, start: number, count: number): number {
  let left = count;
  for (let at = start; at < data.length; at++) {
    if (data[at] === 0 && --left === 0) return at + 1;
  }
  return data.length + 1;
}

/**
 * Checks the immutable region and returns where in the data its trailer is. A main header is one region and
 * nothing else, which is what makes its digest speak for all of it; a header without one is a v3 package's. A signature
 * header may lack it or go on after it (rpm reads both).
 */
function checkRegion(view: DataView, data: Uint8Array, count: number, region: Region): number | undefined {
  const isMain = region === 63;
  if (count === 0 || view.getUint32(INTRO_BYTES) !== region) {
    if (isMain)
      throw new RpmError('unsupported_format', 'The header has no immutable region: it is a v3 package.');
    return undefined;
  }
  const at = view.getUint32(INTRO_BYTES + 8);
  const isWhole =
    view.getUint32(INTRO_BYTES + 4) === TYPE_BIN && view.getUint32(INTRO_BYTES + 12) === ENTRY_BYTES;
  if (!isWhole || at + ENTRY_BYTES > data.length)
    throw damaged(`The region of the ${NAMES[region]} is not sane.`);
  const trailer = new DataView(data.buffer, data.byteOffset + at, ENTRY_BYTES);
  const tag = trailer.getUint32(0);
  const regionEntries = -trailer.getInt32(8) / ENTRY_BYTES;
  // Some old signature headers have HEADERIMAGE (61) in their trailer.
  const isTrailer = (tag === region || (!isMain && tag === 61)) && trailer.getUint32(4) === TYPE_BIN;
  const fits = Number.isInteger(regionEntries) && regionEntries >= 1 && regionEntries <= count;
  if (!isTrailer || trailer.getUint32(12) !== ENTRY_BYTES || !fits) {
    throw damaged(`The trailer of the region of the ${NAMES[region]} is not sane.`);
  }
  if (isMain && (regionEntries !== count || at + ENTRY_BYTES !== data.length)) {
    throw damaged('The header holds data outside of its immutable region.');
  }
  return at;
}
