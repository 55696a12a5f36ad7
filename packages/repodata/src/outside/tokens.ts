/**
 * The tokens of XML, found in bytes without making text of them: a listing of 60,000 packages is some 400 MB, of which
 * only a few words a package are ever looked at.
 *
 * Invariant: what is passed over as sound is well-formed (XML 1.0 §2.2 to §2.7, §3.1) but for what only the whole can
 * tell: that tags match, that the bytes are UTF-8, that namespaces are declared. Where bytes end within a token, the
 * answer is `cut`, and the question is asked again when more have come.
 */
import { RepodataError } from '../errors.ts';

/** The token goes beyond the bytes that have come. */
export const cut = -1;

/** Kinds of bytes: 0 passes in text and in values; all others are looked at. */
const look = new Uint8Array(256);
/** Of names: 1 for what every name has, 2 for what says that a name must be looked at. */
const nameByte = new Uint8Array(256);
for (let byte = 0; byte < 256; byte += 1) {
  const text = String.fromCharCode(byte);
  if (byte < 0x20 && byte !== 9 && byte !== 10 && byte !== 13) look[byte] = 1;
  if ('<&]"\''.includes(text)) look[byte] = 1;
  if (byte >= 0x80) look[byte] = 1;
  if (/[A-Za-z0-9_.-]/.test(text)) nameByte[byte] = 1;
  if (text === ':' || byte >= 0x80) nameByte[byte] = 2;
}

const [lt, gt, amp, bracket, slash, equals, quote, apostrophe, semicolon] = [...'<>&]/="\';'].map((one) =>
  one.charCodeAt(0),
);

export function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x09 || byte === 0x0d;
}

export function malformed(why: string): RepodataError {
  return new RepodataError('damaged', `The metadata is not well-formed XML: ${why}.`);
}

/** What stood in what was passed over, that its reader must know. */
export interface Noted {
  /** Bytes that are not ASCII. */
  wide: boolean;
}

/** Where the text that begins at `at` ends: at the next `<`, or at `end`; less where an entity is cut. */
export function endOfText(bytes: Uint8Array, at: number, end: number, noted: Noted): number {
  let i = at;
  for (;;) {
    while (i < end && look[bytes[i] ?? 0] === 0) i += 1;
    if (i >= end) return end;
    const byte = bytes[i] ?? 0;
    if (byte === lt) return i;
    if (byte >= 0x80) {
      noted.wide = true;
      i += 1;
    } else if (byte === amp) {
      const after = endOfReference(bytes, i, end);
      if (after === cut) return i;
      i = after;
    } else if (byte === bracket) {
      if (i + 2 >= end) return i;
      if (bytes[i + 1] === bracket && bytes[i + 2] === gt) throw malformed('"]]>" stands in a text');
      i += 1;
    } else if (byte < 0x20) {
      throw malformed('a control character stands in a text');
    } else {
      i += 1;
    }
  }
}

const named = /^(?:lt|gt|amp|quot|apos)$/;
/** Longer than `&#x10ffff;` with some zeros. */
const longest = 16;

/** Where the reference ends that begins with the `&` at `at`. */
function endOfReference(bytes: Uint8Array, at: number, end: number): number {
  // The two that are seen the most.
  const first = bytes[at + 1];
  if (
    at + 3 < end &&
    bytes[at + 3] === semicolon &&
    bytes[at + 2] === 0x74 &&
    (first === 0x6c || first === 0x67)
  )
    return at + 4;
  let i = at + 1;
  while (i < end && i - at <= longest && bytes[i] !== semicolon) i += 1;
  if (i - at > longest) throw malformed('an entity is not one of the five');
  if (i >= end) return cut;
  characterOf(String.fromCharCode(...bytes.subarray(at + 1, i)));
  return i + 1;
}

const characters: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

/** What stands between `&` and `;`. */
function characterOf(reference: string): string {
  if (named.test(reference)) return characters[reference] ?? '';
  const [, hex, decimal] = /^#(?:x([0-9a-fA-F]+)|([0-9]+))$/.exec(reference) ?? [];
  const code = hex === undefined ? Number.parseInt(decimal ?? '', 10) : Number.parseInt(hex, 16);
  const sound =
    code === 9 ||
    code === 10 ||
    code === 13 ||
    (code >= 0x20 && code <= 0xd7ff) ||
    (code >= 0xe000 && code <= 0xfffd) ||
    (code >= 0x10000 && code <= 0x10ffff);
  if (!sound) throw malformed('an entity is not one of the five, nor a character');
  return String.fromCodePoint(code);
}

/** Text with its references replaced; line ends as a reader gives them. */
export function decoded(text: string): string {
  const lines = text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text;
  return lines.includes('&') ? lines.replace(/&([^;]*);/g, (_, reference) => characterOf(reference)) : lines;
}

/** Where a name ends. */
export function endOfName(bytes: Uint8Array, at: number, end: number): number {
  let i = at;
  while (i < end && nameByte[bytes[i] ?? 0] !== 0) i += 1;
  return i;
}

export function isNameStart(byte: number): boolean {
  // A dot, a dash and a digit can stand in a name but not begin one.
  return nameByte[byte] !== 0 && byte !== 0x2d && byte !== 0x2e && !(byte >= 0x30 && byte <= 0x39);
}

const mostAttributes = 64;

/** Attributes of a start tag, as places in the bytes. */
export class Tag {
  /** Where the tag's name ends. */
  nameEnd = 0;
  /** After the `>`. */
  end = 0;
  empty = false;
  attributes = 0;
  /** Whether its name, or one of its attributes' names, has more than plain letters, or begins as `xmlns` does. */
  special = false;
  /** Of each attribute the begin and end of its name, and of its value without quotes. */
  readonly places = new Int32Array(4 * mostAttributes);
}

/** Reads the start tag whose `<` is at `at` into `tag`; `cut` where it goes beyond `end`, and 0 otherwise. */
export function readTag(bytes: Uint8Array, at: number, end: number, tag: Tag, noted: Noted): number {
  let i = at + 1;
  let seen = 0;
  for (; i < end; i += 1) {
    const sort = nameByte[bytes[i] ?? 0] ?? 0;
    if (sort === 0) break;
    seen |= sort;
  }
  tag.nameEnd = i;
  tag.attributes = 0;
  tag.special = seen > 1;
  for (;;) {
    const before = i;
    while (i < end && isSpace(bytes[i])) i += 1;
    if (i >= end) return cut;
    const byte = bytes[i] ?? 0;
    if (byte === gt || byte === slash) {
      tag.empty = byte === slash;
      if (tag.empty && i + 1 >= end) return cut;
      if (tag.empty && bytes[i + 1] !== gt) throw malformed('a tag has a slash within');
      tag.end = i + (tag.empty ? 2 : 1);
      return 0;
    }
    if (i === before || !isNameStart(byte)) throw malformed('a tag has something that is no attribute');
    i = readAttribute(bytes, i, end, tag, noted);
    if (i === cut) return cut;
  }
}

function readAttribute(bytes: Uint8Array, at: number, end: number, tag: Tag, noted: Noted): number {
  let i = at;
  let seen = bytes[at] === 0x78 ? 2 : 0;
  for (; i < end; i += 1) {
    const sort = nameByte[bytes[i] ?? 0] ?? 0;
    if (sort === 0) break;
    seen |= sort;
  }
  if (seen > 1) tag.special = true;
  const nameEnd = i;
  while (i < end && isSpace(bytes[i])) i += 1;
  if (i >= end) return cut;
  if (bytes[i] !== equals) throw malformed('an attribute has no value');
  i += 1;
  while (i < end && isSpace(bytes[i])) i += 1;
  if (i >= end) return cut;
  const delimiter = bytes[i] ?? 0;
  if (delimiter !== quote && delimiter !== apostrophe) throw malformed('a value is not in quotes');
  const from = i + 1;
  const to = endOfValue(bytes, from, end, delimiter, noted);
  if (to === cut) return cut;
  if (tag.attributes === mostAttributes)
    throw new RepodataError('hostile', `An element of the metadata has over ${mostAttributes} attributes.`);
  for (let other = 0; other < tag.attributes; other += 1) {
    if (isSame(bytes, tag.places[4 * other] ?? 0, tag.places[4 * other + 1] ?? 0, at, nameEnd))
      throw malformed('an attribute stands twice in a tag');
  }
  const place = 4 * tag.attributes;
  tag.places[place] = at;
  tag.places[place + 1] = nameEnd;
  tag.places[place + 2] = from;
  tag.places[place + 3] = to;
  tag.attributes += 1;
  return to + 1;
}

/** Where the closing quote stands. */
function endOfValue(bytes: Uint8Array, at: number, end: number, delimiter: number, noted: Noted): number {
  let i = at;
  for (;;) {
    while (i < end && look[bytes[i] ?? 0] === 0) i += 1;
    if (i >= end) return cut;
    const byte = bytes[i] ?? 0;
    if (byte === delimiter) return i;
    if (byte === lt) throw malformed('"<" stands in a value');
    if (byte < 0x20) throw malformed('a control character stands in a value');
    if (byte >= 0x80) noted.wide = true;
    if (byte === amp) {
      i = endOfReference(bytes, i, end);
      if (i === cut) return cut;
    } else i += 1;
  }
}

export function isSame(bytes: Uint8Array, a: number, aEnd: number, b: number, bEnd: number): boolean {
  if (aEnd - a !== bEnd - b) return false;
  for (let i = 0; i < aEnd - a; i += 1) if (bytes[a + i] !== bytes[b + i]) return false;
  return true;
}

export function isWord(bytes: Uint8Array, from: number, to: number, word: Uint8Array): boolean {
  if (to - from !== word.length) return false;
  for (let i = 0; i < word.length; i += 1) if (bytes[from + i] !== word[i]) return false;
  return true;
}

export function isBlank(bytes: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i += 1) if (!isSpace(bytes[i])) return false;
  return true;
}

/** A number that the same names share, and few others. */
export function likeness(bytes: Uint8Array, from: number, to: number): number {
  return ((to - from) << 16) | ((bytes[from] ?? 0) << 8) | (bytes[to - 1] ?? 0);
}
