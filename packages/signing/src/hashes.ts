/** Digest algorithms by node:crypto's names, with their numbers in OpenPGP (RFC 9580, 9.5) and in DigestInfo (RFC 8017). */

interface HashFacts {
  readonly number: number;
  /** Of the digest, in bytes. */
  readonly length: number;
  /** DER of the algorithm's OID, in hexadecimal. */
  readonly oid: string;
  /** Bytes of salt that a v6 signature has with it. */
  readonly salt: number;
}

const NIST = '6086480165030402';
export const HASHES = {
  md5: { number: 1, length: 16, oid: '2a864886f70d0205', salt: 0 },
  sha1: { number: 2, length: 20, oid: '2b0e03021a', salt: 0 },
  ripemd160: { number: 3, length: 20, oid: '2b24030201', salt: 0 },
  sha256: { number: 8, length: 32, oid: `${NIST}01`, salt: 16 },
  sha384: { number: 9, length: 48, oid: `${NIST}02`, salt: 24 },
  sha512: { number: 10, length: 64, oid: `${NIST}03`, salt: 32 },
  sha224: { number: 11, length: 28, oid: `${NIST}04`, salt: 16 },
  'sha3-256': { number: 12, length: 32, oid: `${NIST}08`, salt: 16 },
  'sha3-512': { number: 14, length: 64, oid: `${NIST}0a`, salt: 32 },
} as const satisfies Record<string, HashFacts>;

export type HashName = keyof typeof HASHES;

const byNumber: ReadonlyMap<number, HashName> = new Map(
  Object.entries(HASHES).map(([name, { number }]) => [number, name as HashName]),
);

/** The algorithm by its OpenPGP number, or null for one that is not known here. */
export function hashByNumber(number: number): HashName | null {
  return byNumber.get(number) ?? null;
}

/** What an RSA signature is of (RFC 8017, 9.2): DER of SEQUENCE { SEQUENCE { OID, NULL }, OCTET STRING digest }. */
export function digestInfo(name: HashName, digest: Uint8Array): Buffer {
  const oid = Buffer.from(HASHES[name].oid, 'hex');
  const algorithm = der(0x30, Buffer.concat([der(0x06, oid), der(0x05, Buffer.alloc(0))]));
  return der(0x30, Buffer.concat([algorithm, der(0x04, digest)]));
}

/** Nothing here has more than 127 bytes. */
function der(type: number, value: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([type, value.length]), value]);
}
