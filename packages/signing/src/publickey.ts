/**
 * Certificates: who a key is, what it can do and until when. openpgp.js reads them and checks every signature by which
 * a certificate holds together (user ids, subkeys, expiry, revocations); what fails there is as if it were not written.
 */

import type { KeyObject } from 'node:crypto';
import * as openpgp from 'openpgp';
import { describeAlgorithm, importPublicKey, type KeyAlgorithm, type Parameters } from './algorithms.ts';
import { SigningError } from './errors.ts';
import { keyIdOf } from './packet.ts';

export interface SigningKey {
  /** 40 hexadecimal digits in lower case, of a v6 key 64. */
  readonly fingerprint: string;
  /** 16 hexadecimal digits in lower case. */
  readonly keyId: string;
  readonly algorithm: KeyAlgorithm;
  /** Seconds since 1970. */
  readonly created: number;
  /** Seconds since 1970; null for never. A subkey ends with its primary key at the latest. */
  readonly expires: number | null;
  /** Also where the primary key is revoked. */
  readonly revoked: boolean;
  /** Null where signatures by such a key are not checked here. */
  readonly key: KeyObject | null;
}

export interface PublicKey extends Omit<SigningKey, 'key'> {
  readonly userIds: readonly string[];
  /** The keys that may sign data: the primary key, if it may, and subkeys, the newest first. */
  readonly signingKeys: readonly SigningKey[];
  readonly armored: string;
}

/** A certificate with a photograph and many strangers' signatures fits; what is larger is no key for packages. */
const MOST_BYTES = 1024 * 1024;
/** Armored blocks in one file. */
const MOST_BLOCKS = 256;

/**
 * Read as leniently as rpm reads: whether a key is too weak is the policy's matter when it has signed (`verdict.ts`).
 * Self-signatures by MD5 stay refused.
 */
export const READING: openpgp.Config = {
  ...openpgp.config,
  minRSABits: 1,
  rejectPublicKeyAlgorithms: new Set(),
  rejectCurves: new Set(),
  allowMissingKeyFlags: true,
};

/** Reads one certificate. Throws SigningError: key_damaged, key_is_secret, several_keys. */
export async function readPublicKey(source: string | Uint8Array): Promise<PublicKey> {
  const [first, ...more] = await readPublicKeys(source);
  if (first === undefined || more.length > 0)
    throw new SigningError('several_keys', `There are ${more.length + 1} certificates; give one.`);
  return first;
}

/** Reads certificates, armored or binary, one or many in one file. Throws SigningError: key_damaged, key_is_secret. */
export async function readPublicKeys(source: string | Uint8Array): Promise<PublicKey[]> {
  if (source.length > MOST_BYTES)
    throw new SigningError(
      'key_damaged',
      `The certificate has over ${MOST_BYTES} bytes; no usable one is so large.`,
    );
  const keys = await parse(source);
  if (keys.some((key) => key.isPrivate())) {
    throw new SigningError(
      'key_is_secret',
      'This is a secret key. Give the public one (gpg --export), and if others could read the file, take another key.',
    );
  }
  return await Promise.all(keys.map(describeKey));
}

async function parse(source: string | Uint8Array): Promise<openpgp.Key[]> {
  try {
    const text = typeof source === 'string' ? source : armoredText(source);
    const blocks = blocksOf(text ?? '');
    if (blocks.length > MOST_BLOCKS) throw damaged();
    const keys = await (text === null
      ? openpgp.readKeys({ binaryKeys: source as Uint8Array, config: READING })
      : Promise.all(
          blocksOf(text).map((block) => openpgp.readKeys({ armoredKeys: block, config: READING })),
        ));
    if (keys.flat().length > 0) return keys.flat();
  } catch (error) {
    throw error instanceof SigningError ? error : damaged(error);
  }
  throw damaged();
}

function damaged(cause?: unknown): SigningError {
  return new SigningError('key_damaged', 'The bytes are no OpenPGP certificate, or it is damaged.', {
    cause,
  });
}

/** The bytes as text where they are armored. */
function armoredText(bytes: Uint8Array): string | null {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
  return text.includes('-----BEGIN PGP') ? text : null;
}

/** Files of keys are often armored blocks one behind the other, of which openpgp.js reads the first. */
function blocksOf(text: string): string[] {
  return text.split(/(?=-----BEGIN PGP)/).filter((block) => block.startsWith('-----BEGIN PGP'));
}

export async function describeKey(key: openpgp.Key): Promise<PublicKey> {
  const isRevoked = await key.isRevoked(undefined, undefined, NO_TIME, READING);
  const expires = seconds(await key.getExpirationTime(undefined, READING));
  const primary = describePacket(key.keyPacket, { expires, revoked: isRevoked });
  const signingKeys: SigningKey[] = [];
  for (const subkey of key.subkeys.toSorted((a, b) => +b.getCreationTime() - +a.getCreationTime())) {
    const ownExpiry = seconds(await subkey.getExpirationTime(NO_TIME, READING));
    const revoked = isRevoked || (await isSubkeyRevoked(subkey));
    if (revoked ? saysThatItSigns(subkey) : await maySign(key, subkey))
      signingKeys.push(describePacket(subkey.keyPacket, { expires: earlier(expires, ownExpiry), revoked }));
  }
  if (isRevoked || (await maySign(key, key))) signingKeys.push(primary);
  if (signingKeys.length === 0 && (await key.getExpirationTime(undefined, READING)) === null) throw damaged();
  const { key: _, ...described } = primary;
  return { ...described, userIds: key.getUserIDs(), signingKeys, armored: key.armor(READING) };
}

/** openpgp.js judges without regard to time where it is given null for it. */
const NO_TIME = null as unknown as Date;

async function isSubkeyRevoked(subkey: openpgp.Subkey): Promise<boolean> {
  return await (subkey.isRevoked as (...args: unknown[]) => Promise<boolean>).call(
    subkey,
    null,
    null,
    null,
    READING,
  );
}

/** Of what is revoked nothing is demanded, but it should be told as what it was. */
function saysThatItSigns({ bindingSignatures }: openpgp.Subkey): boolean {
  return bindingSignatures.some(
    ({ keyFlags }) => ((keyFlags?.[0] ?? 0) & openpgp.enums.keyFlags.signData) !== 0,
  );
}

/** Whether a key is bound to its certificate, and to signing data; of a subkey also by its own signature on the primary. */
async function maySign(key: openpgp.Key, part: openpgp.Key | openpgp.Subkey): Promise<boolean> {
  try {
    const found = await key.getSigningKey(part.getKeyID(), null, undefined, READING);
    return found.getFingerprint() === part.getFingerprint();
  } catch {
    return false;
  }
}

export function describePacket(
  packet: openpgp.Key['keyPacket'] | openpgp.Subkey['keyPacket'],
  validity: Pick<SigningKey, 'expires' | 'revoked'>,
): SigningKey {
  const parameters = packet.publicParams as Parameters;
  const algorithm = describeAlgorithm(packet.algorithm, parameters);
  const fingerprint = packet.getFingerprint().toLowerCase();
  return {
    fingerprint,
    keyId: keyIdOf(fingerprint),
    algorithm,
    created: Math.floor(+packet.getCreationTime() / 1000),
    ...validity,
    key: importPublicKey(algorithm, parameters),
  };
}

function seconds(time: Date | number | null): number | null {
  return time instanceof Date ? Math.floor(+time / 1000) : null;
}

function earlier(a: number | null, b: number | null): number | null {
  return a === null ? b : b === null ? a : Math.min(a, b);
}
