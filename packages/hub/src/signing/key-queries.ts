/** SQL of keys, and of what tags say of them. */
import type { KeyState, SignatureForm } from '@moromi/contract';
import { sql } from 'kysely';
import { changed, type Reader, row, rows, type Tx } from '../ledger/index.ts';

export interface KeyFacts {
  id: number;
  name: string;
  fingerprint: string;
  keyId: string;
  algorithm: string;
  armor: string;
  madeAt: Date;
  expiresAt: Date | null;
  /** By the ledger's clock. */
  expired: boolean;
  state: KeyState;
  offline: boolean;
  backend: string | null;
  successor: string | null;
  addedAt: Date;
  addedBy: string;
  revokedAt: Date | null;
  reason: string | null;
}

const columns = sql`
  k.id, k.name, k.fingerprint, k.key_id AS "keyId", k.algorithm, k.armor, k.made_at AS "madeAt", k.expires_at AS "expiresAt",
  coalesce(k.expires_at <= ledger_now(), false) AS expired, k.state, k.offline, k.backend,
  (SELECT name FROM keys n WHERE n.id = k.successor_id) AS successor, k.added_at AS "addedAt", k.added_by AS "addedBy",
  k.revoked_at AS "revokedAt", k.reason`;

export type KeyLock = 'share' | 'update';

export async function findKey(
  tx: Reader,
  which: { name: string } | { id: number } | { fingerprint: string },
  lock?: KeyLock,
): Promise<KeyFacts | undefined> {
  const only =
    'id' in which
      ? sql`k.id = ${which.id}`
      : 'name' in which
        ? sql`k.name = ${which.name}`
        : sql`k.fingerprint = ${which.fingerprint}`;
  const locking = lock === undefined ? sql`` : lock === 'share' ? sql`FOR SHARE OF k` : sql`FOR UPDATE OF k`;
  return await row(tx, sql<KeyFacts>`SELECT ${columns} FROM keys k WHERE ${only} ${locking}`);
}

/** Keys whose signatures say that they are of one of these: long ids of signing keys. */
export async function keysByIds(tx: Reader, keyIds: readonly string[]): Promise<KeyFacts[]> {
  return await rows(
    tx,
    sql<KeyFacts>`SELECT ${columns} FROM keys k WHERE k.key_ids && ${keyIds}::text[] AND k.state <> 'offered' ORDER BY k.id`,
  );
}

export async function listKeys(tx: Reader, after: string, limit: number): Promise<KeyFacts[]> {
  return await rows(
    tx,
    sql<KeyFacts>`SELECT ${columns} FROM keys k WHERE k.name > ${after} ORDER BY k.name LIMIT ${limit}`,
  );
}

/** What a certificate says of itself. */
export interface Certified {
  fingerprint: string;
  keyId: string;
  /** Of all its keys that may sign. */
  keyIds: string[];
  algorithm: string;
  armor: string;
  madeAt: Date;
  expiresAt: Date | null;
}

export interface NewKeyRow extends Certified {
  name: string;
  state: 'offered' | 'active';
  offline: boolean;
  backend: string | null;
  addedBy: string;
}

/** @returns false where the name or the fingerprint is taken */
export async function insertKey(tx: Tx, key: NewKeyRow): Promise<boolean> {
  const made = await row(
    tx,
    sql`
    INSERT INTO keys (name, fingerprint, key_id, key_ids, algorithm, armor, made_at, expires_at, state, offline, backend, added_at, added_by)
    VALUES (${key.name}, ${key.fingerprint}, ${key.keyId}, ${key.keyIds}::text[], ${key.algorithm}, ${key.armor}, ${key.madeAt}, ${key.expiresAt},
            ${key.state}, ${key.offline}, ${key.backend}, ledger_now(), ${key.addedBy})
    ON CONFLICT DO NOTHING RETURNING id`,
  );
  return made !== undefined;
}

/** The same key with another certificate: prolonged, say. */
export async function renewKey(tx: Tx, id: number, certified: Certified): Promise<void> {
  await sql`
    UPDATE keys SET armor = ${certified.armor}, key_id = ${certified.keyId}, key_ids = ${certified.keyIds}::text[], algorithm = ${certified.algorithm},
           made_at = ${certified.madeAt}, expires_at = ${certified.expiresAt} WHERE id = ${id}`.execute(tx);
}

/** One that a signer has offered counts from now on. @returns false where the name is taken */
export async function acceptKey(
  tx: Tx,
  id: number,
  name: string,
  offline: boolean,
  actor: string,
): Promise<boolean> {
  return (
    (await changed(
      tx,
      sql`
      UPDATE keys SET state = 'active', name = ${name}, offline = ${offline}, added_by = ${actor}, added_at = ledger_now()
       WHERE id = ${id} AND state = 'offered' AND NOT EXISTS (SELECT FROM keys o WHERE o.name = ${name} AND o.id <> ${id})`,
    )) > 0
  );
}

export async function setBackend(tx: Tx, id: number, backend: string): Promise<void> {
  await sql`UPDATE keys SET backend = ${backend} WHERE id = ${id} AND backend IS DISTINCT FROM ${backend}`.execute(
    tx,
  );
}

export async function retireKey(tx: Tx, id: number, successor: number): Promise<void> {
  await sql`UPDATE keys SET state = 'retiring', successor_id = ${successor} WHERE id = ${id}`.execute(tx);
}

export async function markRevoked(tx: Tx, id: number, reason: string): Promise<void> {
  await sql`UPDATE keys SET state = 'revoked', revoked_at = ledger_now(), reason = ${reason} WHERE id = ${id}`.execute(
    tx,
  );
}

export interface KeyUse {
  id: number;
  signers: string[];
  tags: string[];
  signed: number;
  waiting: number;
}

export async function usesOfKeys(tx: Reader, ids: readonly number[]): Promise<Map<number, KeyUse>> {
  const found = await rows(
    tx,
    sql<KeyUse>`
    SELECT k.id,
           ARRAY(SELECT w.name FROM workers w WHERE w.offer->'keys' ? k.fingerprint ORDER BY w.name) AS signers,
           ARRAY(SELECT g.name FROM tag_keys t JOIN tags g ON g.id = t.tag_id
                  WHERE t.key_id = k.id AND t.removed IS NULL ORDER BY g.name) AS tags,
           (SELECT count(*)::int FROM copies c WHERE c.key_id = k.id) AS signed,
           (SELECT count(*)::int FROM signings s WHERE s.key_id = k.id AND s.state NOT IN ('signed', 'finished') AND s.state = 'waiting') AS waiting
      FROM keys k WHERE k.id = ANY(${ids}::bigint[])`,
  );
  return new Map(found.map((one) => [one.id, one]));
}

/** What a tag says of one key. */
export interface TagKeyFacts {
  tag: number;
  key: number | null;
  name: string | null;
  form: SignatureForm;
  arches: string[] | null;
  rpm: string | null;
}

/** What every tag says at a change, the newest where it is not said; they are few. */
export async function sayings(tx: Reader, change?: number): Promise<TagKeyFacts[]> {
  const then =
    change === undefined
      ? sql`t.removed IS NULL`
      : sql`t.added <= ${change} AND (t.removed IS NULL OR t.removed > ${change})`;
  return await rows(
    tx,
    sql<TagKeyFacts>`
    SELECT t.tag_id AS tag, t.key_id AS key, k.name, t.form, t.arches, t.rpm
      FROM tag_keys t LEFT JOIN keys k ON k.id = t.key_id WHERE ${then} ORDER BY t.tag_id, t.id`,
  );
}

export async function sayKey(tx: Tx, said: Omit<TagKeyFacts, 'name'>, change: number): Promise<void> {
  await sql`
    INSERT INTO tag_keys (tag_id, key_id, form, arches, rpm, added)
    VALUES (${said.tag}, ${said.key}, ${said.form}, ${said.arches}::text[], ${said.rpm}, ${change})`.execute(
    tx,
  );
}

/** Ends what a tag says: of one key, or of all (`undefined`). @returns how many sayings that were */
export async function unsayKey(
  tx: Tx,
  tag: number,
  key: number | null | undefined,
  change: number,
): Promise<number> {
  const which = key === undefined ? sql`true` : sql`key_id IS NOT DISTINCT FROM ${key}::bigint`;
  return await changed(
    tx,
    sql`UPDATE tag_keys SET removed = ${change} WHERE tag_id = ${tag} AND removed IS NULL AND ${which}`,
  );
}
