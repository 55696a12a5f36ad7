/**
 * OpenPGP signature packets (RFC 9580, 5.2) as they are read: versions 3, 4 and 6. Nothing here verifies one.
 *
 * Invariant: what is read is whole. A length that does not fit, a subpacket that is critical and not known, a packet
 * that is no signature: all refused, so no two readers take the same bytes for different signatures. Time and lifetime
 * are read only from the part that is signed; the issuer, a mere hint by which to find the key, from both.
 */

import { HASHES, type HashName, hashByNumber } from './hashes.ts';

export interface SignaturePacket {
  readonly version: 3 | 4 | 6;
  /** 0 signs bytes, 1 signs text with its line ends as CR LF; others sign keys. */
  readonly type: number;
  /** RFC 9580, 9.1. */
  readonly keyAlgorithm: number;
  /** Null where the algorithm is not known here. */
  readonly hash: HashName | null;
  /** Seconds since 1970; null where the packet does not say. */
  readonly created: number | null;
  /** Seconds after `created` for which it holds; null for ever. */
  readonly lifetime: number | null;
  /** 16 hexadecimal digits in lower case, and 40 or 64; null where the packet does not say. */
  readonly keyId: string | null;
  readonly fingerprint: string | null;
  /** What is hashed before the data, and after it. */
  readonly salt: Uint8Array;
  readonly trailer: Uint8Array;
  /** The first two bytes of the digest, as a first test. */
  readonly digestStart: Uint8Array;
  /** The signature itself, by the key's algorithm. */
  readonly values: Uint8Array;
}

/** Why bytes are no signature packet; caught in this package. */
export class PacketError extends Error {}

const SIGNATURE = 2;

/** All packets of a detached signature, or of a tag of a package; there is at least one. Throws PacketError. */
export function readPackets(bytes: Uint8Array): SignaturePacket[] {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  try {
    const packets: SignaturePacket[] = [];
    for (let at = 0; at < view.length; ) {
      const { tag, start, end } = readFrame(view, at);
      if (tag !== SIGNATURE) throw new PacketError(`There is a packet of type ${tag} among the signatures.`);
      packets.push(readBody(view.subarray(start, end)));
      at = end;
    }
    if (packets.length === 0) throw new PacketError('There is no signature in it.');
    return packets;
  } catch (error) {
    if (error instanceof RangeError) throw new PacketError('It ends within a signature.');
    throw error;
  }
}

/** RFC 9580, 4.2. Lengths that are not told at the beginning are for data only. */
function readFrame(view: Buffer, at: number): { tag: number; start: number; end: number } {
  const head = view.readUInt8(at);
  if ((head & 0x80) === 0) throw new PacketError('It is no OpenPGP packet.');
  const isOld = (head & 0x40) === 0;
  const [start, length] = isOld ? oldLength(view, at + 1, head & 3) : newLength(view, at + 1);
  if (start + length > view.length) throw new PacketError('It ends within a signature.');
  return { tag: isOld ? (head >> 2) & 0xf : head & 0x3f, start, end: start + length };
}

function oldLength(view: Buffer, at: number, kind: number): [start: number, length: number] {
  if (kind === 3) throw new PacketError('A signature does not tell its length.');
  const size = 1 << kind;
  return [at + size, view.readUIntBE(at, size)];
}

/** Also the lengths of subpackets, which have no partial ones: 224 to 254 are lengths there. */
function newLength(view: Buffer, at: number, isSubpacket = false): [start: number, length: number] {
  const first = view.readUInt8(at);
  if (first < 192) return [at + 1, first];
  if (first === 255) return [at + 5, view.readUInt32BE(at + 1)];
  if (first >= 224 && !isSubpacket) throw new PacketError('A signature comes in parts.');
  return [at + 2, ((first - 192) << 8) + view.readUInt8(at + 1) + 192];
}

function readBody(body: Buffer): SignaturePacket {
  const version = body.readUInt8(0);
  if (version === 3) return readVersion3(body);
  if (version !== 4 && version !== 6)
    throw new PacketError(`It has version ${version}; 3, 4 and 6 are read.`);
  const lengthBytes = version === 4 ? 2 : 4;
  const hashedEnd = 4 + lengthBytes + body.readUIntBE(4, lengthBytes);
  const unhashedEnd = hashedEnd + lengthBytes + body.readUIntBE(hashedEnd, lengthBytes);
  if (unhashedEnd + 2 > body.length) throw new RangeError();
  const hashed = readSubpackets(body.subarray(4 + lengthBytes, hashedEnd));
  const unhashed = readSubpackets(body.subarray(hashedEnd + lengthBytes, unhashedEnd));
  const hash = hashByNumber(body.readUInt8(3));
  const saltEnd = version === 4 ? unhashedEnd + 2 : unhashedEnd + 3 + body.readUInt8(unhashedEnd + 2);
  if (saltEnd > body.length) throw new RangeError();
  const salt = version === 4 ? body.subarray(0, 0) : body.subarray(unhashedEnd + 3, saltEnd);
  if (version === 6 && hash !== null && salt.length !== HASHES[hash].salt)
    throw new PacketError('The salt has not the length that its digest demands.');
  const fingerprint = hashed.fingerprint ?? unhashed.fingerprint;
  return {
    version,
    type: body.readUInt8(1),
    keyAlgorithm: body.readUInt8(2),
    hash,
    created: hashed.created,
    lifetime: hashed.lifetime,
    keyId: hashed.keyId ?? unhashed.keyId ?? keyIdOf(fingerprint),
    fingerprint,
    salt,
    trailer: trailerOf(body.subarray(0, hashedEnd)),
    digestStart: body.subarray(unhashedEnd, unhashedEnd + 2),
    values: body.subarray(saltEnd),
  };
}

/** What is hashed behind the data: the packet up to the end of its signed part, and its length (RFC 9580, 5.2.4). */
export function trailerOf(hashedPart: Uint8Array): Buffer {
  const end = Buffer.from([hashedPart[0] ?? 4, 0xff, 0, 0, 0, 0]);
  end.writeUInt32BE(hashedPart.length, 2);
  return Buffer.concat([hashedPart, end]);
}

/** A v4 key's id is its fingerprint's end, a v6 key's its beginning. */
export function keyIdOf(fingerprint: string): string;
export function keyIdOf(fingerprint: string | null): string | null;
export function keyIdOf(fingerprint: string | null): string | null {
  if (fingerprint === null) return null;
  return fingerprint.length === 64 ? fingerprint.slice(0, 16) : fingerprint.slice(-16);
}

/** What gpg 1 and old rpm made, and packages of EL 6 and 7 carry. */
function readVersion3(body: Buffer): SignaturePacket {
  if (body.readUInt8(1) !== 5 || body.length < 19) throw new PacketError('It is no v3 signature.');
  return {
    version: 3,
    type: body.readUInt8(2),
    keyAlgorithm: body.readUInt8(15),
    hash: hashByNumber(body.readUInt8(16)),
    created: body.readUInt32BE(3),
    lifetime: null,
    keyId: body.toString('hex', 7, 15),
    fingerprint: null,
    salt: body.subarray(0, 0),
    trailer: body.subarray(2, 7),
    digestStart: body.subarray(17, 19),
    values: body.subarray(19),
  };
}

interface Subpackets {
  created: number | null;
  lifetime: number | null;
  keyId: string | null;
  fingerprint: string | null;
}

/**
 * RFC 9580, 5.2.3.7: those that are read here (2, 3, 16, 33), and those that say nothing which a check of data could
 * need (4 exportable, 7 revocable, 25 to 28 about the signer, 35 for whom).
 */
const HARMLESS = new Set([2, 3, 4, 7, 16, 25, 26, 27, 28, 33, 35]);

function readSubpackets(area: Buffer): Subpackets {
  const found: Subpackets = { created: null, lifetime: null, keyId: null, fingerprint: null };
  for (let at = 0; at < area.length; ) {
    const [start, length] = newLength(area, at, true);
    if (length === 0 || start + length > area.length) throw new RangeError();
    const type = area.readUInt8(start) & 0x7f;
    const isCritical = (area.readUInt8(start) & 0x80) !== 0;
    if (isCritical && !HARMLESS.has(type))
      throw new PacketError(`It demands that its subpacket ${type} is understood, which is not known here.`);
    const value = area.subarray(start + 1, start + length);
    if (type === 2) found.created = value.readUInt32BE(0);
    if (type === 3) found.lifetime = value.readUInt32BE(0) || null;
    if (type === 16 && value.length === 8) found.keyId = value.toString('hex');
    if (type === 33 && (value.length === 21 || value.length === 33))
      found.fingerprint = value.toString('hex', 1);
    at = start + length;
  }
  return found;
}
