/**
 * Signatures of a package's files for the kernel's integrity check (IMA), as `rpmsign --signfiles` makes them: the
 * signature of each file's digest, in the signature header (rpm: sign/rpmsignfiles.cc), in the form of the extended
 * attribute that the kernel reads: 3, then version 2, digest algorithm, id of the key, length, signature (ima-evm-utils:
 * src/imaevm.h). Keys are RSA: of ECDSA node:crypto signs no digests.
 */

import {
  constants,
  createHash,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  privateEncrypt,
} from 'node:crypto';
import { type FileSignatures, listFiles, type RpmHeaders, TAG } from '@moromi/rpm';
import { SigningError } from './errors.ts';
import { digestInfo, HASHES, type HashName, hashByNumber } from './hashes.ts';

export interface FileSigner {
  /** The whole attribute for a file with this digest. */
  signFile(hash: HashName, digest: Uint8Array): Uint8Array | Promise<Uint8Array>;
}

/** Numbers of the kernel's and ima-evm-utils' table of digests, which are not OpenPGP's. */
const IMA_HASHES: Partial<Record<HashName, number>> = { sha1: 2, sha256: 4, sha384: 5, sha512: 6, sha224: 7 };

const XATTR_SIGNATURE = 3;
const VERSION = 2;

/**
 * A signer of files by a key in PEM (PKCS #8 or #1). `keyId` is that of the certificate in the kernel's keyring, 4 bytes
 * as a number, where it is not the end of the key's SHA-1. Throws SigningError: key_damaged, passphrase_wrong,
 * key_unusable.
 */
export function openFileSigner(
  pem: string,
  options: { passphrase?: string; keyId?: number } = {},
): FileSigner {
  const key = readKey(pem, options.passphrase);
  if (key.asymmetricKeyType !== 'rsa')
    throw new SigningError(
      'key_unusable',
      `Files are signed by RSA keys only, not by ${key.asymmetricKeyType}.`,
    );
  const id = Buffer.alloc(4);
  if (options.keyId === undefined) keyDigest(key).copy(id, 0, 16);
  else id.writeUInt32BE(options.keyId);
  return {
    signFile(hash, digest) {
      const number = IMA_HASHES[hash];
      if (number === undefined)
        throw new SigningError('form_impossible', `The kernel checks no signatures of files by ${hash}.`);
      const signature = privateEncrypt(
        { key, padding: constants.RSA_PKCS1_PADDING },
        digestInfo(hash, digest),
      );
      const head = Buffer.from([XATTR_SIGNATURE, VERSION, number]);
      return Buffer.concat([
        head,
        id,
        Buffer.from([signature.length >> 8, signature.length & 0xff]),
        signature,
      ]);
    },
  };
}

function readKey(pem: string, passphrase?: string): KeyObject {
  try {
    return createPrivateKey({ key: pem, ...(passphrase !== undefined && { passphrase }) });
  } catch (cause) {
    if (pem.includes('ENCRYPTED'))
      throw new SigningError('passphrase_wrong', 'The passphrase does not open the key of files.', { cause });
    throw new SigningError('key_damaged', 'The key of files is no private key in PEM.', { cause });
  }
}

function keyDigest(key: KeyObject): Buffer {
  return createHash('sha1')
    .update(createPublicKey(key).export({ type: 'pkcs1', format: 'der' }))
    .digest();
}

/** One signature for each file in the header's order; '' for what has no digest (folders, links, ghosts). */
export async function signFiles(headers: RpmHeaders, signer: FileSigner): Promise<FileSignatures> {
  const hash = hashByNumber(headers.header.get(TAG.FILEDIGESTALGO) ?? 1);
  const signatures: string[] = [];
  for (const { path, digest } of listFiles(headers)) {
    if (digest === '') signatures.push('');
    else if (hash === null || !new RegExp(`^[0-9a-f]{${HASHES[hash].length * 2}}$`, 'i').test(digest))
      throw new SigningError('package_damaged', `The package states no usable digest of its file ${path}.`);
    else
      signatures.push(Buffer.from(await signer.signFile(hash, Buffer.from(digest, 'hex'))).toString('hex'));
  }
  return signatures;
}
