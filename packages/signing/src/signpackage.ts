/**
 * Signing a package. Nothing is written: what comes out is the new front, by which a signed copy is joined from the
 * unsigned file whenever it is read, and the digest of that copy.
 *
 * Invariant: what is signed was whole. Every digest that the package states is computed again from the file before the
 * key is used, since a signature of the header speaks for the payload only by the digest in it.
 */

import { type FileHandle, open } from 'node:fs/promises';
import {
  changeFront,
  digestSplice,
  FileCheck,
  type Front,
  headerCoversPayload,
  type Limits,
  type NewSignature,
  type RpmHeaders,
  readHeaders,
  readPieces,
  TAG,
} from '@moromi/rpm';
import { SigningError } from './errors.ts';
import { type FileSigner, signFiles } from './filesigner.ts';
import { checkForm, SIGNATURE_FORMS, type SignatureForm, tagsOf } from './forms.ts';
import type { HashName } from './hashes.ts';
import { makeSignature, SignatureMaker } from './maker.ts';
import type { Signer } from './signer.ts';

export interface PackageSigning {
  /** What the release's rpm reads; that of today's rpm where not said. */
  readonly form?: SignatureForm;
  readonly hash?: HashName;
  /** Seconds since 1970; now where not said. */
  readonly created?: number;
  /** Of a package that is signed already; `remove` where not said. A v4 package holds one signature of its header. */
  readonly old?: 'remove' | 'keep';
  /** Signs each file for IMA as well; source packages have no such signatures. */
  readonly files?: FileSigner;
  readonly limits?: Partial<Limits>;
  readonly signal?: AbortSignal;
}

export interface SignedPackage {
  readonly headers: RpmHeaders;
  readonly front: Front;
  readonly signatures: readonly NewSignature[];
  /** Of the whole signed copy: digest in lower-case hexadecimal, length in bytes. */
  readonly sha256: string;
  readonly size: number;
}

/**
 * Signs a package (path or open handle). Throws SigningError: package_damaged, form_impossible, key_unusable,
 * signer_failed; and RpmError where the file is no package that can be read.
 */
export async function signPackage(
  source: string | FileHandle,
  signer: Signer,
  options: PackageSigning = {},
): Promise<SignedPackage> {
  if (typeof source === 'string') {
    await using file = await open(source, 'r');
    return await signPackage(file, signer, options);
  }
  const { form = SIGNATURE_FORMS.at(-1), hash = 'sha256', created, signal } = options;
  if (form === undefined) throw new RangeError('there is no form');
  checkForm(form, signer.key.algorithm, hash);
  const headers = await readHeaders(source, options.limits);
  const making = { hash, created: created ?? Math.floor(Date.now() / 1000) };
  const needsWhole =
    headers.format < 6 && (form.covers === 'header and payload' || !headerCoversPayload(headers));
  const whole = needsWhole ? new SignatureMaker(signer, making) : null;
  await readWhole(source, headers, whole, signal);
  const ofHeader = await makeSignature(signer, headers.header.bytes, making);
  const signatures = signaturesFor(headers, signer, form, ofHeader, await whole?.finish());
  const files = options.files !== undefined && headers.header.has(TAG.SOURCERPM);
  const front = changeFront(headers, {
    add: signatures,
    old: options.old ?? 'remove',
    ...(files && { files: await signFiles(headers, options.files) }),
  });
  checkSize(front, form);
  return { headers, front, signatures, ...(await digestSplice(front, source, signal)) };
}

/** Compares the file with what it states, and gives the signature of the whole what it is of. */
async function readWhole(
  file: FileHandle,
  headers: RpmHeaders,
  maker: SignatureMaker | null,
  signal: AbortSignal | undefined,
): Promise<void> {
  const check = new FileCheck(headers);
  maker?.update(headers.header.bytes);
  for await (const piece of readPieces(file, headers.headerRange.end, signal)) {
    check.update(piece);
    maker?.update(piece);
  }
  const { whole, faults } = check.finish();
  if (whole) return;
  throw new SigningError(
    'package_damaged',
    `The package is damaged and is not signed. ${faults.join(' ')} Take it anew from its build.`,
  );
}

function signaturesFor(
  { format }: RpmHeaders,
  { key }: Signer,
  form: SignatureForm,
  ofHeader: Uint8Array,
  ofWhole: Uint8Array | undefined,
): NewSignature[] {
  const tags = tagsOf(key.algorithm);
  const signatures: NewSignature[] = [];
  // A key that v4 has no tag for can sign in v6's way alone. rpm 4 sees in a v6 package only signatures in v4's way.
  if (format === 6 || tags === null) signatures.push({ kind: 'OPENPGP', packet: ofHeader });
  if (tags !== null && (format < 6 || !form.many)) signatures.push({ kind: tags.header, packet: ofHeader });
  if (tags === null && ofWhole !== undefined) {
    throw new SigningError(
      'form_impossible',
      `The package states no digest of its payload, so header and payload must be signed, for which keys of type ${key.algorithm.name} have no tag. Sign by an RSA key.`,
    );
  }
  if (tags !== null && ofWhole !== undefined) signatures.push({ kind: tags.whole, packet: ofWhole });
  return signatures;
}

function checkSize({ signature }: Front, form: SignatureForm): void {
  const entries = Buffer.from(signature).readUInt32BE(8);
  const bytes = signature.length - 16 * (entries + 1);
  if (bytes <= form.headerBytes) return;
  throw new SigningError(
    'form_impossible',
    `The signature header would have ${bytes} bytes; rpm ${form.rpm} reads ${form.headerBytes}. Leave the signatures of files out.`,
  );
}
