/**
 * Keys made here, and what becomes of them: backup, renewal, revocation. A key for packages has no subkey and nothing to
 * encrypt with. Secret keys come out of these functions only encrypted, or because the caller asked for none.
 */

import * as openpgp from 'openpgp';
import { SigningError } from './errors.ts';
import { certifyItself, makeRevocation, ownSigner, SIGNATURE, signKey } from './keysignature.ts';
import { describeKey, type PublicKey, READING } from './publickey.ts';
import { unlockSecretKey } from './secretkey.ts';

/** `ed25519` is the form that gpg 2.2 and rpm from 4.16 on know. */
export type NewKeyType = 'rsa3072' | 'rsa4096' | 'ed25519';

export interface NewKeyOptions {
  readonly type: NewKeyType;
  /** Mostly the distribution's name, and an address. */
  readonly name: string;
  readonly email?: string;
  /** Of the secret key; null leaves it open, for a home that is protected otherwise. */
  readonly passphrase: string | null;
  /** Seconds since 1970; now where not said. */
  readonly created?: number;
  /** Seconds since 1970; null for never. */
  readonly expires: number | null;
}

export interface NewKey {
  readonly certificate: PublicKey;
  readonly secretKey: string;
  /** Revokes the key without the secret key: to be kept apart from it. */
  readonly revocation: string;
}

/**
 * A backup's passphrase is guessed offline: as many rounds as the format has (RFC 9580, 3.7.1.3; 65 MB hashed). Argon2
 * would be better, and gpg 2.2 could not read it.
 */
const PROTECTING: openpgp.Config = {
  ...READING,
  s2kType: openpgp.enums.s2k.iterated,
  s2kIterationCountByte: 255,
};

export async function makeKey(options: NewKeyOptions): Promise<NewKey> {
  const { type, name, email, passphrase, expires } = options;
  const created = options.created ?? seconds();
  const { privateKey } = await openpgp.generateKey({
    ...(type === 'ed25519'
      ? { type: 'ecc', curve: 'ed25519Legacy' }
      : { type: 'rsa', rsaBits: Number(type.slice(3)) }),
    userIDs: { name, ...(email !== undefined && { email }) },
    subkeys: [],
    date: new Date(created * 1000),
    format: 'object',
    config: PROTECTING,
  });
  await certifyItself(privateKey, expires, created);
  for (const user of privateKey.users) user.selfCertifications = user.selfCertifications.slice(-1);
  const revocation = await makeRevocation(await ownSigner(privateKey), privateKey, created);
  const secret =
    passphrase === null
      ? privateKey
      : await openpgp.encryptKey({ privateKey, passphrase: notEmpty(passphrase), config: PROTECTING });
  return {
    certificate: await describeKey(privateKey.toPublic()),
    secretKey: secret.armor(READING),
    revocation,
  };
}

/**
 * The same secret key under another passphrase: a backup, or a restored one for its place. Of a GnuPG home the source is
 * what `gpg --export-secret-keys` gives. Throws SigningError: key_damaged, key_is_public, passphrase_wrong.
 */
export async function reencryptSecretKey(
  secretKey: string | Uint8Array,
  { from, to }: { readonly from?: string; readonly to: string },
): Promise<string> {
  const privateKey = await unlockSecretKey(secretKey, from);
  const locked = await openpgp.encryptKey({ privateKey, passphrase: notEmpty(to), config: PROTECTING });
  return locked.armor(READING);
}

/**
 * The certificate with another end (seconds since 1970, null for never), signed anew by the secret key. Its former
 * self-signatures stay in it: some readers look at a signature by what held when it was made. `at`: seconds since 1970,
 * now where not said. Throws SigningError: key_damaged, key_is_public, passphrase_wrong, key_unusable.
 */
export async function renewCertificate(
  secretKey: string | Uint8Array,
  {
    passphrase,
    expires,
    at,
  }: { readonly passphrase?: string; readonly expires: number | null; readonly at?: number },
): Promise<PublicKey> {
  const privateKey = await unlockSecretKey(secretKey, passphrase);
  await certifyItself(privateKey, expires, at ?? seconds());
  return await describeKey(privateKey.toPublic());
}

/**
 * A successor that the old key vouches for: the new certificate, with the old key's signature on its user ids, so that
 * who trusts the old one can see where the new one comes from. rpm does not look at it; people and gpg do.
 */
export async function vouchFor(
  oldSecretKey: string | Uint8Array,
  successor: PublicKey,
  { passphrase }: { readonly passphrase?: string } = {},
): Promise<PublicKey> {
  const signer = await ownSigner(await unlockSecretKey(oldSecretKey, passphrase));
  const key = await openpgp.readKey({ armoredKey: successor.armored, config: READING });
  for (const user of key.users) {
    if (user.userID === null) continue;
    const packet = await signKey(signer, key, {
      type: SIGNATURE.certGeneric,
      user: user.userID,
      at: seconds(),
    });
    user.otherCertifications.push(packet);
  }
  return await describeKey(key);
}

/** The certificate, revoked by the revocation that was made with the key. Throws SigningError key_damaged. */
export async function revokeCertificate(certificate: PublicKey, revocation: string): Promise<PublicKey> {
  const key = await openpgp.readKey({ armoredKey: certificate.armored, config: READING });
  try {
    const { publicKey } = await openpgp.revokeKey({
      key: key.toPublic(),
      revocationCertificate: revocation,
      format: 'object',
      config: READING,
    });
    return await describeKey(publicKey);
  } catch (cause) {
    throw new SigningError('key_damaged', 'The revocation is not of this certificate, or it is damaged.', {
      cause,
    });
  }
}

function seconds(): number {
  return Math.floor(Date.now() / 1000);
}

function notEmpty(passphrase: string): string {
  if (passphrase !== '') return passphrase;
  throw new SigningError(
    'passphrase_wrong',
    'A passphrase without a character protects nothing; give another.',
  );
}
