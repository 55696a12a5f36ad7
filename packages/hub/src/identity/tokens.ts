/**
 * Local tokens: 256 random bits, of which the ledger keeps a hash.
 *
 * Invariant: a token is shown once and cannot be read back from anything the hub keeps.
 */
import { createHash, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Problem } from '@moromi/contract';
import { hint, type Ledger, type Principal, type Tx, tell, writeWhole } from '../ledger/index.ts';
import type { KnownTokens } from './known.ts';
import { findTokens, insertToken, revokeTokens, upsertPrincipal } from './queries.ts';

const anonymous: Principal = { name: 'anonymous', kind: 'anonymous', permissions: [] };

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

export async function makeToken(
  tx: Tx,
  name: string,
  kind: Principal['kind'],
  permissions: string[],
  days?: number,
): Promise<string> {
  hint(tx, 'tokens');
  if (!(await upsertPrincipal(tx, name, kind, permissions)))
    throw new Problem('bad_name', `${name} is the name of somebody or something else already`);
  const token = `moromi_${randomBytes(32).toString('base64url')}`;
  await insertToken(tx, hashOf(token), name, days);
  return token;
}

/** A worker that enrols again under its name gets a new token, and its old ones end. */
export async function replaceToken(tx: Tx, name: string, kind: Principal['kind']): Promise<string> {
  await revokeTokens(tx, name);
  return await makeToken(tx, name, kind, []);
}

/** Who sends this request; throws where a token is given and is not good. */
export async function authenticate(
  known: KnownTokens,
  authorization: string | undefined,
): Promise<Principal> {
  if (authorization === undefined) return anonymous;
  const match = /^Bearer ([A-Za-z0-9_-]{16,200})$/.exec(authorization);
  const found = match?.[1] === undefined ? undefined : await known.find(hashOf(match[1]));
  if (found === undefined) throw new Problem('unauthenticated', 'this token is not known');
  if (found.over) throw new Problem('token_expired');
  return found.principal;
}

/**
 * Sees to it that a token of the hub's own lies in `file`, for the administrator or for a first worker beside the hub.
 * A file whose token the ledger does not know (another database) is replaced.
 */
export async function keepTokenFile(
  ledger: Ledger,
  home: string,
  file: string,
  name: string,
  kind: Principal['kind'],
  permissions: string[],
): Promise<string> {
  const path = join(home, file);
  const kept = await readFile(path, 'utf8').catch(() => undefined);
  if (kept !== undefined) {
    const [found] = await findTokens(ledger.read, [hashOf(kept.trim())]);
    if (found !== undefined && !found.over) return kept.trim();
  }
  const token = await ledger.tx('identity.token-file', async (tx) => {
    tell(tx, { type: 'principal.token-made', subject: `principal:${name}`, actor: 'hub' });
    return await makeToken(tx, name, kind, permissions);
  });
  await writeWhole(path, `${token}\n`, 0o600);
  return token;
}
