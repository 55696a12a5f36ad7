/**
 * What a check of a signature finds. Verdicts are values and not errors: that a file of a stranger is not signed is an
 * answer. Every code has one sentence that says what to do.
 */

import type { HashName } from './hashes.ts';
import type { PublicKey } from './publickey.ts';

export type VerdictCode =
  | 'good'
  | 'not_signed'
  /** A package that contradicts what it states of itself. */
  | 'package_damaged'
  /** Not read, so nothing can be said. */
  | 'signature_damaged'
  /** Made by a key that is not among those that were given. */
  | 'key_unknown'
  /** By a digest, or a key, that a forger may have beaten. */
  | 'signature_weak'
  /** The data is not what was signed. */
  | 'signature_wrong'
  | 'key_revoked'
  | 'key_expired'
  /** The signature itself was made for a time that is over. */
  | 'signature_expired';

export interface Verdict {
  readonly code: VerdictCode;
  /** One sentence for people. */
  readonly sentence: string;
  /** The certificate that made it, where it is known. */
  readonly key: PublicKey | null;
  /** The key that the signature names, 16 hexadecimal digits; a claim, where `key` is null. */
  readonly keyId: string | null;
  /** Of the very key that signed: the certificate's own or one of its subkeys. */
  readonly fingerprint: string | null;
  /** When it was made, in seconds since 1970, as the signer says. */
  readonly created: number | null;
  readonly hash: HashName | null;
}

export interface Policy {
  /** Digests whose signatures prove nothing any more. */
  readonly weakHashes: ReadonlySet<HashName>;
  /** The shortest RSA modulus that is trusted, in bits. */
  readonly leastRsaBits: number;
}

/** What rpm-sequoia and openpgp.js refuse too. DSA is never trusted: its keys are too short where it is used. */
export const DEFAULT_POLICY: Policy = {
  weakHashes: new Set(['md5', 'sha1', 'ripemd160']),
  leastRsaBits: 2048,
};

/** From the best to the worst: of several signatures of one thing, the first of these says what it is worth. */
const ORDER: readonly VerdictCode[] = [
  'good',
  'key_expired',
  'signature_expired',
  'key_revoked',
  'signature_weak',
  'key_unknown',
  'signature_damaged',
  'signature_wrong',
  'package_damaged',
  'not_signed',
];

/** One good signature of several is enough, as it is for rpm and gpg; `not_signed` where there is none. */
export function bestOf(verdicts: readonly Verdict[]): Verdict {
  const [best] = verdicts.toSorted((a, b) => ORDER.indexOf(a.code) - ORDER.indexOf(b.code));
  return best ?? verdict('not_signed', 'It is not signed. Sign it, or take it from where it is.');
}

export function verdict(code: VerdictCode, sentence: string, known: Partial<Verdict> = {}): Verdict {
  return { key: null, keyId: null, fingerprint: null, created: null, hash: null, ...known, code, sentence };
}
