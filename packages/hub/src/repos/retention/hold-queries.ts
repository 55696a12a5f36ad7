/** SQL of holds. */
import { sql } from 'kysely';
import { type Reader, row, rows, type Tx } from '../../ledger/index.ts';
import { called, type RepoKind } from '../kind-queries.ts';

export interface HoldFacts {
  id: number;
  revision: number;
  kind: 'build' | 'dist';
  /** Of the repository. */
  name: string;
  number: number;
  holder: string;
  why: string;
  since: Date;
  until: Date;
}

const holdColumns = sql`
  h.id, h.revision_id AS revision, r.kind, coalesce(r.name, g.name) AS name, v.number, h.holder, h.why, h.since, h.until
  FROM repo_holds h JOIN repo_revisions v ON v.id = h.revision_id JOIN repos r ON r.id = v.repo_id JOIN tags g ON g.id = r.tag_id`;

export async function insertHold(
  tx: Tx,
  hold: { revision: number; holder: string; why: string; seconds: number },
): Promise<number> {
  const made = await row(
    tx,
    sql<{ id: number }>`
    INSERT INTO repo_holds (revision_id, holder, why, until)
    VALUES (${hold.revision}, ${hold.holder}, ${hold.why}, ledger_now() + make_interval(secs => ${hold.seconds})) RETURNING id`,
  );
  if (made === undefined) throw new Error('the hold was not written');
  return made.id;
}

export async function findHold(tx: Reader, id: number): Promise<HoldFacts | undefined> {
  return await row(tx, sql<HoldFacts>`SELECT ${holdColumns} WHERE h.id = ${id}`);
}

export async function deleteHold(tx: Tx, id: number): Promise<boolean> {
  return (
    (await row(tx, sql<{ id: number }>`DELETE FROM repo_holds WHERE id = ${id} RETURNING id`)) !== undefined
  );
}

export async function listHolds(tx: Reader, after: number, limit: number): Promise<HoldFacts[]> {
  return await rows(
    tx,
    sql<HoldFacts>`
    SELECT ${holdColumns} WHERE h.id > ${after} AND h.until > ledger_now() ORDER BY h.id LIMIT ${limit}`,
  );
}

/** Of revisions, by their numbers in the ledger. */
export async function holdsOf(tx: Reader, revisions: readonly number[]): Promise<HoldFacts[]> {
  return await rows(
    tx,
    sql<HoldFacts>`
    SELECT ${holdColumns} WHERE h.revision_id = ANY(${revisions}::bigint[]) AND h.until > ledger_now() ORDER BY h.id`,
  );
}

export async function endedHolds(tx: Reader, limit: number): Promise<HoldFacts[]> {
  return await rows(
    tx,
    sql<HoldFacts>`SELECT ${holdColumns} WHERE h.until <= ledger_now() ORDER BY h.until LIMIT ${limit}`,
  );
}

/** A revision by its repository and number, with the repository's number in the ledger. */
export async function findRevision(
  tx: Reader,
  kind: RepoKind,
  name: string,
  number: number,
): Promise<{ id: number; repo: number } | undefined> {
  return await row(
    tx,
    sql<{ id: number; repo: number }>`
    SELECT v.id, r.id AS repo FROM repos r JOIN tags g ON g.id = r.tag_id JOIN repo_revisions v ON v.repo_id = r.id
     WHERE ${called(kind, name)} AND v.number = ${number}`,
  );
}
