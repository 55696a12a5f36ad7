/**
 * A signer whose key is in this process: the fast way. openpgp.js opens the secret key; node:crypto signs. The key is in
 * memory until the process ends, so this is for a machine that does nothing else.
 */

import {
  constants,
  createPrivateKey,
  type JsonWebKey,
  type KeyObject,
  privateEncrypt,
  sign,
} from 'node:crypto';
import * as openpgp from 'openpgp';
import { base64url, bytesOf, type KeyFamily, type Parameters, publicJwk } from './algorithms.ts';
import { SigningError } from './errors.ts';
import { digestInfo, type HashName } from './hashes.ts';
import { writeIntegers } from './integers.ts';
import { describeKey, READING, type SigningKey } from './publickey.ts';
import type { Signer } from './signer.ts';

export interface SecretKeyOptions {
  /** Where the secret key is encrypted. */
  readonly passphrase?: string;
  /** Fingerprint of the key or subkey that is to sign; the newest that may where not said. */
  readonly signWith?: string;
}

/** Opens a secret key, armored or binary. Throws SigningError: key_damaged, key_is_public, passphrase_wrong, key_unusable. */
export async function openSecretKey(
  source: string | Uint8Array,
  { passphrase, signWith }: SecretKeyOptions = {},
): Promise<Signer> {
  const secret = await unlockSecretKey(source, passphrase);
  const certificate = await describeKey(secret.toPublic());
  const usable = certificate.signingKeys.filter(({ revoked }) => !revoked);
  const key =
    signWith === undefined
      ? usable[0]
      : usable.find(({ fingerprint }) => fingerprint === signWith.toLowerCase());
  const part = key && secret.getKeys().find((one) => one.getFingerprint() === key.fingerprint);
  const signDigest = key && part && digestSigner(key, part.keyPacket as openpgp.SecretKeyPacket);
  if (key === undefined || !signDigest) {
    throw new SigningError(
      'key_unusable',
      `The certificate ${certificate.fingerprint} has no secret key here that may sign${signWith === undefined ? '' : `, or not ${signWith}`}.`,
    );
  }
  return { certificate, key, signDigest, [Symbol.asyncDispose]: async () => {} };
}

/** Null where the secret part is elsewhere (a token), or the algorithm is not used here. */
export function digestSigner(key: SigningKey, packet: openpgp.SecretKeyPacket): Signer['signDigest'] | null {
  const own = importSecretKey(key, packet);
  return own && (async (hash, digest) => signHere(key.algorithm.family, own, hash, digest));
}

/** The secret key as openpgp.js has it, decrypted. Throws SigningError: key_damaged, key_is_public, passphrase_wrong. */
export async function unlockSecretKey(
  source: string | Uint8Array,
  passphrase?: string,
): Promise<openpgp.PrivateKey> {
  const key = await readSecretKey(source);
  if (key.isDecrypted()) return key;
  if (passphrase === undefined)
    throw new SigningError('passphrase_wrong', 'The secret key is encrypted; give its passphrase.');
  try {
    return await openpgp.decryptKey({ privateKey: key, passphrase, config: READING });
  } catch (cause) {
    throw new SigningError('passphrase_wrong', 'The passphrase does not open the secret key.', { cause });
  }
}

async function readSecretKey(source: string | Uint8Array): Promise<openpgp.PrivateKey> {
  const text = typeof source === 'string' ? source : Buffer.from(source).toString('latin1');
  const isArmored = text.includes('-----BEGIN PGP');
  if (isArmored && !text.includes('PRIVATE KEY'))
    throw new SigningError('key_is_public', 'This is a public key; a secret one is needed to sign.');
  try {
    return await (isArmored
      ? openpgp.readPrivateKey({ armoredKey: text, config: READING })
      : openpgp.readPrivateKey({ binaryKey: Buffer.from(text, 'latin1'), config: READING }));
  } catch (cause) {
    throw new SigningError('key_damaged', 'The bytes are no OpenPGP secret key, or it is damaged.', {
      cause,
    });
  }
}

function importSecretKey(key: SigningKey, packet: openpgp.SecretKeyPacket): KeyObject | null {
  if (packet.isMissingSecretKeyMaterial() || packet.privateParams === null) return null;
  const { family } = key.algorithm;
  const publicPart = publicJwk(family, packet.publicParams as Parameters);
  const secretPart = secretJwk(family, packet.privateParams as Parameters);
  if (publicPart === null || secretPart === null) return null;
  return createPrivateKey({ format: 'jwk', key: { ...publicPart, ...secretPart } });
}

function secretJwk(family: KeyFamily, parameters: Parameters): JsonWebKey | null {
  if (family === 'eddsa' || family === 'ed25519') return { d: base64url(bytesOf(parameters, 'seed')) };
  if (family !== 'rsa') return null;
  const number = (name: string) => BigInt(`0x${Buffer.from(bytesOf(parameters, name)).toString('hex')}`);
  // OpenPGP keeps the inverse of p modulo q, PKCS #1 that of q modulo p: so its p is the other's q.
  const [d, p, q] = [number('d'), number('q'), number('p')];
  const text = (value: bigint) => {
    const hex = value.toString(16);
    return Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex').toString('base64url');
  };
  return {
    d: text(d),
    p: text(p),
    q: text(q),
    dp: text(d % (p - 1n)),
    dq: text(d % (q - 1n)),
    qi: text(number('u')),
  };
}

function signHere(family: KeyFamily, key: KeyObject, hash: HashName, digest: Uint8Array): Uint8Array {
  // PKCS #1 v1.5 over a digest that is already there: node:crypto's `sign` would hash it again.
  if (family === 'rsa') {
    const options = { key, padding: constants.RSA_PKCS1_PADDING };
    return writeIntegers([privateEncrypt(options, digestInfo(hash, digest))]);
  }
  const both = sign(null, digest, key);
  return family === 'eddsa' ? writeIntegers([both.subarray(0, 32), both.subarray(32)]) : both;
}
