/**
 * SQL of leases: one statement a verb.
 *
 * What is looked up for a list is looked up one by one, `LATERAL (… LIMIT 1)`: the planner has counted what runs when
 * nothing ran, and would read all of it for each of a thousand lookups.
 */
import { sql } from 'kysely';
import { type Reader, row, rows, type Tx } from '../ledger/index.ts';
import { type TaskFacts, taskColumns } from './queries.ts';

export interface Taking {
  task: number;
  worker: string;
  slot: number;
  nonce: string;
}

/**
 * Leases those of the given tasks that are still free: compare-and-set, and what another hub holds locked is passed
 * over, not waited for. The attempt, which is the fence, rises here and nowhere else.
 */
export async function takeLeases(
  tx: Tx,
  takings: readonly Taking[],
  firstSeconds: number,
): Promise<(TaskFacts & Taking)[]> {
  return await rows(
    tx,
    sql<TaskFacts & Taking>`
    WITH wanted AS (
      SELECT * FROM unnest(${takings.map((one) => one.task)}::bigint[], ${takings.map((one) => one.worker)}::text[],
                           ${takings.map((one) => one.slot)}::int[], ${takings.map((one) => one.nonce)}::text[]) AS w(task, worker, slot, nonce)
    ), free AS (
      SELECT t.id, w.worker, w.slot, w.nonce FROM wanted w
       CROSS JOIN LATERAL (
         SELECT t.id FROM tasks t
          WHERE t.id = w.task AND t.state = 'free' AND t.blockers = 0
            AND (t.not_before IS NULL OR t.not_before <= (SELECT ledger_now())) AND (t.assigned IS NULL OR t.assigned = w.worker)
            AND EXISTS (SELECT FROM workers k WHERE k.name = w.worker AND k.standing = 'enabled')
            AND NOT EXISTS (
              SELECT FROM task_attempts a
               WHERE a.worker = w.worker AND a.slot = w.slot AND a.nonce = w.nonce AND a.outcome = 'running')
          LIMIT 1 FOR UPDATE SKIP LOCKED
       ) t
    ), leased AS (
      UPDATE tasks t
         SET state = 'leased', attempt = t.attempt + 1, worker = free.worker, not_before = NULL, result = NULL,
             lease_until = (SELECT ledger_now()) + make_interval(secs => ${firstSeconds}),
             started_at = coalesce(t.started_at, (SELECT ledger_now()))
        FROM free WHERE t.id = free.id
      RETURNING t.*, free.slot, free.nonce
    ), attempts AS (
      INSERT INTO task_attempts (task_id, attempt, worker, slot, nonce, leased_at)
      SELECT id, attempt, worker, slot, nonce, (SELECT ledger_now()) FROM leased
    )
    SELECT ${taskColumns}, slot, nonce, id AS task FROM leased ORDER BY id`,
  );
}

export interface Asking {
  worker: string;
  slot: number;
  nonce: string;
}

/** Leases that waiting claims have got already: each is a claim repeated after a cut, here or at another hub. */
export async function leasesOfClaims(tx: Reader, claims: readonly Asking[]): Promise<(TaskFacts & Asking)[]> {
  return await rows(
    tx,
    sql<TaskFacts & Asking>`
    SELECT ${taskColumns}, slot, nonce
      FROM unnest(${claims.map((one) => one.worker)}::text[], ${claims.map((one) => one.slot)}::int[],
                  ${claims.map((one) => one.nonce)}::text[]) AS w("by", slot, nonce)
     CROSS JOIN LATERAL (
       SELECT task_id, attempt AS fence FROM task_attempts a
        WHERE a.worker = w."by" AND a.slot = w.slot AND a.nonce = w.nonce AND a.outcome = 'running'
        LIMIT 1
     ) kept
     CROSS JOIN LATERAL (
       SELECT * FROM tasks t WHERE t.id = kept.task_id AND t.attempt = kept.fence AND t.worker = w."by" AND t.state = 'leased' LIMIT 1
     ) held`,
  );
}

export interface HeldBy {
  task: number;
  attempt: number;
  worker: string;
}

/** Renews what workers still hold; what somebody else has locked is passed over, not waited for. @returns those */
export async function renew(tx: Reader, held: readonly HeldBy[], seconds: number): Promise<HeldBy[]> {
  return await rows(
    tx,
    sql<HeldBy>`
    WITH wanted AS (
      SELECT * FROM unnest(${held.map((one) => one.task)}::bigint[], ${held.map((one) => one.attempt)}::int[],
                           ${held.map((one) => one.worker)}::text[]) AS w(task, attempt, worker)
    ), mine AS (
      SELECT t.id FROM wanted w
       CROSS JOIN LATERAL (
         SELECT t.id FROM tasks t
          WHERE t.id = w.task AND t.state = 'leased' AND t.attempt = w.attempt AND t.worker = w.worker
          LIMIT 1 FOR UPDATE SKIP LOCKED
       ) t
    ), renewed AS (
      UPDATE tasks t SET lease_until = greatest(t.lease_until, (SELECT ledger_now()) + make_interval(secs => ${seconds}))
        FROM mine WHERE t.id = mine.id RETURNING t.id, t.attempt, t.worker
    ), heard AS (
      UPDATE task_attempts a SET heard_at = (SELECT ledger_now()) FROM renewed
       WHERE a.task_id = renewed.id AND a.attempt = renewed.attempt AND a.heard_at IS NULL
    )
    SELECT id AS task, attempt, worker FROM renewed`,
  );
}

/**
 * Keeps a held lease as it is until commit, with others who want the same. Where it is not held nothing is locked, so
 * those who then want the task for themselves do not stand in each other's way.
 */
export async function keepLease(tx: Tx, task: number, attempt: number, worker: string): Promise<boolean> {
  const found = await row(
    tx,
    sql`
    SELECT FROM tasks WHERE id = ${task} AND state = 'leased' AND attempt = ${attempt} AND worker = ${worker} FOR SHARE`,
  );
  return found !== undefined;
}

/** Whether this attempt was lost by this worker, and nobody has had the task since. */
export async function isReclaimable(
  tx: Reader,
  task: number,
  attempt: number,
  worker: string,
): Promise<boolean> {
  const found = await row(
    tx,
    sql`
    SELECT FROM tasks t JOIN task_attempts a ON a.task_id = t.id AND a.attempt = t.attempt
     WHERE t.id = ${task} AND t.attempt = ${attempt} AND t.state = 'free' AND a.worker = ${worker} AND a.outcome = 'lost'`,
  );
  return found !== undefined;
}

/** Gives a lost lease back to the worker that lost it; the attempt that it cost is given back too. */
export async function reclaim(
  tx: Tx,
  task: number,
  attempt: number,
  worker: string,
  seconds: number,
): Promise<void> {
  await sql`
    UPDATE tasks SET state = 'leased', worker = ${worker}, not_before = NULL, spent = greatest(0, spent - 1),
           lease_until = ledger_now() + make_interval(secs => ${seconds})
     WHERE id = ${task}`.execute(tx);
  await sql`
    UPDATE task_attempts SET outcome = 'running', ended_at = NULL, failure = NULL
     WHERE task_id = ${task} AND attempt = ${attempt}`.execute(tx);
}

export interface Lapsed {
  id: number;
  attempt: number;
  spent: number;
  heard: boolean;
  /** How long the attempt had run, in seconds. */
  ran: number;
  worker: string;
}

/** Leases that have run out, locked. */
export async function lapsedLeases(tx: Tx, only?: number): Promise<Lapsed[]> {
  return await rows(
    tx,
    sql<Lapsed>`
    WITH leased AS MATERIALIZED (
      SELECT id, lease_until FROM tasks WHERE state = 'leased' ${only === undefined ? sql`` : sql`AND id = ${only}`}
    ), over AS MATERIALIZED (
      SELECT id FROM leased WHERE lease_until < (SELECT ledger_now()) ORDER BY id LIMIT 500
    )
    SELECT t.id, t.attempt, t.spent, a.heard_at IS NOT NULL AS heard, t.worker,
           extract(epoch FROM ledger_now() - a.leased_at)::float8 AS ran
      FROM over JOIN tasks t ON t.id = over.id JOIN task_attempts a ON a.task_id = t.id AND a.attempt = t.attempt
     WHERE t.state = 'leased' AND t.lease_until < (SELECT ledger_now())
     ORDER BY t.id FOR UPDATE OF t SKIP LOCKED`,
  );
}

/**
 * Makes good for time in which no hub listened: every lease that had not run out when the silence began gets the time
 * back, and enough of it for its worker to notice that there is a hub again.
 */
export async function extendLeases(
  tx: Tx,
  since: Date,
  silence: number,
  leastSeconds: number,
): Promise<void> {
  await sql`
    UPDATE tasks SET lease_until = greatest(lease_until + make_interval(secs => ${silence}), ledger_now() + make_interval(secs => ${leastSeconds}))
     WHERE state = 'leased' AND lease_until >= ${since}`.execute(tx);
}
