/**
 * The signatures that a package carries: which there are and by which key they claim to be. Nothing here verifies one; a
 * key id is a stranger's claim until gpg or rpm has checked the signature.
 */

import type { Header } from './header.ts';
import type { RpmHeaders } from './headers.ts';
import { SIGTAG, type Tag } from './tags.ts';

export interface Signature {
  readonly tag: number;
  /** DSA and RSA are v4 signatures of the header, OPENPGP v6 ones; PGP and GPG are v3 ones of header and payload. */
  readonly kind: 'DSA' | 'RSA' | 'OPENPGP' | 'PGP' | 'GPG';
  readonly covers: 'header' | 'header and payload';
  /** 16 hexadecimal digits, lower case, as `rpm -qi` shows it; null where the packet does not say. */
  readonly keyId: string | null;
  /** The issuing key's fingerprint in lower case, where the packet says it. */
  readonly fingerprint: string | null;
  /** Seconds since 1970; null where the packet does not say. */
  readonly created: number | null;
  /** The OpenPGP packet. */
  readonly bytes: Uint8Array;
}

/** All signatures, header signatures first. v3 signatures of a v6 package are not read, as rpm does not. */
export function listSignatures({ signature, format }: RpmHeaders): Signature[] {
  const found: Signature[] = [];
  const add = (
    kind: Signature['kind'],
    tag: Tag,
    bytes: Uint8Array,
    covers: Signature['covers'] = 'header',
  ) => {
    found.push({ tag: tag.number, kind, covers, bytes, ...readPacket(bytes) });
  };
  const addBinary = (kind: Exclude<Signature['kind'], 'OPENPGP'>, covers?: Signature['covers']) => {
    const bytes = signature.get(SIGTAG[kind]);
    if (bytes !== undefined) add(kind, SIGTAG[kind], bytes, covers);
  };
  for (const text of signature.get(SIGTAG.OPENPGP) ?? [])
    add('OPENPGP', SIGTAG.OPENPGP, Buffer.from(text, 'base64'));
  addBinary('RSA');
  addBinary('DSA');
  if (format < 6) {
    addBinary('PGP', 'header and payload');
    addBinary('GPG', 'header and payload');
  }
  return found;
}

/** Whether files carry signatures of their own (IMA or fs-verity). */
export function hasFileSignatures(signature: Header): boolean {
  return signature.has(SIGTAG.FILESIGNATURES) || signature.has(SIGTAG.VERITYSIGNATURES);
}

type Issuer = Pick<Signature, 'keyId' | 'fingerprint' | 'created'>;
const UNKNOWN: Issuer = { keyId: null, fingerprint: null, created: null };

/** Reads the issuer of a signature packet, versions 3, 4 and 6 (RFC 9580, 5.2). */
function readPacket(packet: Uint8Array): Issuer {
  try {
    const view = new DataView(packet.buffer, packet.byteOffset, packet.length);
    const body = bodyStart(view);
    const version = view.getUint8(body);
    if (version === 3) {
      return { keyId: hex(packet, body + 7, 8), fingerprint: null, created: view.getUint32(body + 3) };
    }
    if (version !== 4 && version !== 6) return UNKNOWN;
    return readSubpackets(packet, view, body + 4, version);
  } catch (error) {
    if (error instanceof RangeError) return UNKNOWN;
    throw error;
  }
}

/** Past the packet's header, old form or new form; a RangeError where it is no signature packet. */
function bodyStart(view: DataView): number {
  const head = view.getUint8(0);
  if ((head & 0x80) === 0) throw new RangeError();
  if ((head & 0x40) === 0) {
    if (((head >> 2) & 0xf) !== 2) throw new RangeError();
    return 1 + (1 << (head & 3));
  }
  if ((head & 0x3f) !== 2) throw new RangeError();
  const length = view.getUint8(1);
  if (length < 192) return 2;
  return length < 224 ? 3 : 6;
}

/** The hashed area, then the unhashed one, where most signers put the key id. */
function readSubpackets(packet: Uint8Array, view: DataView, start: number, version: 4 | 6): Issuer {
  const lengthBytes = version === 4 ? 2 : 4;
  const issuer = { ...UNKNOWN };
  let at = start;
  for (let area = 0; area < 2; area++) {
    const length = version === 4 ? view.getUint16(at) : view.getUint32(at);
    at += lengthBytes;
    const end = at + length;
    while (at < end) {
      const first = view.getUint8(at);
      const headBytes = first < 192 ? 1 : first < 255 ? 2 : 5;
      const long =
        headBytes === 5 ? view.getUint32(at + 1) : ((first - 192) << 8) + view.getUint8(at + 1) + 192;
      const size = headBytes === 1 ? first : long;
      const type = view.getUint8(at + headBytes) & 0x7f;
      const value = at + headBytes + 1;
      if (type === 2 && area === 0) issuer.created = view.getUint32(value);
      if (type === 16) issuer.keyId ??= hex(packet, value, 8);
      if (type === 33) issuer.fingerprint ??= hex(packet, value + 1, size - 2);
      at += headBytes + size;
    }
    at = end;
  }
  // A v4 key's id is its fingerprint's end, a v6 key's its beginning.
  issuer.keyId ??= issuer.fingerprint?.length === 64 ? issuer.fingerprint.slice(0, 16) : null;
  issuer.keyId ??= issuer.fingerprint?.slice(-16) ?? null;
  return issuer;
}

function hex(bytes: Uint8Array, start: number, length: number): string {
  if (length < 8 || start + length > bytes.length) throw new RangeError();
  return Buffer.from(bytes.subarray(start, start + length)).toString('hex');
}
