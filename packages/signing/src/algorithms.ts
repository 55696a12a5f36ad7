/**
 * Public-key algorithms of OpenPGP (RFC 9580, 9.1) by node:crypto: what a certificate says of its key becomes a key that
 * checks, what a secret key says one that signs. openpgp.js reads the certificates; the arithmetic is OpenSSL's, which is
 * several times faster.
 */

import {
  constants,
  createHash,
  createPublicKey,
  createVerify,
  type JsonWebKey,
  type KeyObject,
  publicDecrypt,
  timingSafeEqual,
  verify,
} from 'node:crypto';
import { digestInfo, type HashName } from './hashes.ts';
import { readIntegers } from './integers.ts';

/** `eddsa` is Ed25519 as gpg has had it since 2.1; `ed25519` and `ed448` are those of RFC 9580, which gpg 2.2 has not. */
export type KeyFamily = 'rsa' | 'dsa' | 'ecdsa' | 'eddsa' | 'ed25519' | 'ed448' | 'other';

export interface KeyAlgorithm {
  readonly family: KeyFamily;
  /** For people and for rules: `rsa4096`, `ed25519`, `nistp256`, `ed25519-rfc9580`. */
  readonly name: string;
  /** Of RSA and DSA. */
  readonly bits: number | null;
  /** OpenPGP's number. */
  readonly number: number;
}

/** What openpgp.js gives as a key's public parameters: integers and curves, big-endian bytes. */
export type Parameters = Readonly<Record<string, unknown>>;

const FAMILIES: Readonly<Record<number, KeyFamily>> = {
  1: 'rsa',
  3: 'rsa',
  17: 'dsa',
  19: 'ecdsa',
  22: 'eddsa',
  27: 'ed25519',
  28: 'ed448',
};

/** Curves by the bytes of their OID, with the length of a coordinate in bytes. */
const CURVES: Readonly<Record<string, { name: string; jwk: string; length: number }>> = {
  '2a8648ce3d030107': { name: 'nistp256', jwk: 'P-256', length: 32 },
  '2b81040022': { name: 'nistp384', jwk: 'P-384', length: 48 },
  '2b81040023': { name: 'nistp521', jwk: 'P-521', length: 66 },
};

/** Longer ones cost a reader much and add nothing. */
const MOST_BITS = 8192;

export function describeAlgorithm(number: number, parameters: Parameters): KeyAlgorithm {
  const family = FAMILIES[number] ?? 'other';
  const bits =
    family === 'rsa' || family === 'dsa' ? bitsOf(bytesOf(parameters, family === 'rsa' ? 'n' : 'p')) : null;
  const names: Record<KeyFamily, string> = {
    rsa: `rsa${bits}`,
    dsa: `dsa${bits}`,
    ecdsa: curveOf(parameters)?.name ?? 'ecdsa-other',
    eddsa: 'ed25519',
    ed25519: 'ed25519-rfc9580',
    ed448: 'ed448-rfc9580',
    other: `algorithm${number}`,
  };
  return { family, name: names[family], bits, number };
}

/** The key as node:crypto has it; null where signatures by such a key are not checked here. */
export function importPublicKey(algorithm: KeyAlgorithm, parameters: Parameters): KeyObject | null {
  if ((algorithm.bits ?? 0) > MOST_BITS) return null;
  const key = publicJwk(algorithm.family, parameters);
  if (key === null) return null;
  try {
    return createPublicKey({ format: 'jwk', key });
  } catch {
    return null;
  }
}

/** The public part in the form that node:crypto reads; null for an algorithm that is not used here. */
export function publicJwk(family: KeyFamily, parameters: Parameters): JsonWebKey | null {
  if (family === 'rsa')
    return { kty: 'RSA', n: base64url(bytesOf(parameters, 'n')), e: base64url(bytesOf(parameters, 'e')) };
  if (family === 'eddsa') {
    const point = bytesOf(parameters, 'Q');
    return point.length === 33 ? { kty: 'OKP', crv: 'Ed25519', x: base64url(point.subarray(1)) } : null;
  }
  if (family === 'ed25519' || family === 'ed448') {
    const crv = family === 'ed25519' ? 'Ed25519' : 'Ed448';
    return { kty: 'OKP', crv, x: base64url(bytesOf(parameters, 'A')) };
  }
  const curve = family === 'ecdsa' ? curveOf(parameters) : null;
  const point = bytesOf(parameters, 'Q');
  if (curve === null || point.length !== 1 + 2 * curve.length || point[0] !== 4) return null;
  const [x, y] = [point.subarray(1, 1 + curve.length), point.subarray(1 + curve.length)];
  return { kty: 'EC', crv: curve.jwk, x: base64url(x), y: base64url(y) };
}

function curveOf(parameters: Parameters) {
  const { oid } = parameters as { oid?: { oid?: Uint8Array } };
  return CURVES[Buffer.from(oid?.oid ?? []).toString('hex')] ?? null;
}

/** A parameter's bytes; none where it is missing. */
export function bytesOf(parameters: Parameters, name: string): Uint8Array {
  const value = parameters[name];
  return value instanceof Uint8Array ? value : new Uint8Array(0);
}

export function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64url');
}

function bitsOf(integer: Uint8Array): number {
  const hex = Buffer.from(integer)
    .toString('hex')
    .replace(/^(00)*/, '');
  return hex === '' ? 0 : (hex.length / 2) * 8 - (Math.clz32(Number.parseInt(hex.slice(0, 2), 16)) - 24);
}

/** Takes the data that a signature is of, in pieces; `finish` says whether the signature is right. */
export interface Verifier {
  update(chunk: Uint8Array): void;
  finish(values: Uint8Array, digestStart: Uint8Array): boolean;
}

export function startVerifier(algorithm: KeyAlgorithm, key: KeyObject, name: HashName): Verifier {
  if (algorithm.family === 'ecdsa') return ecdsaVerifier(key, name);
  const hash = createHash(name);
  return {
    update: (chunk) => hash.update(chunk),
    finish(values, digestStart) {
      const digest = hash.digest();
      // rpm compares these two bytes, so what is right here is right there.
      if (digestStart.some((byte, at) => byte !== digest[at])) return false;
      return verifyDigest(algorithm, key, name, digest, values);
    },
  };
}

function ecdsaVerifier(key: KeyObject, name: HashName): Verifier {
  const running = createVerify(name);
  const hash = createHash(name);
  const length = Object.values(CURVES).find(
    ({ jwk }) => jwk === key.export({ format: 'jwk' })['crv'],
  )?.length;
  return {
    update(chunk) {
      running.update(chunk);
      hash.update(chunk);
    },
    finish(values, digestStart) {
      const digest = hash.digest();
      const both = length === undefined ? null : readIntegers(values, 2, length);
      if (both === null || digestStart.some((byte, at) => byte !== digest[at])) return false;
      return running.verify({ key, dsaEncoding: 'ieee-p1363' }, Buffer.concat(both));
    },
  };
}

/** Of all but ECDSA, of which node:crypto wants the data. */
export function verifyDigest(
  { family, bits }: KeyAlgorithm,
  key: KeyObject,
  name: HashName,
  digest: Uint8Array,
  values: Uint8Array,
): boolean {
  if (family === 'ed25519' || family === 'ed448') return verify(null, digest, key, values);
  if (family === 'eddsa') {
    const both = readIntegers(values, 2, 32);
    return both !== null && verify(null, digest, key, Buffer.concat(both));
  }
  const [integer] = readIntegers(values, 1, Math.ceil((bits ?? 0) / 8)) ?? [];
  if (integer === undefined) return false;
  const expected = digestInfo(name, digest);
  try {
    const found = publicDecrypt({ key, padding: constants.RSA_PKCS1_PADDING }, integer);
    return found.length === expected.length && timingSafeEqual(found, expected);
  } catch {
    return false;
  }
}
