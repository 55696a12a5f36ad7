/**
 * What the signatures of a package are worth: the file as it is, compared with what it states, and each signature
 * checked, in one reading.
 *
 * Invariant: `good` means that the package is whole and that a good signature speaks for all of it, header and payload.
 * One wrong signature beside a good one is not good; rpm refuses such a package too.
 */

import { type FileHandle, open } from 'node:fs/promises';
import {
  FileCheck,
  type FileVerdict,
  headerCoversPayload,
  type Limits,
  listSignatures,
  type RpmHeaders,
  readHeaders,
  readPieces,
  type Signature,
} from '@moromi/rpm';
import { type CheckOptions, SignatureCheck, startChecks } from './check.ts';
import { PacketError } from './packet.ts';
import type { PublicKey } from './publickey.ts';
import { bestOf, type Verdict, verdict } from './verdict.ts';

export interface PackageVerdict {
  /** What it all comes to. */
  readonly verdict: Verdict;
  readonly file: FileVerdict;
  readonly signatures: readonly (Pick<Signature, 'kind' | 'covers'> & { readonly verdict: Verdict })[];
  readonly headers: RpmHeaders;
}

export interface PackageCheck extends Omit<CheckOptions, 'types'> {
  readonly limits?: Partial<Limits>;
  readonly signal?: AbortSignal;
}

/** Checks a package (path or open handle). Throws RpmError where the file is no package that can be read. */
export async function verifyPackage(
  source: string | FileHandle,
  keys: readonly PublicKey[],
  options: PackageCheck = {},
): Promise<PackageVerdict> {
  if (typeof source === 'string') {
    await using file = await open(source, 'r');
    return await verifyPackage(file, keys, options);
  }
  const headers = await readHeaders(source, options.limits);
  const running = listSignatures(headers).map((signature) => ({
    ...signature,
    check: startCheck(signature, keys, options),
  }));
  const file = new FileCheck(headers);
  for (const { check } of running) check.update(headers.header.bytes);
  for await (const piece of readPieces(source, headers.headerRange.end, options.signal)) {
    file.update(piece);
    for (const { check, covers } of running) if (covers === 'header and payload') check.update(piece);
  }
  const signatures = running.map(({ kind, covers, check }) => ({ kind, covers, verdict: check.finish() }));
  const fileVerdict = file.finish();
  return { verdict: sum(headers, fileVerdict, signatures), file: fileVerdict, signatures, headers };
}

/** A tag holds one packet. */
function startCheck({ bytes }: Signature, keys: readonly PublicKey[], options: PackageCheck): SignatureCheck {
  const [check, ...more] = startChecks(keys, bytes, options);
  if (check !== undefined && more.length === 0) return check;
  return new SignatureCheck(
    new PacketError('There is not one signature, but none or several.'),
    keys,
    options,
  );
}

function sum(headers: RpmHeaders, file: FileVerdict, signatures: PackageVerdict['signatures']): Verdict {
  if (!file.whole)
    return verdict(
      'package_damaged',
      `The package is damaged. ${file.faults.join(' ')} Take it anew from its source.`,
    );
  const verdicts = signatures.map((one) => one.verdict);
  const wrong = verdicts.find(({ code }) => code === 'signature_wrong' || code === 'signature_damaged');
  if (wrong !== undefined) return wrong;
  const ofAll = signatures.filter(
    ({ covers }) => covers === 'header and payload' || headerCoversPayload(headers),
  );
  if (ofAll.length === 0 && signatures.length > 0) {
    return verdict(
      'not_signed',
      'Only its header is signed, which states no digest of the payload: the payload could be any. Sign it anew.',
    );
  }
  return bestOf(ofAll.map((one) => one.verdict));
}
