/**
 * Public keys as the ledger keeps them.
 *
 * Invariant: what is kept of a key was read from its certificate here, whoever brought it; reading takes a while and is
 * never done within a transaction.
 */
import { Problem, type SignatureForm } from '@moromi/contract';
import { type PublicKey, readPublicKey, SigningError, signatureFormFor } from '@moromi/signing';
import type { Certified } from './key-queries.ts';

/** @throws Problem bad_key, secret_key */
export async function readCertificate(armor: string): Promise<Certified> {
  const key = await read(armor);
  const [newest] = key.signingKeys;
  if (newest === undefined) throw new Problem('bad_key', 'the key may not sign, and none of its subkeys may');
  if (key.revoked) throw new Problem('bad_key', 'the key was revoked by its own certificate');
  return {
    fingerprint: key.fingerprint,
    keyId: newest.keyId,
    keyIds: key.signingKeys.map((one) => one.keyId),
    algorithm: newest.algorithm.name,
    armor: key.armored,
    madeAt: new Date(key.created * 1000),
    expiresAt: newest.expires === null ? null : new Date(newest.expires * 1000),
  };
}

async function read(armor: string): Promise<PublicKey> {
  try {
    return await readPublicKey(armor);
  } catch (error) {
    if (!(error instanceof SigningError)) throw error;
    throw new Problem(error.code === 'key_is_secret' ? 'secret_key' : 'bad_key', error.message);
  }
}

/** The form in which packages for an rpm are signed. */
export function formFor(rpm: string): SignatureForm {
  return requireForm(rpm).covers === 'header' ? 'header' : 'header+payload';
}

/** Why an rpm cannot read signatures by a kind of key; null where it can. @param algorithm as the ledger keeps it */
export function whyUnreadable(algorithm: string, rpm: string): string | null {
  const family = /^rsa\d/.test(algorithm)
    ? 'rsa'
    : algorithm === 'ed25519'
      ? 'eddsa'
      : algorithm.replace(/-rfc9580$/, '');
  const form = requireForm(rpm);
  return form.keys.some((one) => one === family)
    ? null
    : `rpm ${rpm} does not know keys of type ${algorithm}; it knows ${form.keys.join(', ')}`;
}

function requireForm(rpm: string): ReturnType<typeof signatureFormFor> {
  try {
    return signatureFormFor(rpm);
  } catch (error) {
    throw error instanceof SigningError ? new Problem('key_unfit', error.message) : error;
  }
}
