/** SQL of what becomes of revisions: which expire, what goes of them then, and runs that no tree has. */
import { sql } from 'kysely';
import { changed, type Reader, row, rows, type Tx } from '../../ledger/index.ts';

export interface AgingRepo {
  id: number;
  kind: 'build' | 'dist';
  /** Of the repository; that of a tag is called as the tag is. */
  name: string;
  tag: number;
  definition: { keepRevisions?: number; keepHours?: number };
}

/** Repositories with revisions that have been superseded for so long. @param after the number of the last one looked at */
export async function agingRepos(
  reader: Reader,
  after: number,
  hours: number,
  limit: number,
): Promise<AgingRepo[]> {
  return await rows(
    reader,
    sql<AgingRepo>`
    SELECT r.id, r.kind, coalesce(r.name, g.name) AS name, r.tag_id AS tag, r.definition
      FROM repos r JOIN tags g ON g.id = r.tag_id
     WHERE r.id > ${after} AND EXISTS (
       SELECT FROM repo_revisions v WHERE v.repo_id = r.id AND v.superseded_at IS NOT NULL AND v.expired_at IS NULL
          AND v.superseded_at < ledger_now() - make_interval(secs => ${hours * 3600}))
     ORDER BY r.id LIMIT ${limit}`,
  );
}

/** Locks a repository, as everybody does who makes, holds or gives back its revisions. */
export async function lockRepo(tx: Tx, repo: number): Promise<void> {
  await sql`SELECT FROM repos WHERE id = ${repo} FOR UPDATE`.execute(tx);
}

const held = sql`EXISTS (SELECT FROM repo_holds h WHERE h.revision_id = v.id AND h.until > ledger_now())`;

/** A build sees it beside its target's. */
const linked = sql`b.links @> jsonb_build_array(jsonb_build_object('revision', v.id))`;

/** Revisions of a locked repository that nobody keeps, the oldest first. */
export async function expirable(
  tx: Tx,
  repo: number,
  keep: { revisions: number; hours: number },
  limit: number,
): Promise<{ id: number; number: number }[]> {
  return await rows(
    tx,
    sql<{ id: number; number: number }>`
    SELECT v.id, v.number
      FROM repos r JOIN repo_revisions s ON s.id = r.revision_id
      JOIN repo_revisions v ON v.repo_id = r.id AND v.superseded_at IS NOT NULL AND v.expired_at IS NULL
     WHERE r.id = ${repo} AND v.number <= s.number - ${keep.revisions}
       AND v.superseded_at < ledger_now() - make_interval(secs => ${keep.hours * 3600})
       AND NOT ${held}
       AND NOT EXISTS (SELECT FROM builds b WHERE b.state = 'building' AND (b.revision_id = v.id OR ${linked}))
       AND NOT EXISTS (
         SELECT FROM tasks t WHERE (t.request->>'restore')::bigint = v.id AND t.kind = 'publish' AND t.state IN ('free', 'leased'))
     ORDER BY v.number LIMIT ${limit}`,
  );
}

export async function expire(tx: Tx, ids: readonly number[]): Promise<void> {
  await sql`UPDATE repo_revisions SET expired_at = ledger_now() WHERE id = ANY(${ids}::bigint[])`.execute(tx);
}

/** Locks revisions against whoever is about to work from them. */
export async function lockRevisions(tx: Tx, ids: readonly number[]): Promise<void> {
  await sql`SELECT FROM repo_revisions WHERE id = ANY(${ids}::bigint[]) ORDER BY id FOR UPDATE`.execute(tx);
}

/** Whether the files of a revision are still given, and will be until the transaction has ended. */
export async function isGiven(tx: Reader, revision: number): Promise<boolean> {
  const found = await row(
    tx,
    sql<{ given: boolean }>`
    SELECT expired_at IS NULL AS given FROM repo_revisions WHERE id = ${revision} FOR SHARE`,
  );
  return found?.given ?? false;
}

/** Whether revisions expired so long ago of which something is left. */
export async function isToDrop(reader: Reader, hours: number): Promise<boolean> {
  return (
    (await row(
      reader,
      sql<{ id: number }>`
      SELECT id FROM repo_revisions
       WHERE expired_at < ledger_now() - make_interval(secs => ${hours * 3600}) AND dropped_at IS NULL LIMIT 1`,
    )) !== undefined
  );
}

/** Takes the files of revisions that expired some time ago, and their share in runs. @returns how many */
export async function dropExpired(tx: Tx, hours: number, limit: number): Promise<number> {
  const found = await rows(
    tx,
    sql<{ id: number }>`
    SELECT id FROM repo_revisions
     WHERE expired_at < ledger_now() - make_interval(secs => ${hours * 3600}) AND dropped_at IS NULL
     ORDER BY expired_at LIMIT ${limit} FOR UPDATE SKIP LOCKED`,
  );
  const ids = found.map((one) => one.id);
  if (ids.length === 0) return 0;
  await sql`DELETE FROM repo_files WHERE revision_id = ANY(${ids}::bigint[])`.execute(tx);
  await sql`UPDATE repo_trees SET runs = '{}' WHERE revision_id = ANY(${ids}::bigint[])`.execute(tx);
  return await changed(
    tx,
    sql`UPDATE repo_revisions SET dropped_at = ledger_now() WHERE id = ANY(${ids}::bigint[])`,
  );
}

const inTree = sql`EXISTS (SELECT FROM repo_trees t WHERE t.runs @> ARRAY[u.id])`;

/** Runs that no tree has, of so many behind a number. Nothing is locked. */
export async function unusedRuns(
  reader: Reader,
  after: number,
  limit: number,
): Promise<{ last: number; count: number; idle: number[] }> {
  const found = await row(
    reader,
    sql<{ last: number | null; count: number; idle: number[] }>`
    WITH u AS MATERIALIZED (SELECT id, idle_since FROM runs WHERE id > ${after} ORDER BY id LIMIT ${limit})
    SELECT max(u.id) AS last, count(*)::int AS count,
           coalesce(jsonb_agg(u.id) FILTER (WHERE u.idle_since IS NULL AND NOT ${inTree}), '[]') AS idle FROM u`,
  );
  return { last: found?.last ?? after, count: found?.count ?? 0, idle: found?.idle ?? [] };
}

/** Marks those of some runs that still no tree has. Who has one locked is about to name it, and is not waited for. */
export async function markIdle(tx: Tx, runs: readonly number[]): Promise<void> {
  const found = await rows(
    tx,
    sql<{
      id: number;
    }>`SELECT id FROM runs WHERE id = ANY(${runs}::bigint[]) ORDER BY id FOR UPDATE SKIP LOCKED`,
  );
  // A statement of its own, so that it sees what those wrote who had the runs locked before.
  await sql`
    UPDATE runs u SET idle_since = ledger_now()
     WHERE u.id = ANY(${found.map((one) => one.id)}::bigint[]) AND u.idle_since IS NULL AND NOT ${inTree}`.execute(
    tx,
  );
}

/** Whether runs have been idle for so long. */
export async function isIdle(reader: Reader, hours: number): Promise<boolean> {
  return (
    (await row(
      reader,
      sql<{ id: number }>`
      SELECT id FROM runs WHERE idle_since < ledger_now() - make_interval(secs => ${hours * 3600}) LIMIT 1`,
    )) !== undefined
  );
}

/** Deletes runs that have been idle for so long and that still no tree has. @returns how many */
export async function dropIdleRuns(tx: Tx, hours: number, limit: number): Promise<number> {
  const found = await rows(
    tx,
    sql<{ id: number }>`
    SELECT id FROM runs WHERE idle_since < ledger_now() - make_interval(secs => ${hours * 3600})
     ORDER BY idle_since LIMIT ${limit} FOR UPDATE SKIP LOCKED`,
  );
  const ids = found.map((one) => one.id);
  await sql`UPDATE runs u SET idle_since = NULL WHERE u.id = ANY(${ids}::bigint[]) AND ${inTree}`.execute(tx);
  await sql`
    DELETE FROM run_members m USING runs u WHERE u.id = m.run_id AND u.id = ANY(${ids}::bigint[]) AND u.idle_since IS NOT NULL`.execute(
    tx,
  );
  return await changed(tx, sql`DELETE FROM runs WHERE id = ANY(${ids}::bigint[]) AND idle_since IS NOT NULL`);
}

/**
 * Locks the runs of a new tree against being dropped and takes back those that are idle. Those that the newest revision
 * has are safe, since it stays.
 * @returns those that are not there any more
 */
export async function holdRuns(tx: Tx, repo: number, runs: readonly number[]): Promise<number[]> {
  const found = await rows(
    tx,
    sql<{ id: number; there: boolean; idle: boolean | null }>`
    WITH wanted AS (
      SELECT unnest(${runs}::bigint[]) AS id
      EXCEPT
      SELECT unnest(t.runs) FROM repo_trees t
       WHERE t.revision_id = (SELECT id FROM repo_revisions WHERE repo_id = ${repo} ORDER BY number DESC LIMIT 1)
    ), locked AS (
      SELECT u.id, u.idle_since FROM runs u WHERE u.id IN (SELECT id FROM wanted) ORDER BY u.id FOR KEY SHARE
    )
    SELECT w.id, l.id IS NOT NULL AS there, l.idle_since IS NOT NULL AS idle FROM wanted w LEFT JOIN locked l USING (id)`,
  );
  const idle = found.filter((one) => one.idle === true).map((one) => one.id);
  if (idle.length > 0)
    await sql`UPDATE runs SET idle_since = NULL WHERE id = ANY(${idle}::bigint[])`.execute(tx);
  return found.filter((one) => !one.there).map((one) => one.id);
}
