/**
 * Whether a package is whole: everything that it states about its own bytes, computed again. That is what rpmsign looks
 * at before it signs: digests of the header (SHA-1, SHA-256, SHA3-256), of the payload, the MD5 of both, the length.
 * Which of them there are differs by the rpm that built it. It finds damage and proves no origin.
 */

import { createHash, getHashes, type Hash } from 'node:crypto';
import { headerDigests, payloadDigests, type StatedDigest } from './digest.ts';
import type { RpmHeaders } from './headers.ts';
import { SIGTAG, TAG } from './tags.ts';

export interface FileVerdict {
  readonly whole: boolean;
  /** One sentence for each contradiction between the file and what it states. */
  readonly faults: readonly string[];
}

interface Running extends StatedDigest {
  readonly of: 'header' | 'payload' | 'header and payload';
  readonly hash: Hash;
}

/** Takes the payload in pieces; the header is known when it begins. */
export class FileCheck {
  readonly #running: readonly Running[];
  readonly #headers: RpmHeaders;
  #payloadBytes = 0;

  constructor(headers: RpmHeaders) {
    const { bytes } = headers.header;
    this.#headers = headers;
    this.#running = statedDigests(headers).map((one) => ({ ...one, hash: createHash(one.algorithm) }));
    for (const { of, hash } of this.#running) if (of !== 'payload') hash.update(bytes);
  }

  update(chunk: Uint8Array): void {
    this.#payloadBytes += chunk.length;
    for (const { of, hash } of this.#running) if (of !== 'header') hash.update(chunk);
  }

  finish(): FileVerdict {
    const faults: string[] = [];
    for (const { of, algorithm, stated, hash } of this.#running) {
      if (hash.digest('hex') !== stated.toLowerCase())
        faults.push(`The ${algorithm} of its ${of} is not what it states.`);
    }
    for (const part of ['header', 'payload'] as const) {
      if (!this.#running.some(({ of }) => of.includes(part)))
        faults.push(`It states no digest of its ${part}.`);
    }
    const length = this.#headers.headerRange.end + this.#payloadBytes;
    const stated = statedLength(this.#headers);
    if (stated !== null && stated !== length)
      faults.push(`It has ${length} bytes and states that it has ${stated}.`);
    return { whole: faults.length === 0, faults };
  }
}

/** Whether the header states a digest of the payload, so that a signature of the header speaks for both. */
export function headerCoversPayload(headers: RpmHeaders): boolean {
  return payloadDigests(headers).length > 0;
}

/** The header's digests, with the SHA-1 that was all there was before rpm 4.14. */
export function allHeaderDigests(headers: RpmHeaders): StatedDigest[] {
  const sha1 = headers.format === 6 ? undefined : headers.signature.get(SIGTAG.SHA1);
  return [...headerDigests(headers), ...(sha1 === undefined ? [] : [{ algorithm: 'sha1', stated: sha1 }])];
}

function statedDigests(headers: RpmHeaders): (StatedDigest & Pick<Running, 'of'>)[] {
  const md5 = headers.format === 6 ? undefined : headers.signature.get(SIGTAG.MD5);
  const found: (StatedDigest & Pick<Running, 'of'>)[] = [
    ...allHeaderDigests(headers).map((one) => ({ ...one, of: 'header' as const })),
    ...payloadDigests(headers).map((one) => ({ ...one, of: 'payload' as const })),
  ];
  // A machine in FIPS mode has no MD5; rpm passes over it there too.
  if (md5 !== undefined && hasMd5)
    found.push({ algorithm: 'md5', stated: Buffer.from(md5).toString('hex'), of: 'header and payload' });
  return found;
}

const hasMd5 = getHashes().includes('md5');

/** The file's length in bytes, as its headers tell it; null where they do not. */
function statedLength({ signature, header, headerRange, format }: RpmHeaders): number | null {
  const both = format === 6 ? undefined : (signature.get(SIGTAG.LONGSIZE) ?? signature.get(SIGTAG.SIZE));
  if (both !== undefined) return headerRange.start + both;
  const payload = header.get(TAG.PAYLOADSIZE);
  return payload === undefined ? null : headerRange.end + payload;
}
