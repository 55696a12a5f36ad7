/**
 * Which signature a release's rpm can read: a rule by rpm's version, as data. From rpm's history: SHA-2 since 4.6; the
 * payload's digest in the header, so that a signature of the header is enough, since 4.14 (EL 8); larger signature
 * headers than 8 KiB since 4.16, and in updates of 4.14; Ed25519 since 4.16 (EL 9); keys of RFC 9580, and v6 packages,
 * since 6.0.
 */

import { parseEvr, rpmvercmp } from '@moromi/rpm';
import type { KeyAlgorithm, KeyFamily } from './algorithms.ts';
import { SigningError } from './errors.ts';
import type { HashName } from './hashes.ts';

export interface SignatureForm {
  /** rpm from this version on, until the next form. */
  readonly rpm: string;
  /** What is signed. Where the package states no digest of its payload, both are, whatever stands here. */
  readonly covers: 'header' | 'header and payload';
  readonly keys: readonly KeyFamily[];
  readonly hashes: readonly HashName[];
  /** Bytes of data that its signature header may have. */
  readonly headerBytes: number;
  /** Whether signatures in the way of v6 are read (any number of them, of any key). */
  readonly many: boolean;
}

const HASHES: readonly HashName[] = ['sha256', 'sha384', 'sha512', 'sha224'];
const LARGE = 64 * 1024 * 1024;

export const SIGNATURE_FORMS: readonly SignatureForm[] = [
  { rpm: '4.6', covers: 'header and payload', keys: ['rsa'], hashes: HASHES, headerBytes: 8192, many: false },
  { rpm: '4.14', covers: 'header', keys: ['rsa'], hashes: HASHES, headerBytes: 8192, many: false },
  { rpm: '4.16', covers: 'header', keys: ['rsa', 'eddsa'], hashes: HASHES, headerBytes: LARGE, many: false },
  {
    rpm: '6.0',
    covers: 'header',
    keys: ['rsa', 'eddsa', 'ed25519'],
    hashes: HASHES,
    headerBytes: LARGE,
    many: true,
  },
];

/** The form for packages that this version of rpm will read, as `rpm --version` tells it: `4.14.3`. */
export function signatureFormFor(rpmVersion: string): SignatureForm {
  const { version } = parseEvr(rpmVersion);
  const form = SIGNATURE_FORMS.findLast(({ rpm }) => rpmvercmp(version, rpm) >= 0);
  if (form !== undefined) return form;
  throw new SigningError(
    'form_impossible',
    `No signature that is safe today can be read by rpm ${rpmVersion}.`,
  );
}

/** The tags for a key's signatures of the header, and of header and payload; as rpm's sign/rpmgensig.cc gives them. */
export function tagsOf({ family }: KeyAlgorithm): { header: 'RSA' | 'DSA'; whole: 'PGP' | 'GPG' } | null {
  if (family === 'rsa') return { header: 'RSA', whole: 'PGP' };
  return family === 'eddsa' ? { header: 'DSA', whole: 'GPG' } : null;
}

/** Throws SigningError form_impossible where the release's rpm could not read what this key and digest would make. */
export function checkForm(form: SignatureForm, { family, name }: KeyAlgorithm, hash: HashName): void {
  if (!form.keys.includes(family)) {
    throw new SigningError(
      'form_impossible',
      `rpm ${form.rpm} does not know keys of type ${name}. Sign by a key of type ${form.keys.join(' or ')}.`,
    );
  }
  if (!form.hashes.includes(hash))
    throw new SigningError(
      'form_impossible',
      `rpm ${form.rpm} does not know ${hash}. Sign by way of ${form.hashes[0]}.`,
    );
}
