/** SQL of signatures as people ask for them. */
import type { Failure, SignatureForm, SigningState } from '@moromi/contract';
import { sql } from 'kysely';
import { type Reader, row, rows, type Tx } from '../ledger/index.ts';

export interface PairFacts {
  rpm: number;
  key: number;
  keyName: string;
  keyId: string;
  /** The key may still sign. */
  current: boolean;
  build: number;
  nvr: string;
  nevra: string;
  name: string;
  arch: string;
  form: SignatureForm;
  tag: string | null;
  state: SigningState;
  task: number | null;
  signer: string | null;
  askedAt: Date;
  endedAt: Date | null;
  failure: Failure | null;
  sha256: string;
  size: number;
  signedSha256: string | null;
  signedSize: number | null;
}

export interface PairFilter {
  state?: SigningState | undefined;
  key?: number | undefined;
  tag?: number | undefined;
  build?: number | undefined;
  rpm?: number | undefined;
  open?: boolean | undefined;
  before?: { rpm: number; key: number } | undefined;
  limit: number;
}

/** Newest packages first. */
export async function listPairs(tx: Reader, filter: PairFilter): Promise<PairFacts[]> {
  const { before } = filter;
  const where = [
    filter.state === undefined ? undefined : sql`s.state = ${filter.state}`,
    filter.key === undefined ? undefined : sql`s.key_id = ${filter.key}`,
    filter.tag === undefined
      ? undefined
      : sql`EXISTS (SELECT FROM tag_builds x WHERE x.tag_id = ${filter.tag} AND x.build_id = s.build_id AND x.removed IS NULL)`,
    filter.build === undefined ? undefined : sql`s.build_id = ${filter.build}`,
    filter.rpm === undefined ? undefined : sql`s.rpm_id = ${filter.rpm}`,
    filter.open === true ? sql`s.state NOT IN ('signed', 'finished')` : undefined,
    before === undefined
      ? undefined
      : sql`(s.rpm_id, s.key_id) < (${before.rpm}::bigint, ${before.key}::bigint)`,
  ].filter((one) => one !== undefined);
  return await rows(
    tx,
    sql<PairFacts>`
    SELECT s.rpm_id AS rpm, s.key_id AS key, k.name AS "keyName", k.key_id AS "keyId", k.state = 'active' AS current,
           b.id AS build, b.nvr, r.nevra, r.file_name AS name, r.arch, s.form, g.name AS tag, s.state, s.task_id AS task,
           s.signer, s.asked_at AS "askedAt", s.ended_at AS "endedAt", s.failure, r.sha256, r.size,
           c.sha256 AS "signedSha256", c.size AS "signedSize"
      FROM signings s JOIN keys k ON k.id = s.key_id JOIN rpms r ON r.id = s.rpm_id JOIN builds b ON b.id = s.build_id
      LEFT JOIN tags g ON g.id = s.tag_id LEFT JOIN copies c ON c.rpm_id = s.rpm_id AND c.key_id = s.key_id
     WHERE ${where.length === 0 ? sql`true` : sql.join(where, sql` AND `)}
     ORDER BY s.rpm_id DESC, s.key_id DESC LIMIT ${filter.limit}`,
  );
}

export interface RpmFacts {
  id: number;
  nevra: string;
  name: string;
  arch: string;
  build: number;
  nvr: string | null;
  live: boolean;
  sha256: string;
  size: number;
}

/** A package by its NEVRA or file name; one that is live before one that is not. */
export async function findRpm(tx: Reader, name: string): Promise<RpmFacts | undefined> {
  return await row(
    tx,
    sql<RpmFacts>`
    SELECT r.id, r.nevra, r.file_name AS name, r.arch, b.id AS build, b.nvr, r.live, r.sha256, r.size
      FROM rpms r JOIN builds b ON b.id = r.build_id
     WHERE r.id IN (SELECT id FROM rpms WHERE file_name IN (${name}, ${name} || '.rpm')
                     UNION SELECT id FROM rpms WHERE nevra = ${name} AND namespace = '')
     ORDER BY r.live DESC, r.id DESC LIMIT 1`,
  );
}

/** Signed copies, and whether a run of some repository names them. */
export async function copiesToPrune(
  tx: Reader,
  key: number | undefined,
  builds: readonly number[] | undefined,
): Promise<{ id: number; rpm: number; key: number; bytes: number; used: boolean }[]> {
  return await rows(
    tx,
    sql<{ id: number; rpm: number; key: number; bytes: number; used: boolean }>`
    SELECT c.id, c.rpm_id AS rpm, c.key_id AS key, c.header_start AS bytes,
           EXISTS (SELECT FROM run_members m WHERE m.copy_id = c.id) AS used
      FROM copies c JOIN rpms r ON r.id = c.rpm_id
     WHERE c.key_id IS NOT NULL AND ${key === undefined ? sql`true` : sql`c.key_id = ${key}`}
       AND ${builds === undefined ? sql`true` : sql`r.build_id = ANY(${builds}::bigint[])`} ORDER BY c.id FOR UPDATE OF c`,
  );
}

/** With a copy goes that it was wanted: who wants it again asks again. */
export async function dropCopies(tx: Tx, ids: readonly number[]): Promise<void> {
  await sql`
    WITH gone AS (DELETE FROM copies WHERE id = ANY(${ids}::bigint[]) RETURNING rpm_id, key_id)
    DELETE FROM signings s USING gone g WHERE s.rpm_id = g.rpm_id AND s.key_id = g.key_id`.execute(tx);
}
