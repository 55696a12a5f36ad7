/**
 * The strings of one tag of a header as metadata says them: once as they are, once escaped for XML.
 *
 * Invariant: what comes out as XML is well-formed whatever went in. The rules are createrepo_c's (src/xml_dump.c): a
 * string that is no UTF-8 is read as ISO 8859-1 without its characters 0x80 to 0xBF, which it takes for remains of
 * some other encoding. Characters that XML 1.0 (2.2) cannot say at all make createrepo_c leave the package out; here
 * they are left out of prose, and a name that has one is refused, since without it it would be another name.
 */
import { isUtf8 } from 'node:buffer';
import type { Header, Tag } from '@moromi/rpm';
import { RepodataError, shown } from '../errors.ts';
import { attributeOf, isPlain, textOf } from './escape.ts';

export type Manner = 'name' | 'prose';
export type TextTag = Tag<'string'> | Tag<'strings'> | Tag<'i18n'>;

/** Bytes of one tag: escaped they may be six times as many. */
const longest = 2 ** 24;
const unsayable = /[\x01-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g;

export class Texts {
  /** As they are. */
  readonly raw: readonly string[];
  /** How many there are in the header, also when not all were asked for. */
  readonly count: number;
  readonly isUtf8: boolean;
  readonly #joined: string;
  readonly #isPlain: boolean;

  /** @param joined the strings with a NUL between them, as a header has them */
  constructor(joined: string, count: number, isUtf8: boolean, isPlain: boolean) {
    this.#joined = joined;
    this.#isPlain = isPlain;
    this.raw = count === 0 ? [] : joined.split('\0');
    this.count = count;
    this.isUtf8 = isUtf8;
  }

  /** Whether any of them has this piece. */
  has(piece: string): boolean {
    return this.#joined.includes(piece);
  }

  /** Escaped for the inside of an element. */
  inElements(): readonly string[] {
    return this.#isPlain ? this.raw : textOf(this.#joined).split('\0');
  }

  /** Escaped for attributes. */
  inAttributes(): readonly string[] {
    return this.#isPlain ? this.raw : attributeOf(this.#joined).split('\0');
  }
}

const none = new Texts('', 0, true, true);

/** The tag's strings, of many the first `most` (at least 1), none where the tag is absent. Throws RepodataError. */
export function textsOf(
  header: Header,
  tag: TextTag,
  manner: Manner,
  most = Number.POSITIVE_INFINITY,
): Texts {
  const stored = header.stored(tag.number);
  return stored === undefined ? none : textsIn(tag, stringBytes(tag, stored, most), stored.count, manner);
}

/** Strings of this tag, the last without its NUL. */
export function textsIn(tag: TextTag, bytes: Buffer, count: number, manner: Manner): Texts {
  const isWhole = isUtf8(bytes);
  const text = isWhole ? bytes.toString() : mixed(bytes);
  const plain = isPlain(text);
  return new Texts(plain ? text : sayable(text, tag, manner), count, isWhole, plain);
}

/** The tag's only string, or its first locale's, escaped for the inside of an element; empty where it is absent. */
export function elementText(header: Header, tag: TextTag): string {
  const stored = header.stored(tag.number);
  if (stored === undefined) return '';
  const bytes = stringBytes(tag, stored, 1);
  const text = isUtf8(bytes) ? bytes.toString() : mixed(bytes);
  return isPlain(text) ? text : textOf(sayable(text, tag, 'prose'));
}

type Stored = NonNullable<ReturnType<Header['stored']>>;

/** Without the last NUL. */
function stringBytes(tag: TextTag, { type, count, data }: Stored, most: number): Buffer {
  // STRING, STRING_ARRAY, I18NSTRING (rpm: docs/manual/format_header.md).
  if (type !== 6 && type !== 8 && type !== 9)
    throw new RepodataError('damaged', `Tag ${tag.name} holds type ${type}, which is no text.`);
  const end = count > most ? endOf(data, most) : data.length;
  if (end > longest)
    throw new RepodataError('too_large', `Tag ${tag.name} holds ${end} bytes; at most ${longest} are told.`);
  return Buffer.from(data.buffer, data.byteOffset, end - 1);
}

/** Past the NUL of the string with this number. */
function endOf(data: Uint8Array, number: number): number {
  let end = 0;
  for (let at = 0; at < number; at++) end = data.indexOf(0, end) + 1;
  return end;
}

function mixed(bytes: Buffer): string {
  const strings: string[] = [];
  for (let start = 0; start <= bytes.length; ) {
    const found = bytes.indexOf(0, start);
    const end = found < 0 ? bytes.length : found;
    const one = bytes.subarray(start, end);
    strings.push(isUtf8(one) ? one.toString('utf8') : one.toString('latin1').replace(/[\x80-\xbf]/g, ''));
    start = end + 1;
  }
  return strings.join('\0');
}

function sayable(text: string, tag: TextTag, manner: Manner): string {
  if (text.search(unsayable) < 0) return text;
  if (manner === 'prose') return text.replace(unsayable, '');
  const name = text.split('\0').find((one) => one.search(unsayable) >= 0) ?? '';
  throw new RepodataError(
    'hostile',
    `${tag.name} of the package has ${shown(name)}, in which is a character that metadata cannot say; rename it.`,
  );
}
