/**
 * Writes packages byte by byte, for what no tool on this machine makes: v6 packages (rpm: docs/manual/format_v6.md), and
 * headers that break one rule. Tests only.
 */

import { createHash } from 'node:crypto';
import { SIGTAG, TAG, type Tag } from '../tags.ts';

export interface Entry {
  readonly tag: number;
  readonly type: number;
  readonly count: number;
  readonly data: Uint8Array;
}

const SIZES = [1, 1, 1, 2, 4, 8, 1, 1, 1, 1];
const TYPES = { string: 6, strings: 8, i18n: 9, number: 4, numbers: 4, binary: 7 } as const;

export function entry(
  tag: Tag,
  value: string | readonly string[] | number | readonly number[] | Uint8Array,
): Entry {
  return typedEntry(tag.number, TYPES[tag.kind], value);
}

/** An entry of any tag and type, also where that is wrong. */
export function typedEntry(
  tag: number,
  type: number,
  value: string | readonly string[] | number | readonly number[] | Uint8Array,
): Entry {
  if (value instanceof Uint8Array) return { tag, type, count: value.length, data: value };
  const values = [value].flat();
  const [first] = values;
  if (typeof first === 'string') {
    return { tag, type, count: values.length, data: Buffer.from(values.map((text) => `${text}\0`).join('')) };
  }
  const size = SIZES[type] ?? 4;
  const data = Buffer.alloc(values.length * size);
  for (const [at, number] of values.entries()) {
    if (size === 8) data.writeBigUInt64BE(BigInt(number), at * size);
    else data.writeUIntBE(Number(number), at * size, size);
  }
  return { tag, type, count: values.length, data };
}

/** A header of these entries, in their order, with its region. */
export function writeHeader(region: 62 | 63, entries: readonly Entry[]): Buffer {
  const index: Buffer[] = [];
  const parts: Buffer[] = [];
  let length = 0;
  for (const { tag, type, count, data } of entries) {
    const size = SIZES[type] ?? 1;
    const padding = (size - (length % size)) % size;
    parts.push(Buffer.alloc(padding), Buffer.from(data));
    index.push(words(tag, type, length + padding, count));
    length += padding + data.length;
  }
  const trailer = words(region, 7, -(entries.length + 1) * 16, 16);
  return Buffer.concat([
    Buffer.from('8eade80100000000', 'hex'),
    words(entries.length + 1, length + 16),
    words(region, 7, length, 16),
    ...index,
    ...parts,
    trailer,
  ]);
}

function words(...values: number[]): Buffer {
  const buffer = Buffer.alloc(values.length * 4);
  for (const [at, value] of values.entries()) buffer.writeInt32BE(value | 0, at * 4);
  return buffer;
}

/** A lead with `major` version, for a binary package. */
export function writeLead(major: number): Buffer {
  const lead = Buffer.alloc(96);
  lead.write('edabeedb', 'hex');
  lead.writeUInt8(major, 4);
  lead.writeUInt16BE(5, 78);
  return lead;
}

export function joinPackage(lead: Buffer, signature: Buffer, header: Buffer, payload: Uint8Array): Buffer {
  const padding = Buffer.alloc((8 - (signature.length % 8)) % 8);
  return Buffer.concat([lead, signature, padding, header, payload]);
}

function hash(algorithm: string, data: Uint8Array): string {
  return createHash(algorithm).update(data).digest('hex');
}

export const PAYLOAD = Buffer.from('not really a payload');

/** The entries of a small v6 package's main header, in the order of their tags. */
export function entriesOfV6(payload: Uint8Array = PAYLOAD): Entry[] {
  return [
    entry(TAG.HEADERI18NTABLE, ['C', 'de']),
    entry(TAG.NAME, 'six'),
    entry(TAG.VERSION, '6.0'),
    entry(TAG.RELEASE, '1'),
    entry(TAG.SUMMARY, ['Größe', 'zweite Sprache']),
    entry(TAG.DESCRIPTION, ['six', 'sechs']),
    entry(TAG.BUILDTIME, 1_780_000_000),
    entry(TAG.LICENSE, 'MIT'),
    entry(TAG.OS, 'linux'),
    entry(TAG.ARCH, 'noarch'),
    typedEntry(TAG.FILEMODES.number, 3, [0o100644, 0o100755]),
    typedEntry(TAG.FILERDEVS.number, 3, [0, 0]),
    entry(TAG.FILEMTIMES, [1, 2]),
    entry(TAG.FILEDIGESTS, [hash('sha256', Buffer.from('a')), hash('sha256', Buffer.from('b'))]),
    entry(TAG.FILELINKTOS, ['', '']),
    entry(TAG.FILEFLAGS, [0, 1]),
    entry(TAG.FILEUSERNAME, ['root', 'root']),
    entry(TAG.FILEGROUPNAME, ['root', 'wheel']),
    entry(TAG.SOURCERPM, 'six-6.0-1.src.rpm'),
    entry(TAG.PROVIDENAME, ['six']),
    entry(TAG.PROVIDEFLAGS, [8]),
    entry(TAG.PROVIDEVERSION, ['6.0-1']),
    entry(TAG.DIRINDEXES, [0, 1]),
    entry(TAG.BASENAMES, ['a', 'b']),
    entry(TAG.DIRNAMES, ['/etc/', '/usr/share/ü/']),
    entry(TAG.PAYLOADFORMAT, 'cpio'),
    entry(TAG.PAYLOADCOMPRESSOR, 'zstd'),
    entry(TAG.PAYLOADFLAGS, '19'),
    typedEntry(TAG.LONGFILESIZES.number, 5, [5_000_000_000, 1]),
    typedEntry(TAG.LONGSIZE.number, 5, [5_000_000_001]),
    entry(TAG.FILEDIGESTALGO, 8),
    entry(TAG.ENCODING, 'utf-8'),
    entry(TAG.PAYLOADSHA256, [hash('sha256', payload)]),
    entry(TAG.PAYLOADSHA256ALGO, 8),
    typedEntry(TAG.PAYLOADSIZE.number, 5, payload.length),
    typedEntry(TAG.PAYLOADSIZEALT.number, 5, 5_000_000_500),
    entry(TAG.RPMFORMAT, 6),
    entry(TAG.SOURCENEVR, 'six-6.0-1'),
    entry(TAG.PAYLOADSHA512, hash('sha512', payload)),
    entry(TAG.PAYLOADSHA3_256, hash('sha3-256', payload)),
  ].sort((a, b) => a.tag - b.tag);
}

/** What a package requires, in any version. */
export function requiring(names: readonly string[]): Entry[] {
  const each = <T>(value: T): T[] => names.map(() => value);
  return [
    entry(TAG.REQUIRENAME, names),
    entry(TAG.REQUIREFLAGS, each(0)),
    entry(TAG.REQUIREVERSION, each('')),
  ];
}

/** The digests that a v6 signature header states of a main header, and room for signatures. */
export function signatureOfV6(header: Uint8Array, signatures: readonly Entry[] = []): Buffer {
  const entries = [
    entry(SIGTAG.SHA256, hash('sha256', header)),
    entry(SIGTAG.SHA3_256, hash('sha3-256', header)),
    entry(SIGTAG.RESERVED, Buffer.alloc(40)),
    ...signatures,
  ];
  return writeHeader(
    62,
    entries.sort((a, b) => a.tag - b.tag),
  );
}

export function writeV6(
  signatures: readonly Entry[] = [],
  entries: readonly Entry[] = entriesOfV6(),
): Buffer {
  const header = writeHeader(63, entries);
  return joinPackage(writeLead(4), signatureOfV6(header, signatures), header, PAYLOAD);
}
