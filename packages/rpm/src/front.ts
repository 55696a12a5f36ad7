/**
 * The front of a signed package: lead, signature header, padding to 8 bytes. A signed package is a splice, a new front
 * before the main header and payload of the unsigned file, so every signed copy of one package shares all but this.
 *
 * Invariant: nothing behind the signature header changes, and everything in it that is no signature stays. The reserved
 * space gives and takes what signatures need, by the rule of rpm's sign/rpmgensig.cc, so a signed copy mostly has the
 * length and the header range of the unsigned file.
 */

import { createHash } from 'node:crypto';
import type { StatedDigest } from './digest.ts';
import { damaged, RpmError } from './errors.ts';
import { type Header, type HeaderBounds, headerLength, INTRO_BYTES, parseHeader } from './header.ts';
import type { RpmHeaders } from './headers.ts';
import { type StoredEntry, writeHeader } from './headerwriter.ts';
import { SIGTAG } from './tags.ts';
import { decodeTexts } from './text.ts';
import { TYPE_BIN, TYPE_INT32, TYPE_STRINGS } from './value.ts';
import { allHeaderDigests } from './wholefile.ts';

export interface Front {
  readonly bytes: Uint8Array;
  /** The signature header in it: what is kept of a signed copy (`joinFront`). */
  readonly signature: Uint8Array;
  /** Where in the file that was read the bytes begin that follow the front: its main header and payload. */
  readonly rest: number;
}

export interface NewSignature {
  /** RSA and DSA sign the header of a v4 package, OPENPGP that of a v6 package, PGP and GPG header and payload. */
  readonly kind: 'RSA' | 'DSA' | 'OPENPGP' | 'PGP' | 'GPG';
  /** One OpenPGP signature packet. */
  readonly packet: Uint8Array;
}

/** Signatures of single files (IMA), in hexadecimal, in the order of the package's files; '' where there is none. */
export type FileSignatures = readonly string[];

export interface SignatureChange {
  readonly add?: readonly NewSignature[];
  /**
   * What becomes of the signatures that are there. `keep`: of RSA and DSA, and of PGP and GPG, a package holds one, so a
   * new one takes the old one's place; of OPENPGP it holds many.
   */
  readonly old: 'remove' | 'keep';
  /** Signatures of single files: new ones, none, or (where not said) those that are there. */
  readonly files?: FileSignatures | 'remove';
}

/** PGP5 (1006) is of rpm 2. */
const SIGNATURES = [SIGTAG.RSA, SIGTAG.DSA, SIGTAG.OPENPGP, SIGTAG.PGP, SIGTAG.GPG].map((tag) => tag.number);
const OLD_SIGNATURES = new Set([...SIGNATURES, 1006]);
const OF_HEADER = new Set([SIGTAG.RSA.number, SIGTAG.DSA.number]);
const OF_WHOLE = new Set([SIGTAG.PGP.number, SIGTAG.GPG.number]);
/** With VERITYSIGNATUREALGO (277). */
const FILE_SIGNATURES = new Set([SIGTAG.FILESIGNATURES.number, SIGTAG.FILESIGNATURELENGTH.number]);
const ALL_FILE_SIGNATURES = new Set([...FILE_SIGNATURES, SIGTAG.VERITYSIGNATURES.number, 277]);

/**
 * The front of a package with other signatures than it has. Throws RpmError `bad_signature` for one that the package's
 * format has no place for, `header_too_large` where the result breaks the limits by which the package was read.
 */
export function changeFront(headers: RpmHeaders, change: SignatureChange): Front {
  const entries = new Map(entriesOf(headers.signature).map((entry) => [entry.tag, entry]));
  if (change.old === 'remove') drop(entries, OLD_SIGNATURES);
  for (const one of change.add ?? []) add(entries, one, headers.format);
  if (change.files === 'remove') drop(entries, ALL_FILE_SIGNATURES);
  else if (change.files !== undefined) addFiles(entries, change.files);
  balance(entries, headers);
  const signature = writeHeader(62, [...entries.values()]);
  // What is written is held to the limits by which it will be read.
  headerLength(signature, 62, boundsOf(headers));
  return join(headers, signature);
}

/** What is kept of a signed package so that it can be joined again: its signature header, as it is. */
export function keptSignature({ signature }: RpmHeaders): Uint8Array {
  return Uint8Array.from(signature.bytes);
}

/**
 * The front that a kept signature header makes of its unsigned package. Throws RpmError: `other_package` where the
 * digests that it states are not those of this package's header, or it states none.
 */
export function joinFront(unsigned: RpmHeaders, kept: Uint8Array): Front {
  const bounds = boundsOf(unsigned);
  if (kept.length < INTRO_BYTES || headerLength(kept, 62, bounds) !== kept.length)
    throw damaged('What was kept is not one whole signature header.');
  const signature = parseHeader(kept, 62, bounds);
  const stated = allHeaderDigests({ ...unsigned, signature });
  const isRight = ({ algorithm, stated: digest }: StatedDigest) =>
    createHash(algorithm).update(unsigned.header.bytes).digest('hex') === digest.toLowerCase();
  if (stated.length === 0 || !stated.every(isRight)) {
    throw new RpmError(
      'other_package',
      'The signature header does not state the digest of this package’s header: it belongs to another package.',
    );
  }
  return join(unsigned, kept);
}

function join({ leadBytes, headerRange }: RpmHeaders, signature: Uint8Array): Front {
  const padding = new Uint8Array((8 - (signature.length % 8)) % 8);
  return { bytes: Buffer.concat([leadBytes, signature, padding]), signature, rest: headerRange.start };
}

function boundsOf({ limits }: RpmHeaders): HeaderBounds {
  return { entries: limits.signatureEntries, bytes: limits.signatureBytes, arrayLength: limits.arrayLength };
}

type Entries = Map<number, StoredEntry>;

function entriesOf(header: Header): StoredEntry[] {
  return header.tags().flatMap((tag) => {
    const stored = header.stored(tag);
    return stored === undefined ? [] : [{ tag, ...stored }];
  });
}

function drop(entries: Entries, tags: ReadonlySet<number>): void {
  for (const tag of tags) entries.delete(tag);
}

function add(entries: Entries, { kind, packet }: NewSignature, format: 4 | 6): void {
  const tag = SIGTAG[kind].number;
  if (packet.length === 0) throw new RpmError('bad_signature', 'A signature without a byte is none.');
  if (format === 6 && OF_WHOLE.has(tag)) {
    throw new RpmError(
      'bad_signature',
      'A v6 package has no place for a signature of header and payload; sign its header.',
    );
  }
  if (kind !== 'OPENPGP') {
    drop(entries, OF_HEADER.has(tag) ? OF_HEADER : OF_WHOLE);
    entries.set(tag, { tag, type: TYPE_BIN, count: packet.length, data: packet });
    return;
  }
  const old = decodeTexts(entries.get(tag)?.data ?? new Uint8Array(0));
  const all = [...new Set([...old, Buffer.from(packet).toString('base64')])];
  const data = Buffer.from(all.map((one) => `${one}\0`).join(''), 'latin1');
  entries.set(tag, { tag, type: TYPE_STRINGS, count: all.length, data });
}

function addFiles(entries: Entries, signatures: FileSignatures): void {
  drop(entries, FILE_SIGNATURES);
  const longest = signatures.reduce((most, one) => Math.max(most, one.length / 2), 0);
  if (longest === 0) return;
  const { FILESIGNATURES, FILESIGNATURELENGTH } = SIGTAG;
  const data = Buffer.from(signatures.map((one) => `${one}\0`).join(''), 'latin1');
  const length = Buffer.alloc(4);
  length.writeUInt32BE(longest);
  entries.set(FILESIGNATURES.number, {
    tag: FILESIGNATURES.number,
    type: TYPE_STRINGS,
    count: signatures.length,
    data,
  });
  entries.set(FILESIGNATURELENGTH.number, {
    tag: FILESIGNATURELENGTH.number,
    type: TYPE_INT32,
    count: 1,
    data: length,
  });
}

/** Gives to the reserved space what the header has become shorter, or takes from it, down to its last byte. */
function balance(entries: Entries, { format, signature }: RpmHeaders): void {
  const { number } = format === 6 ? SIGTAG.RESERVED : SIGTAG.RESERVEDSPACE;
  const reserved = entries.get(number);
  if (reserved === undefined) return;
  const shorter = signature.bytes.length - writeHeader(62, [...entries.values()]).length;
  const length = reserved.data.length + shorter;
  // No tag's data may be empty. Where there is too little room the header grows, and the reserved space stays.
  if (length < 1) return;
  entries.set(number, { tag: number, type: TYPE_BIN, count: length, data: new Uint8Array(length) });
}
