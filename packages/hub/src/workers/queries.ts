/** SQL of the fleet. */
import type { WorkerOffer, WorkerStanding } from '@moromi/contract';
import { sql } from 'kysely';
import { type Reader, row, rows, type Tx } from '../ledger/index.ts';

/** A task that failed on a worker for the infrastructure's sake. */
export interface Trouble {
  task: number;
  code: string;
}

export interface WorkerFacts {
  name: string;
  offer: WorkerOffer;
  channels: string[];
  excludes: string[];
  /** What an administrator said; null: its slots. */
  capacity: number | null;
  standing: WorkerStanding;
  standingReason: string | null;
  standingBy: string | null;
  standingAt: Date | null;
  /** Why it takes nothing now, by its own account. */
  unfit: { code: string; reason: string } | null;
  /** Seconds by which its clock is ahead of the ledger's; null where it has not said. */
  clockAhead: number | null;
  speed: number;
  troubles: Trouble[];
  leaving: boolean;
  enrolledAt: Date;
  lastSeenAt: Date | null;
  online: boolean;
  /** How often it was asked to look at itself again, and the newest of these asks that it has answered. */
  refreshAsked: number;
  refreshDone: number;
  refreshProblem: string | null;
  refreshRestart: string[];
}

/** A worker that was heard of within this time is online. */
const onlineSeconds = 60;
const columns = sql`
  name, offer, channels, excludes, capacity, standing, standing_reason AS "standingReason", standing_by AS "standingBy",
  standing_at AS "standingAt", unfit, clock_ahead AS "clockAhead", speed, troubles, leaving, enrolled_at AS "enrolledAt",
  last_seen_at AS "lastSeenAt", refresh_asked AS "refreshAsked", refresh_done AS "refreshDone",
  refresh_problem AS "refreshProblem", refresh_restart AS "refreshRestart",
  coalesce(last_seen_at > ledger_now() - make_interval(secs => ${onlineSeconds}), false) AS online`;

export async function upsertWorker(tx: Tx, name: string, offer: WorkerOffer): Promise<void> {
  await sql`
    INSERT INTO workers (name, offer, enrolled_at) VALUES (${name}, ${JSON.stringify(offer)}::jsonb, ledger_now())
    ON CONFLICT (name) DO UPDATE SET offer = excluded.offer, leaving = false`.execute(tx);
}

/** The offer of one that has just started. */
export async function updateOffer(tx: Tx, name: string, offer: WorkerOffer): Promise<boolean> {
  const found = await row(
    tx,
    sql`
    UPDATE workers SET offer = ${JSON.stringify(offer)}::jsonb, leaving = false, last_seen_at = ledger_now(), unfit = NULL,
           refresh_problem = NULL, refresh_restart = '{}'
     WHERE name = ${name} RETURNING name`,
  );
  return found !== undefined;
}

export interface Sign {
  leaving: boolean;
  /** Left as it was where it is not said. */
  unfit?: { code: string; reason: string } | null;
  /** Its own time. */
  clock?: string;
}

/** A sign of life that says nothing new is not written more often than this. */
const noteSeconds = 2;

/** Notes signs of life, one a worker. @returns the workers that there are */
export async function seen(tx: Reader, signs: ReadonlyMap<string, Sign>): Promise<Map<string, WorkerFacts>> {
  const names = [...signs.keys()];
  const said = [...signs.values()];
  const unfits = said.map((one) => (one.unfit === undefined ? null : JSON.stringify(one.unfit)));
  const unfit = sql`CASE WHEN s.unfit IS NULL THEN w.unfit ELSE nullif(s.unfit::jsonb, 'null') END`;
  const ahead = sql`
    CASE WHEN s.clock IS NULL THEN w.clock_ahead ELSE extract(epoch FROM s.clock - (SELECT ledger_now()))::real END`;
  const found = await rows(
    tx,
    sql<WorkerFacts>`
    WITH signs AS (
      SELECT * FROM unnest(${names}::text[], ${said.map((one) => one.leaving)}::boolean[], ${unfits}::text[],
                           ${said.map((one) => one.clock ?? null)}::timestamptz[]) AS s(name, leaving, unfit, clock)
    ), news AS (
      SELECT s.* FROM signs s JOIN workers w ON w.name = s.name
       WHERE coalesce(w.last_seen_at < (SELECT ledger_now()) - make_interval(secs => ${noteSeconds}), true)
          OR w.leaving <> s.leaving OR w.unfit IS DISTINCT FROM ${unfit}
          OR coalesce(abs(w.clock_ahead - ${ahead}) > 1, w.clock_ahead IS DISTINCT FROM ${ahead})
       ORDER BY w.name FOR UPDATE OF w
    ), noted AS (
      UPDATE workers w SET last_seen_at = ledger_now(), leaving = s.leaving, unfit = ${unfit}, clock_ahead = ${ahead}
        FROM news s WHERE w.name = s.name RETURNING w.*
    )
    SELECT ${columns} FROM noted
    UNION ALL
    SELECT ${columns} FROM workers WHERE name = ANY(${names}::text[]) AND name NOT IN (SELECT name FROM noted)`,
  );
  return new Map(found.map((one) => [one.name, one]));
}

export async function findWorker(tx: Reader, name: string): Promise<WorkerFacts | undefined> {
  return await row(tx, sql<WorkerFacts>`SELECT ${columns} FROM workers WHERE name = ${name}`);
}

export async function lockWorker(tx: Tx, name: string): Promise<WorkerFacts | undefined> {
  return await row(tx, sql<WorkerFacts>`SELECT ${columns} FROM workers WHERE name = ${name} FOR UPDATE`);
}

export async function listWorkers(tx: Reader, after: string, limit: number): Promise<WorkerFacts[]> {
  return await rows(
    tx,
    sql<WorkerFacts>`SELECT ${columns} FROM workers WHERE name > ${after} ORDER BY name LIMIT ${limit}`,
  );
}

export async function workersByName(tx: Reader, names: readonly string[]): Promise<Map<string, WorkerFacts>> {
  const found = await rows(
    tx,
    sql<WorkerFacts>`SELECT ${columns} FROM workers WHERE name = ANY(${names}::text[])`,
  );
  return new Map(found.map((one) => [one.name, one]));
}

/** Everybody, for saying why something waits and how fast the fleet is. */
export async function allWorkers(tx: Reader): Promise<WorkerFacts[]> {
  return await rows(tx, sql<WorkerFacts>`SELECT ${columns} FROM workers ORDER BY name`);
}

/** Workers of more than a speed, for those that wait. */
export async function fasterWorkers(tx: Reader, than: number): Promise<WorkerFacts[]> {
  return await rows(
    tx,
    sql<WorkerFacts>`
    SELECT ${columns} FROM workers WHERE speed > ${than} AND standing = 'enabled' AND NOT leaving ORDER BY speed DESC LIMIT 200`,
  );
}

export interface WorkerEdit {
  channels?: readonly string[];
  excludes?: readonly string[];
  capacity?: number | null;
}

export async function editWorker(tx: Tx, name: string, edit: WorkerEdit): Promise<void> {
  const { channels, excludes, capacity } = edit;
  await sql`
    UPDATE workers SET channels = coalesce(${channels ?? null}::text[], channels),
           excludes = coalesce(${excludes ?? null}::text[], excludes),
           capacity = ${capacity === undefined ? sql`capacity` : sql`${capacity}::real`}
     WHERE name = ${name}`.execute(tx);
}

export async function setStanding(
  tx: Tx,
  name: string,
  standing: WorkerStanding,
  reason: string | null,
  actor: string,
): Promise<void> {
  await sql`
    UPDATE workers SET standing = ${standing}, standing_reason = ${reason}, standing_by = ${actor}, standing_at = ledger_now(),
           troubles = CASE WHEN ${standing} = 'enabled' THEN '[]'::jsonb ELSE troubles END
     WHERE name = ${name}`.execute(tx);
}

export async function keepTroubles(tx: Tx, name: string, troubles: readonly Trouble[]): Promise<void> {
  await sql`
    UPDATE workers SET troubles = ${JSON.stringify(troubles)}::jsonb WHERE name = ${name} AND troubles <> ${JSON.stringify(troubles)}::jsonb`.execute(
    tx,
  );
}

/** How many other workers have failed for the same reason of late. */
export async function othersInTrouble(
  tx: Reader,
  name: string,
  code: string,
  seconds: number,
): Promise<number> {
  const found = await row(
    tx,
    sql<{ count: number }>`
    SELECT count(DISTINCT worker)::int AS count FROM task_attempts
     WHERE outcome = 'failed' AND ended_at > ledger_now() - make_interval(secs => ${seconds})
       AND worker <> ${name} AND failure->>'code' = ${code}`,
  );
  return found?.count ?? 0;
}

/** A worker that offers anew is asked anew for what it has refused. */
export async function forgetRefusals(tx: Tx, name: string): Promise<void> {
  await sql`DELETE FROM task_refusals WHERE worker = ${name}`.execute(tx);
}

export async function keepSpeeds(
  tx: Tx,
  name: string,
  speeds: readonly number[],
  speed: number,
): Promise<void> {
  await sql`UPDATE workers SET speeds = ${speeds}::real[], speed = ${speed} WHERE name = ${name}`.execute(tx);
}

export async function speedsOf(tx: Tx, name: string): Promise<number[]> {
  return (
    (await row(tx, sql<{ speeds: number[] }>`SELECT speeds FROM workers WHERE name = ${name}`))?.speeds ?? []
  );
}

export async function tasksOfWorkers(tx: Reader, names: readonly string[]): Promise<Map<string, number[]>> {
  const found = await rows(
    tx,
    sql<{ worker: string; id: number }>`
    SELECT worker, id FROM tasks WHERE state = 'leased' AND worker = ANY(${names}::text[]) ORDER BY id`,
  );
  return new Map(
    [...Map.groupBy(found, (one) => one.worker)].map(([name, list]) => [name, list.map((one) => one.id)]),
  );
}
