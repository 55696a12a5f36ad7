/** SQL of leases: one statement a verb. */
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
      SELECT * FROM jsonb_to_recordset(${JSON.stringify(takings)}::jsonb) AS w(task bigint, worker text, slot int, nonce text)
    ), free AS (
      SELECT t.id, w.worker, w.slot, w.nonce FROM tasks t JOIN wanted w ON w.task = t.id
       WHERE t.state = 'free' AND t.blockers = 0 AND (t.not_before IS NULL OR t.not_before <= (SELECT ledger_now()))
         AND (t.assigned IS NULL OR t.assigned = w.worker)
         AND EXISTS (SELECT FROM workers k WHERE k.name = w.worker AND k.standing = 'enabled')
         AND NOT EXISTS (
           SELECT FROM task_attempts a
            WHERE a.worker = w.worker AND a.slot = w.slot AND a.nonce = w.nonce AND a.outcome = 'running')
       FOR UPDATE OF t SKIP LOCKED
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
    WITH kept AS (
      SELECT a.task_id, a.attempt AS fence, a.slot, a.nonce FROM task_attempts a
        -- Of lists the planner knows how long they are, so it looks each up instead of reading all that runs.
        JOIN unnest(${claims.map((one) => one.worker)}::text[], ${claims.map((one) => one.slot)}::int[],
                    ${claims.map((one) => one.nonce)}::text[]) AS w(worker, slot, nonce)
          ON a.worker = w.worker AND a.slot = w.slot AND a.nonce = w.nonce
       WHERE a.outcome = 'running'
    )
    SELECT ${taskColumns}, kept.slot, kept.nonce FROM tasks
      JOIN kept ON kept.task_id = tasks.id AND kept.fence = tasks.attempt WHERE state = 'leased'`,
  );
}

export interface Held {
  task: number;
  attempt: number;
}

/** Renews what the worker still holds. @returns those */
export async function renew(
  tx: Reader,
  worker: string,
  held: readonly Held[],
  seconds: number,
): Promise<number[]> {
  const found = await rows(
    tx,
    sql<{ id: number }>`
    WITH wanted AS (
      SELECT * FROM jsonb_to_recordset(${JSON.stringify(held)}::jsonb) AS w(task bigint, attempt int)
    ), mine AS (
      SELECT t.id FROM tasks t JOIN wanted w ON w.task = t.id
       WHERE t.state = 'leased' AND t.attempt = w.attempt AND t.worker = ${worker} ORDER BY t.id FOR UPDATE OF t
    ), renewed AS (
      UPDATE tasks t SET lease_until = greatest(t.lease_until, ledger_now() + make_interval(secs => ${seconds}))
        FROM mine WHERE t.id = mine.id RETURNING t.id, t.attempt
    ), heard AS (
      UPDATE task_attempts a SET heard_at = ledger_now() FROM renewed
       WHERE a.task_id = renewed.id AND a.attempt = renewed.attempt AND a.heard_at IS NULL
    )
    SELECT id FROM renewed`,
  );
  return found.map((one) => one.id);
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
    SELECT t.id, t.attempt, t.spent, a.heard_at IS NOT NULL AS heard, t.worker,
           extract(epoch FROM ledger_now() - a.leased_at)::float8 AS ran
      FROM tasks t JOIN task_attempts a ON a.task_id = t.id AND a.attempt = t.attempt
     WHERE t.state = 'leased' AND t.lease_until < (SELECT ledger_now()) ${only === undefined ? sql`` : sql`AND t.id = ${only}`}
     ORDER BY t.id LIMIT 500 FOR UPDATE OF t SKIP LOCKED`,
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
