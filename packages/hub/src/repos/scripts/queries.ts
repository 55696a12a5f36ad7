/** SQL of the programs that run after a revision. */
import { sql } from 'kysely';
import { changed, type Reader, row, rows, type Tx } from '../../ledger/index.ts';
import type { Shown } from './script.ts';

const shownColumns = sql`
  r.id AS repo, r.kind, coalesce(r.name, g.name) AS name, g.name AS tag, v.id AS revision, v.number, v.change`;

/** Of a script that has nothing to do: it was done or given up for what is shown, waits for its time, or runs. */
const settled = sql`
  (s.state = 'running' AND s.lease_until > ledger_now())
  OR (s.revision_id = r.revision_id AND (s.state IN ('done', 'failed') OR (s.state = 'waiting' AND s.again_at > ledger_now())))`;

/** Repositories that show a revision for which a script has not run, and may now. */
export async function dueRepos(tx: Reader, script: string, kinds: readonly string[]): Promise<Shown[]> {
  return await rows(
    tx,
    sql<Shown>`
    SELECT ${shownColumns}
      FROM repos r JOIN tags g ON g.id = r.tag_id JOIN repo_revisions v ON v.id = r.revision_id
      LEFT JOIN repo_scripts s ON s.repo_id = r.id AND s.script = ${script}
     WHERE r.kind = ANY(${kinds}::text[]) AND (s.repo_id IS NULL OR NOT (${settled})) ORDER BY v.created_at, r.id`,
  );
}

/** @returns the attempt's number, where it is still to be made and nobody else makes it */
export async function claimScript(
  tx: Tx,
  script: string,
  { repo, revision }: Pick<Shown, 'repo' | 'revision'>,
  runner: string,
  seconds: number,
): Promise<number | undefined> {
  const claimed = await row(
    tx,
    sql<{ attempt: number }>`
    INSERT INTO repo_scripts AS s (repo_id, script, revision_id, state, attempt, runner, lease_until, started_at)
    VALUES (${repo}, ${script}, ${revision}, 'running', 1, ${runner}, ledger_now() + make_interval(secs => ${seconds}), ledger_now())
    ON CONFLICT (repo_id, script) DO UPDATE
      SET revision_id = excluded.revision_id, state = 'running', runner = excluded.runner, lease_until = excluded.lease_until,
          attempt = CASE WHEN s.revision_id = excluded.revision_id THEN s.attempt + 1 ELSE 1 END,
          started_at = excluded.started_at, ended_at = NULL, again_at = NULL
    WHERE NOT EXISTS (SELECT FROM repos r WHERE r.id = s.repo_id AND (${settled})) RETURNING attempt`,
  );
  return claimed?.attempt;
}

export interface ScriptEnd {
  state: 'done' | 'waiting' | 'failed';
  /** Until it is tried again. */
  waitSeconds: number | null;
  code: string | null;
  message: string | null;
  output: string;
}

/** @returns false where somebody else has it by now */
export async function endScript(
  tx: Tx,
  script: string,
  { repo, revision }: Pick<Shown, 'repo' | 'revision'>,
  attempt: number,
  { state, waitSeconds, code, message, output }: ScriptEnd,
): Promise<boolean> {
  const n = await changed(
    tx,
    sql`
    UPDATE repo_scripts SET state = ${state}, ended_at = ledger_now(), runner = NULL, lease_until = NULL, code = ${code},
           message = ${message}, output = ${output}, again_at = ledger_now() + make_interval(secs => ${waitSeconds}::float8)
     WHERE repo_id = ${repo} AND script = ${script} AND revision_id = ${revision} AND attempt = ${attempt} AND state = 'running'`,
  );
  return n === 1;
}

/** What a hub runs, or ran when it was ended. */
export async function leasesOf(tx: Reader, runner: string): Promise<{ script: string; repo: number }[]> {
  return await rows(
    tx,
    sql<{ script: string; repo: number }>`
    SELECT script, repo_id AS repo FROM repo_scripts WHERE runner = ${runner} AND state = 'running' ORDER BY 1, 2`,
  );
}

/** What a hub ran when it ended is run again at once by whoever comes first. */
export async function dropLeases(tx: Tx, runner: string): Promise<void> {
  await sql`UPDATE repo_scripts SET lease_until = ledger_now() WHERE runner = ${runner} AND state = 'running'`.execute(
    tx,
  );
}

/** Has scripts run again for what is shown. @returns how many */
export async function runAgain(tx: Tx, repo: number, script: string | undefined): Promise<number> {
  const only = script === undefined ? sql`` : sql`AND script = ${script}`;
  return await changed(
    tx,
    sql`
    UPDATE repo_scripts SET state = 'waiting', again_at = ledger_now(), attempt = 0
     WHERE repo_id = ${repo} AND state <> 'running' ${only}`,
  );
}

export interface ScriptRow {
  kind: 'build' | 'dist';
  repo: string;
  script: string;
  state: 'running' | 'done' | 'waiting' | 'failed';
  number: number;
  /** The revision that is shown. */
  shown: number | null;
  attempt: number;
  startedAt: Date;
  endedAt: Date | null;
  againAt: Date | null;
  code: string | null;
  message: string | null;
  output: string;
}

/** @param repo its name; all where it is not said */
export async function listScripts(tx: Reader, repo: string | undefined): Promise<ScriptRow[]> {
  const only = repo === undefined ? sql`` : sql`WHERE coalesce(r.name, g.name) = ${repo}`;
  return await rows(
    tx,
    sql<ScriptRow>`
    SELECT r.kind, coalesce(r.name, g.name) AS repo, s.script, s.state, v.number, n.number AS shown, s.attempt,
           s.started_at AS "startedAt", s.ended_at AS "endedAt", s.again_at AS "againAt", s.code, s.message, s.output
      FROM repo_scripts s JOIN repos r ON r.id = s.repo_id JOIN tags g ON g.id = r.tag_id
      JOIN repo_revisions v ON v.id = s.revision_id LEFT JOIN repo_revisions n ON n.id = r.revision_id ${only}
     ORDER BY 2, 1, s.script LIMIT 1000`,
  );
}

/** Repositories of a name: one that is shipped, one of a tag, or both. */
export async function reposNamed(
  tx: Reader,
  name: string,
): Promise<{ id: number; kind: 'build' | 'dist' }[]> {
  return await rows(
    tx,
    sql<{ id: number; kind: 'build' | 'dist' }>`
    SELECT r.id, r.kind FROM repos r JOIN tags g ON g.id = r.tag_id WHERE coalesce(r.name, g.name) = ${name} ORDER BY r.id`,
  );
}
