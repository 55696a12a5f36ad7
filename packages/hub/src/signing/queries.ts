/** SQL of what is signed and what is to be. */
import type { Failure, SignatureForm, SigningState } from '@moromi/contract';
import { sql } from 'kysely';
import { changed, type Reader, row, rows, type Tx } from '../ledger/index.ts';

/** What may be signed at all: live packages of builds that are complete and not scratch. */
const signable = sql`r.live AND b.state = 'complete' AND NOT b.scratch`;

/** Takes the turn of looking who wants what. @returns the catalogue change up to which somebody has looked */
export async function takeLook(tx: Tx, change: number): Promise<number> {
  const before = await row(tx, sql<{ change: number }>`SELECT change FROM signing_looks FOR UPDATE`);
  await sql`UPDATE signing_looks SET change = greatest(change, ${change})`.execute(tx);
  return before?.change ?? 0;
}

/** Whether it has changed since who inherits from whom, what settings say, or who wants which key. */
export async function structureChanged(tx: Reader, since: number): Promise<boolean> {
  const found = await row(
    tx,
    sql<{ changed: boolean }>`
    SELECT EXISTS (SELECT FROM tag_parents WHERE added > ${since} OR removed > ${since})
        OR EXISTS (SELECT FROM tag_settings WHERE added > ${since})
        OR EXISTS (SELECT FROM tag_keys WHERE added > ${since} OR removed > ${since}) AS changed`,
  );
  return found?.changed ?? false;
}

/** Packages of which something was taken away since, so that what it hid may be seen now. */
export async function uncoveredSince(tx: Reader, since: number): Promise<string[]> {
  const found = await rows(
    tx,
    sql<{ package: string }>`
    SELECT package FROM tag_builds WHERE removed > ${since}
    UNION SELECT package FROM tag_packages WHERE added > ${since} OR removed > ${since}`,
  );
  return found.map((one) => one.package);
}

/** Builds that were tagged since, and where. */
export async function taggedSince(tx: Reader, since: number): Promise<{ tag: number; build: number }[]> {
  return await rows(
    tx,
    sql<{ tag: number; build: number }>`
    SELECT tag_id AS tag, build_id AS build FROM tag_builds WHERE added > ${since} AND removed IS NULL ORDER BY added`,
  );
}

/** A build and a key whose signature it is to have. */
export interface Want {
  build: number;
  key: number;
  tag: number | null;
  form: SignatureForm;
  arches: readonly string[] | null;
}

export interface FreshPair {
  rpm: number;
  key: number;
  build: number;
  state: SigningState;
  size: number;
  /** Of the build's first task. */
  priority: number;
  nvr: string;
  owner: string;
}

/**
 * Writes down what is wanted and is not there. Where a key cannot sign any more, that is written too.
 * @returns what is new
 */
export async function insertWants(tx: Tx, wants: readonly Want[]): Promise<FreshPair[]> {
  return await rows(
    tx,
    sql<FreshPair>`
    WITH wanted AS (
      SELECT r.id AS rpm, w.key, b.id AS build, w.tag, w.form, k.offline, r.size, t.priority, b.nvr, b.owner,
             CASE WHEN k.state <> 'active' THEN 'key_revoked' WHEN k.expires_at <= ledger_now() THEN 'key_expired' END AS trouble, k.name
        FROM jsonb_to_recordset(${JSON.stringify(wants)}::jsonb) AS w(build bigint, key bigint, tag bigint, form text, arches jsonb)
        JOIN builds b ON b.id = w.build JOIN rpms r ON r.build_id = b.id JOIN keys k ON k.id = w.key JOIN tasks t ON t.id = b.task_id
       WHERE ${signable} AND (jsonb_typeof(w.arches) IS DISTINCT FROM 'array' OR w.arches ? r.arch)
    ), fresh AS (
      INSERT INTO signings (rpm_id, key_id, build_id, tag_id, form, state, failure, asked_at, ended_at, due_at)
      SELECT DISTINCT ON (rpm, key) rpm, key, build, tag, form, CASE WHEN trouble IS NULL THEN 'waiting' ELSE 'failed' END,
             CASE WHEN trouble IS NOT NULL THEN
               jsonb_build_object('code', trouble, 'message', 'the key ' || name || ' signs nothing any more', 'fault', 'infrastructure')
             END,
             ledger_now(), CASE WHEN trouble IS NOT NULL THEN ledger_now() END,
             CASE WHEN trouble IS NULL AND NOT offline THEN ledger_now() END
        FROM wanted ORDER BY rpm, key
      ON CONFLICT (rpm_id, key_id) DO NOTHING RETURNING rpm_id, key_id, state
    )
    SELECT DISTINCT ON (w.rpm, w.key) w.rpm, w.key, w.build, f.state, w.size, w.priority, w.nvr, w.owner
      FROM fresh f JOIN wanted w ON w.rpm = f.rpm_id AND w.key = f.key_id ORDER BY w.rpm, w.key`,
  );
}

/** The tags that builds are in. */
export async function tagsOf(
  tx: Reader,
  builds: readonly number[],
): Promise<{ tag: number; build: number }[]> {
  return await rows(
    tx,
    sql<{ tag: number; build: number }>`
    SELECT tag_id AS tag, build_id AS build FROM tag_builds WHERE build_id = ANY(${builds}::bigint[]) AND removed IS NULL`,
  );
}

/** What ended without a signature is wanted again. @returns what waits for a task now */
export async function wantAgain(tx: Tx, builds: readonly number[], key: number): Promise<FreshPair[]> {
  return await rows(
    tx,
    sql<FreshPair>`
    WITH again AS (
      UPDATE signings s SET state = 'waiting', task_id = NULL, failure = NULL, signer = NULL, ended_at = NULL, asked_at = ledger_now(),
             due_at = CASE WHEN k.offline THEN NULL ELSE ledger_now() END
        FROM keys k WHERE k.id = s.key_id AND s.key_id = ${key} AND s.build_id = ANY(${builds}::bigint[])
         AND s.state IN ('refused', 'failed', 'canceled', 'finished') RETURNING s.*
    )
    SELECT a.rpm_id AS rpm, a.key_id AS key, a.build_id AS build, a.state, r.size, t.priority, b.nvr, b.owner
      FROM again a JOIN rpms r ON r.id = a.rpm_id JOIN builds b ON b.id = a.build_id JOIN tasks t ON t.id = b.task_id
     ORDER BY a.rpm_id`,
  );
}

/** Gives pairs their task. */
export async function assignPairs(tx: Tx, key: number, rpms: readonly number[], task: number): Promise<void> {
  await sql`
    UPDATE signings SET task_id = ${task}, due_at = NULL, state = 'waiting', failure = NULL, ended_at = NULL
     WHERE key_id = ${key} AND rpm_id = ANY(${rpms}::bigint[])`.execute(tx);
}

/** Keys for which something is due. */
export async function keysWithDue(tx: Reader): Promise<number[]> {
  // One look into the index for each key, however much waits.
  const found = await rows(
    tx,
    sql<{ id: number }>`
    SELECT k.id FROM keys k WHERE EXISTS (
      SELECT FROM signings s WHERE s.key_id = k.id AND s.due_at <= (SELECT ledger_now())) ORDER BY k.id`,
  );
  return found.map((one) => one.id);
}

export interface DuePair {
  rpm: number;
  size: number;
  form: SignatureForm;
  owner: string;
  nvr: string;
}

/** Pairs for which a task is to be made, the oldest first; others that make tasks pass them over. */
export async function duePairs(tx: Tx, key: number, limit: number): Promise<DuePair[]> {
  return await rows(
    tx,
    sql<DuePair>`
    SELECT s.rpm_id AS rpm, r.size, s.form, b.owner, b.nvr
      FROM signings s JOIN rpms r ON r.id = s.rpm_id JOIN builds b ON b.id = s.build_id
     WHERE s.key_id = ${key} AND s.due_at <= (SELECT ledger_now())
     ORDER BY s.due_at, s.rpm_id LIMIT ${limit} FOR UPDATE OF s SKIP LOCKED`,
  );
}

/** Nothing is made any more of what is due by a key. */
export async function failDue(tx: Tx, key: number, failure: Failure): Promise<void> {
  await sql`
    UPDATE signings SET state = 'failed', due_at = NULL, failure = ${JSON.stringify(failure)}::jsonb, ended_at = ledger_now()
     WHERE key_id = ${key} AND due_at IS NOT NULL`.execute(tx);
}

/** What failed since a key could not sign any more is due again: it can. */
export async function dueAgain(tx: Tx, key: number, code: string): Promise<void> {
  await sql`
    UPDATE signings s SET due_at = ledger_now() FROM keys k
     WHERE k.id = s.key_id AND NOT k.offline AND s.key_id = ${key} AND s.state = 'failed' AND s.failure->>'code' = ${code}`.execute(
    tx,
  );
}

/** Tasks of a channel that have not ended and are of this priority or later. */
export async function openTasks(tx: Reader, channel: string, priority: number): Promise<number> {
  const found = await row(
    tx,
    sql<{ count: number }>`
    SELECT count(*)::int AS count FROM tasks
     WHERE kind = 'sign' AND channel = ${channel} AND state IN ('free', 'leased') AND priority >= ${priority}`,
  );
  return found?.count ?? 0;
}

/** All tasks of a channel that have not ended, locked in the order of their numbers. */
export async function lockTasksOf(tx: Tx, channel: string): Promise<number[]> {
  const found = await rows(
    tx,
    sql<{ id: number }>`
    SELECT id FROM tasks WHERE kind = 'sign' AND channel = ${channel} AND state IN ('free', 'leased') ORDER BY id FOR UPDATE`,
  );
  return found.map((one) => one.id);
}

/** A package that is to be signed, as the order and the check need it. */
export interface Item {
  rpm: number;
  build: number;
  nvr: string;
  package: string;
  nevra: string;
  name: string;
  sha256: string;
  size: number;
  headerStart: number;
  headerEnd: number;
  tag: string | null;
  form: SignatureForm;
}

const itemColumns = sql`
  r.id AS rpm, b.id AS build, b.nvr, b.name AS package, r.nevra, r.file_name AS name, r.sha256, r.size,
  r.header_start AS "headerStart", r.header_end AS "headerEnd"`;

/** What waits for a task and may be signed. */
export async function itemsOfTask(tx: Reader, task: number): Promise<Item[]> {
  return await rows(
    tx,
    sql<Item>`
    SELECT ${itemColumns}, g.name AS tag, s.form
      FROM signings s JOIN rpms r ON r.id = s.rpm_id JOIN builds b ON b.id = s.build_id LEFT JOIN tags g ON g.id = s.tag_id
     WHERE s.task_id = ${task} AND s.state = 'waiting' AND ${signable} ORDER BY r.id`,
  );
}

/** Packages by their file name, for signatures that are brought by hand. */
export async function itemsByName(tx: Reader, names: readonly string[]): Promise<Item[]> {
  return await rows(
    tx,
    sql<Item>`
    SELECT ${itemColumns}, NULL AS tag, 'header' AS form
      FROM rpms r JOIN builds b ON b.id = r.build_id WHERE r.file_name = ANY(${names}::text[]) AND ${signable} ORDER BY r.id`,
  );
}

/** Builds whose packages a task signs: none of them changes until this transaction is over. */
export async function holdBuilds(tx: Tx, task: number): Promise<void> {
  await sql`
    SELECT b.id FROM builds b WHERE b.id IN (SELECT build_id FROM signings WHERE task_id = ${task}) ORDER BY b.id FOR SHARE`.execute(
    tx,
  );
}

/** Locks those of these pairs that still wait, and says which may be signed. */
export async function lockWaiting(
  tx: Tx,
  key: number,
  rpms: readonly number[],
): Promise<{ rpm: number; build: number; signable: boolean }[]> {
  return await rows(
    tx,
    sql<{ rpm: number; build: number; signable: boolean }>`
    SELECT s.rpm_id AS rpm, s.build_id AS build, (${signable}) AS signable
      FROM signings s JOIN rpms r ON r.id = s.rpm_id JOIN builds b ON b.id = s.build_id
     WHERE s.key_id = ${key} AND s.rpm_id = ANY(${rpms}::bigint[]) AND s.state = 'waiting' ORDER BY s.rpm_id FOR UPDATE OF s`,
  );
}

/**
 * The same for signatures that somebody brings: a pair that nobody wanted is written first, and one that ended without a
 * signature counts again.
 */
export async function lockForImport(tx: Tx, key: number, rpm: number, form: SignatureForm): Promise<boolean> {
  const found = await row(
    tx,
    sql<{ rpm: number }>`
    INSERT INTO signings (rpm_id, key_id, build_id, form, asked_at)
    SELECT r.id, ${key}, b.id, ${form}, ledger_now() FROM rpms r JOIN builds b ON b.id = r.build_id WHERE r.id = ${rpm} AND ${signable}
    ON CONFLICT (rpm_id, key_id) DO UPDATE SET state = 'waiting', due_at = NULL WHERE signings.state <> 'signed'
    RETURNING rpm_id AS rpm`,
  );
  return found !== undefined;
}

export async function endPairs(
  tx: Tx,
  key: number,
  rpms: readonly number[],
  end: {
    state: Exclude<SigningState, 'waiting'>;
    signer: string | null;
    failure: Failure | null;
    retrySeconds?: number;
  },
): Promise<void> {
  const failure = end.failure === null ? null : JSON.stringify(end.failure);
  await sql`
    UPDATE signings SET state = ${end.state}, signer = ${end.signer}, failure = ${failure}::jsonb, ended_at = ledger_now(),
           due_at = ledger_now() + make_interval(secs => ${end.retrySeconds ?? null}::float8)
     WHERE key_id = ${key} AND rpm_id = ANY(${rpms}::bigint[])`.execute(tx);
}

/** What still waits for a task that has ended. @returns the packages */
export async function waitingOfTask(tx: Tx, task: number): Promise<{ rpm: number; key: number }[]> {
  return await rows(
    tx,
    sql<{ rpm: number; key: number }>`
    SELECT rpm_id AS rpm, key_id AS key FROM signings WHERE task_id = ${task} AND state = 'waiting' ORDER BY rpm_id FOR UPDATE`,
  );
}

/** Takes back all that is not signed by a key. */
export async function cancelPairs(tx: Tx, key: number, failure: Failure): Promise<number> {
  return await changed(
    tx,
    sql`
    UPDATE signings SET state = 'canceled', due_at = NULL, failure = ${JSON.stringify(failure)}::jsonb, ended_at = ledger_now()
     WHERE key_id = ${key} AND state IN ('waiting', 'refused', 'failed')`,
  );
}

/** Of these builds those of which nothing is open by a key, with how much was signed. */
export async function wholeBuilds(
  tx: Reader,
  key: number,
  builds: readonly number[],
): Promise<{ build: number; nvr: string; signed: number }[]> {
  return await rows(
    tx,
    sql<{ build: number; nvr: string; signed: number }>`
    SELECT b.id AS build, b.nvr, count(*) FILTER (WHERE s.state = 'signed')::int AS signed
      FROM builds b JOIN signings s ON s.build_id = b.id AND s.key_id = ${key}
     WHERE b.id = ANY(${builds}::bigint[]) GROUP BY b.id HAVING bool_and(s.state IN ('signed', 'finished')) ORDER BY b.id`,
  );
}

/** What is open of a build, by one key or by all, was done by hand. @returns how much that was */
export async function finishPairs(
  tx: Tx,
  { build, key }: { build: number; key?: number | undefined },
  actor: string,
  failure: Failure,
): Promise<number> {
  return await changed(
    tx,
    sql`
    UPDATE signings SET state = 'finished', due_at = NULL, signer = ${actor}, failure = ${JSON.stringify(failure)}::jsonb,
           ended_at = ledger_now()
     WHERE build_id = ${build} AND state NOT IN ('signed', 'finished')
       AND ${key === undefined ? sql`true` : sql`key_id = ${key}`}`,
  );
}
