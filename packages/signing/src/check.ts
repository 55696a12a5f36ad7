/**
 * Checking one signature, while the data comes.
 *
 * Invariant: `good` means that the very bytes were signed by a key of a given certificate that may sign, that was not
 * revoked, and that lived both when it signed and at the time that is asked about; by no digest or key that the policy
 * calls weak. First what the signature is, then whether it is right, then whether its key is to be trusted: so a wrong
 * one is never told of as merely expired.
 */

import { startVerifier, type Verifier } from './algorithms.ts';
import { PacketError, readPackets, type SignaturePacket } from './packet.ts';
import type { PublicKey, SigningKey } from './publickey.ts';
import { canonicalLines } from './text.ts';
import { bestOf, DEFAULT_POLICY, type Policy, type Verdict, type VerdictCode, verdict } from './verdict.ts';

export interface CheckOptions {
  /** Seconds since 1970 at which the key must be alive; now where not said. null: when it signed is enough. */
  readonly at?: number | null;
  readonly policy?: Policy;
  /** Types of signatures that are taken: 0 of bytes (where not said), 1 of text. */
  readonly types?: readonly number[];
}

/** Bytes at once, or in pieces. */
export type Data = Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

interface Candidate {
  readonly key: PublicKey;
  readonly signer: SigningKey;
  readonly verifier: Verifier;
}

export class SignatureCheck {
  readonly #packet: SignaturePacket | PacketError;
  readonly #candidates: Candidate[] = [];
  readonly #options: CheckOptions;
  readonly #refusal: Verdict | null;
  readonly #canonical: ((chunk: Uint8Array) => Uint8Array) | null;

  constructor(packet: SignaturePacket | PacketError, keys: readonly PublicKey[], options: CheckOptions = {}) {
    this.#packet = packet;
    this.#options = options;
    this.#canonical = packet instanceof Error || packet.type === 0 ? null : canonicalLines();
    this.#refusal = this.#judgeBefore(packet, keys);
  }

  update(chunk: Uint8Array): void {
    if (this.#candidates.length === 0) return;
    const bytes = this.#canonical === null ? chunk : this.#canonical(chunk);
    for (const { verifier } of this.#candidates) verifier.update(bytes);
  }

  finish(): Verdict {
    if (this.#refusal !== null || this.#packet instanceof Error)
      return this.#refusal ?? this.#say('signature_damaged', 'It cannot be read.');
    const { trailer, values, digestStart } = this.#packet;
    const right = this.#candidates.find(({ verifier }) => {
      verifier.update(trailer);
      return verifier.finish(values, digestStart);
    });
    if (right === undefined) {
      const [first] = this.#candidates;
      return this.#say(
        'signature_wrong',
        'The signature is not of this content: one of them was changed. Take it anew from its source.',
        first,
      );
    }
    return this.#judgeKey(right, this.#packet);
  }

  /** What can be said without the data; null where it must be seen. */
  #judgeBefore(packet: SignaturePacket | PacketError, keys: readonly PublicKey[]): Verdict | null {
    if (packet instanceof Error)
      return this.#say('signature_damaged', `The signature cannot be read. ${packet.message}`);
    const { types = [0], policy = DEFAULT_POLICY } = this.#options;
    if (!types.includes(packet.type))
      return this.#say(
        'signature_damaged',
        `The signature is of type ${packet.type}, which signs something else.`,
      );
    const { hash } = packet;
    if (hash === null)
      return this.#say('signature_damaged', 'The signature is by a digest that is not known here.');
    const known = keys.flatMap((key) =>
      key.signingKeys.filter((signer) => isBy(signer, packet)).map((signer) => ({ key, signer })),
    );
    const [first] = known;
    if (first === undefined) {
      const by = packet.fingerprint ?? packet.keyId ?? 'that it does not name';
      return this.#say(
        'key_unknown',
        `It is signed by the key ${by}, which is not among the keys that are trusted here. Add that key if you trust it.`,
      );
    }
    if (policy.weakHashes.has(hash))
      return this.#say(
        'signature_weak',
        `It is signed by way of ${hash}, which proves nothing any more.`,
        first,
      );
    for (const { key, signer } of known) {
      if (signer.key === null || !isStrong(signer, policy)) continue;
      const verifier = startVerifier(signer.algorithm, signer.key, hash);
      verifier.update(packet.salt);
      this.#candidates.push({ key, signer, verifier });
    }
    if (this.#candidates.length > 0) return null;
    return this.#say(
      'signature_weak',
      `It is signed by a key of type ${first.signer.algorithm.name}, which is too weak or not known here.`,
      first,
    );
  }

  #judgeKey(right: Candidate, { created, lifetime }: SignaturePacket): Verdict {
    const { signer } = right;
    const { at = Date.now() / 1000 } = this.#options;
    const times = [created, at].filter((time) => time !== null);
    if (created === null || created < signer.created)
      return this.#say(
        'signature_wrong',
        'The signature says that it is older than its key, or not how old.',
        right,
      );
    if (signer.revoked)
      return this.#say('key_revoked', 'The key that signed it was revoked. Sign it anew by another.', right);
    const { expires } = signer;
    if (expires !== null && times.some((time) => time >= expires)) {
      const day = new Date(expires * 1000).toISOString().slice(0, 10);
      return this.#say(
        'key_expired',
        `The key that signed it expired on ${day}. Import its renewed certificate, or sign anew by another key.`,
        right,
      );
    }
    if (lifetime !== null && at !== null && at >= created + lifetime)
      return this.#say(
        'signature_expired',
        'The signature was for a time that is over. Sign it anew.',
        right,
      );
    return this.#say('good', 'The signature is good.', right);
  }

  #say(code: VerdictCode, sentence: string, by?: Pick<Candidate, 'key' | 'signer'>): Verdict {
    const packet = this.#packet instanceof Error ? null : this.#packet;
    return verdict(code, sentence, {
      key: by?.key ?? null,
      keyId: by?.signer.keyId ?? packet?.keyId ?? null,
      fingerprint: by?.signer.fingerprint ?? packet?.fingerprint ?? null,
      created: packet?.created ?? null,
      hash: packet?.hash ?? null,
    });
  }
}

/** Where the signature names a fingerprint that decides; the short id is not unique. */
function isBy(signer: SigningKey, { fingerprint, keyId, keyAlgorithm }: SignaturePacket): boolean {
  // 1 and 3 are both RSA.
  const isSame =
    signer.algorithm.number === keyAlgorithm || (signer.algorithm.number <= 3 && keyAlgorithm <= 3);
  return isSame && (fingerprint === null ? keyId === signer.keyId : fingerprint === signer.fingerprint);
}

function isStrong({ algorithm }: SigningKey, policy: Policy): boolean {
  if (algorithm.family === 'rsa') return (algorithm.bits ?? 0) >= policy.leastRsaBits;
  return algorithm.family !== 'dsa' && algorithm.family !== 'other';
}

/**
 * Checks the packets of one signature (binary) of some data. One good signature of several is enough; `not_signed` where
 * there is no byte of a signature.
 */
export async function checkSignature(
  keys: readonly PublicKey[],
  packets: Uint8Array,
  data: Data,
  options: CheckOptions = {},
): Promise<Verdict> {
  const checks = startChecks(keys, packets, options);
  for await (const piece of data instanceof Uint8Array ? [data] : data) {
    for (const check of checks) check.update(piece);
  }
  return bestOf(checks.map((check) => check.finish()));
}

/** A check for each packet that there is, to be given the data. */
export function startChecks(
  keys: readonly PublicKey[],
  packets: Uint8Array,
  options: CheckOptions = {},
): SignatureCheck[] {
  if (packets.length === 0) return [];
  try {
    return readPackets(packets).map((packet) => new SignatureCheck(packet, keys, options));
  } catch (error) {
    if (error instanceof PacketError) return [new SignatureCheck(error, keys, options)];
    throw error;
  }
}
