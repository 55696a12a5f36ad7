/**
 * Digests that a package states about itself: of its main header (in the signature header) and of its payload (in the
 * main header). They find damage; they do not prove an origin, since whoever changes the bytes can change the digest.
 */

import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import type { RpmHeaders } from './headers.ts';
import { SIGTAG, TAG } from './tags.ts';

export interface DigestCheck {
  /** `absent`: the package states no digest that is computed here (packages of rpm before 4.14). */
  readonly state: 'ok' | 'wrong' | 'absent';
  /** What was computed, by node:crypto's names of algorithms, in lower-case hexadecimal. */
  readonly digests: readonly {
    readonly algorithm: string;
    readonly stated: string;
    readonly computed: string;
  }[];
}

export interface StatedDigest {
  readonly algorithm: string;
  readonly stated: string;
}

/** Digest algorithms of RFC 9580, 9.5, by node:crypto's names. */
const ALGORITHMS: Readonly<Record<number, string>> = {
  1: 'md5',
  2: 'sha1',
  8: 'sha256',
  9: 'sha384',
  10: 'sha512',
  11: 'sha224',
  12: 'sha3-256',
  14: 'sha3-512',
};

/** The algorithm by its OpenPGP number, or null for one that is not known here. */
export function digestAlgorithm(number: number): string | null {
  return ALGORITHMS[number] ?? null;
}

/** SHA256HEADER and SHA3_256HEADER. */
export function headerDigests({ signature }: RpmHeaders): StatedDigest[] {
  return present([
    ['sha256', signature.get(SIGTAG.SHA256)],
    ['sha3-256', signature.get(SIGTAG.SHA3_256)],
  ]);
}

/** PAYLOADSHA256, PAYLOADSHA512 and PAYLOADSHA3_256, of the payload as it stands in the file, compressed. */
export function payloadDigests({ header }: RpmHeaders): StatedDigest[] {
  const algorithm = digestAlgorithm(header.get(TAG.PAYLOADSHA256ALGO) ?? 8);
  const [first] = header.get(TAG.PAYLOADSHA256) ?? [];
  return present([
    [algorithm, first],
    ['sha512', header.get(TAG.PAYLOADSHA512)],
    ['sha3-256', header.get(TAG.PAYLOADSHA3_256)],
  ]);
}

function present(rows: [algorithm: string | null, stated: string | undefined][]): StatedDigest[] {
  return rows.flatMap(([algorithm, stated]) => (algorithm && stated ? [{ algorithm, stated }] : []));
}

/** Recomputes the digests of the main header's bytes and compares them with those that are stated. */
export function verifyHeaderDigest(headers: RpmHeaders): DigestCheck {
  const running = start(headerDigests(headers));
  for (const { hash } of running) hash.update(headers.header.bytes);
  return finish(running);
}

/** Takes the payload in pieces as they arrive, for one who streams the file anyway; `finish` says whether it is whole. */
export class PayloadDigest {
  readonly #running: Running[];

  constructor(headers: RpmHeaders) {
    this.#running = start(payloadDigests(headers));
  }

  update(chunk: Uint8Array): void {
    for (const { hash } of this.#running) hash.update(chunk);
  }

  finish(): DigestCheck {
    return finish(this.#running);
  }
}

/**
 * Reads the payload of a file (path or open handle) once, in pieces, and compares its digests. Memory does not grow
 * with the file.
 */
export async function verifyPayloadDigest(
  source: string | FileHandle,
  headers: RpmHeaders,
  signal?: AbortSignal,
): Promise<DigestCheck> {
  if (typeof source === 'string') {
    await using file = await open(source, 'r');
    return await verifyPayloadDigest(file, headers, signal);
  }
  const digest = new PayloadDigest(headers);
  const buffer = new Uint8Array(256 * 1024);
  for (let at = headers.headerRange.end; ; ) {
    signal?.throwIfAborted();
    const { bytesRead } = await source.read(buffer, 0, buffer.length, at);
    if (bytesRead === 0) return digest.finish();
    digest.update(buffer.subarray(0, bytesRead));
    at += bytesRead;
  }
}

interface Running extends StatedDigest {
  readonly hash: Hash;
}

function start(stated: StatedDigest[]): Running[] {
  return stated.map((one) => ({ ...one, hash: createHash(one.algorithm) }));
}

function finish(running: Running[]): DigestCheck {
  const digests = running.map(({ algorithm, stated, hash }) => ({
    algorithm,
    stated,
    computed: hash.digest('hex'),
  }));
  const [first] = digests;
  if (first === undefined) return { state: 'absent', digests };
  const ok = digests.every(({ stated, computed }) => stated.toLowerCase() === computed);
  return { state: ok ? 'ok' : 'wrong', digests };
}
