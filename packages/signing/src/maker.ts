/**
 * Making one signature: a version 4 packet as gpg makes it, which every rpm since EL 5 reads. Version 3 is deprecated by
 * rpm, version 6 not read by any before 6.0.
 *
 * Invariant: what comes out was read again and verified with the public key, so neither a fault in arithmetic nor a
 * backend that signs with another key gets out.
 */

import { createHash, type Hash } from 'node:crypto';
import { verifyDigest } from './algorithms.ts';
import type { Data } from './check.ts';
import { SigningError } from './errors.ts';
import { HASHES, type HashName } from './hashes.ts';
import { readPackets, trailerOf } from './packet.ts';
import type { Signer } from './signer.ts';
import { canonicalLines } from './text.ts';

export interface SignOptions {
  /** sha256 where not said. */
  readonly hash?: HashName;
  /** Seconds since 1970; now where not said. */
  readonly created?: number;
  /** 0 signs bytes (where not said), 1 text, with its line ends made CR LF. */
  readonly type?: 0 | 1;
}

/** As signatures of keys need it (RFC 9580, 5.2.1 and 5.2.3.7): any type, and more to be said in the signed part. */
export interface WideOptions extends Omit<SignOptions, 'type'> {
  readonly type?: number;
  /** Written by `subpacket`. */
  readonly subpackets?: readonly Uint8Array[];
}

/** Takes the data in pieces; `finish` gives the packet. */
export class SignatureMaker {
  readonly #signer: Signer;
  readonly #name: HashName;
  readonly #hash: Hash;
  readonly #head: Buffer;
  readonly #canonical: ((chunk: Uint8Array) => Uint8Array) | null;

  /** Throws SigningError key_unusable: revoked, expired, or of an algorithm that is not used here. */
  constructor(signer: Signer, options: WideOptions = {}) {
    const { hash = 'sha256', type = 0, created = Math.floor(Date.now() / 1000) } = options;
    // A clock that is behind must not make signatures that are older than their key.
    const time = Math.max(created, signer.key.created);
    checkUsable(signer, time);
    this.#signer = signer;
    this.#name = hash;
    this.#hash = createHash(hash);
    this.#canonical = type === 1 ? canonicalLines() : null;
    this.#head = signedPart(signer, hash, type, [
      subpacket(2, numberBytes(time)),
      ...(options.subpackets ?? []),
    ]);
  }

  update(chunk: Uint8Array): void {
    this.#hash.update(this.#canonical === null ? chunk : this.#canonical(chunk));
  }

  /** Throws SigningError signer_failed. */
  async finish(): Promise<Uint8Array> {
    const { key } = this.#signer;
    const digest = this.#hash.update(trailerOf(this.#head)).digest();
    const values = await this.#signer.signDigest(this.#name, digest);
    const bytes = writePacket(this.#head, key.keyId, digest, values);
    const [packet] = readPackets(bytes);
    const isRight =
      key.key !== null &&
      packet !== undefined &&
      Buffer.compare(packet.trailer, trailerOf(this.#head)) === 0 &&
      verifyDigest(key.algorithm, key.key, this.#name, digest, packet.values);
    if (!isRight) {
      throw new SigningError(
        'signer_failed',
        `The signature that was made for the key ${key.fingerprint} does not verify with it; nothing is signed. Look at the key’s backend.`,
      );
    }
    return bytes;
  }
}

/** Signs data that is given at once or in pieces. Throws SigningError key_unusable, signer_failed. */
export async function makeSignature(
  signer: Signer,
  data: Data,
  options: WideOptions = {},
): Promise<Uint8Array> {
  const maker = new SignatureMaker(signer, options);
  for await (const piece of data instanceof Uint8Array ? [data] : data) maker.update(piece);
  return await maker.finish();
}

const MADE_HERE = new Set(['rsa', 'eddsa', 'ed25519']);

function checkUsable({ key }: Signer, time: number): void {
  const why =
    key.key === null || !MADE_HERE.has(key.algorithm.family)
      ? `is of type ${key.algorithm.name}, by which nothing is signed here`
      : key.fingerprint.length !== 40
        ? 'is a v6 key, whose signatures no rpm before 6.0 reads'
        : key.revoked
          ? 'is revoked'
          : key.expires !== null && time >= key.expires
            ? 'has expired'
            : null;
  if (why !== null)
    throw new SigningError('key_unusable', `The key ${key.fingerprint} ${why}. Sign by another.`);
}

/**
 * RFC 9580, 5.2.3: what of the packet itself is signed. The subpackets, and their order, are gpg's; none is marked as
 * critical, since rpm's own reader (from 4.17 on) refuses those that it does not use, a key's end among them.
 */
function signedPart(
  { key }: Signer,
  hash: HashName,
  type: number,
  subpackets: readonly Uint8Array[],
): Buffer {
  const issuer = subpacket(33, Buffer.concat([Buffer.from([4]), Buffer.from(key.fingerprint, 'hex')]));
  const area = Buffer.concat([issuer, ...subpackets]);
  const head = Buffer.from([
    4,
    type,
    key.algorithm.number,
    HASHES[hash].number,
    area.length >> 8,
    area.length,
  ]);
  return Buffer.concat([head, area]);
}

/** At most 190 bytes of value, so that one byte tells the length. */
export function subpacket(type: number, value: Uint8Array): Buffer {
  if (value.length > 190) throw new RangeError('the subpacket is too long');
  return Buffer.concat([Buffer.from([value.length + 1, type]), value]);
}

export function numberBytes(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** With the key's id in the part that is not signed, where rpm before 4.14 looks for it, and a header of the old form. */
function writePacket(head: Buffer, keyId: string, digest: Uint8Array, values: Uint8Array): Buffer {
  const unhashed = subpacket(16, Buffer.from(keyId, 'hex'));
  const body = Buffer.concat([
    head,
    Buffer.from([0, unhashed.length]),
    unhashed,
    digest.subarray(0, 2),
    values,
  ]);
  const frame = Buffer.from([0x89, body.length >> 8, body.length]);
  return Buffer.concat([frame, body]);
}
