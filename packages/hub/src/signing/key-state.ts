/**
 * Which key may sign.
 *
 * Invariant: by the ledger's clock and by what administrators have said, and by nothing that a signer says.
 */
import { Problem } from '@moromi/contract';
import type { Reader, Tx } from '../ledger/index.ts';
import { findKey, type KeyFacts, type KeyLock } from './key-queries.ts';

export async function requireKey(tx: Reader, name: string, lock?: KeyLock): Promise<KeyFacts> {
  const key = await findKey(tx, { name }, lock);
  if (key === undefined) throw new Problem('unknown_key', `there is no key ${name}`);
  return key;
}

/** Why nothing is signed with a key any more. */
export function whyUnusable(
  key: KeyFacts,
): { code: 'key_revoked' | 'key_expired' | 'unknown_key'; message: string } | null {
  const { name, revokedAt, expiresAt, successor } = key;
  if (key.state === 'revoked')
    return {
      code: 'key_revoked',
      message: `the key ${name} was revoked at ${revokedAt?.toISOString()}: ${key.reason}`,
    };
  if (key.state === 'offered')
    return {
      code: 'unknown_key',
      message: `a signer offers the key ${name}, and nobody has said that it counts: moromi add-key`,
    };
  if (key.expired)
    return { code: 'key_expired', message: `the key ${name} has expired at ${expiresAt?.toISOString()}` };
  if (key.state === 'retiring')
    return {
      code: 'key_revoked',
      message: `the key ${name} signs nothing new: ${successor} has taken its place`,
    };
  return null;
}

/** @throws Problem where the key may not sign */
export async function requireUsable(tx: Tx, name: string): Promise<KeyFacts> {
  const key = await requireKey(tx, name, 'share');
  const trouble = whyUnusable(key);
  if (trouble !== null) throw new Problem(trouble.code, trouble.message);
  return key;
}

/** Tasks of a key are in a channel of its own, in which whoever offers the key is. */
export function channelOf({ fingerprint }: Pick<KeyFacts, 'fingerprint'>): string {
  return `sign-${fingerprint}`;
}
