/** SQL of tasks: reading them, making them, ending them. Leases have their own page. */
import type { Attempt, Failure, TaskKind, TaskState } from '@moromi/contract';
import { ageWorth, type Estimate, joinNeeds, type Needs, noNeeds } from '@moromi/schedule';
import { sql } from 'kysely';
import { type Reader, row, rows, type Tx } from '../ledger/index.ts';

export interface TaskFacts {
  id: number;
  kind: TaskKind;
  label: string;
  arch: string | null;
  state: TaskState;
  attempt: number;
  spent: number;
  owner: string;
  priority: number;
  package: string | null;
  tag: number | null;
  channel: string;
  memoryMb: number;
  diskMb: number;
  cores: number;
  cpuLevel: number;
  weight: number;
  seconds: number;
  runs: number;
  after: number;
  rank: number;
  beside: number | null;
  assigned: string | null;
  build: number | null;
  parent: number | null;
  request: unknown;
  result: unknown;
  failure: Failure | null;
  blockers: number;
  notBefore: Date | null;
  worker: string | null;
  createdAt: Date;
  startedAt: Date | null;
  endedAt: Date | null;
}

export const taskColumns = sql`
  id, kind, label, arch, state, attempt, spent, owner, priority, package, tag_id AS tag, channel, memory_mb AS "memoryMb",
  disk_mb AS "diskMb", cores, cpu_level AS "cpuLevel", weight, seconds, runs, after, rank, beside, assigned,
  build_id AS build, parent_id AS parent, request, result,
  failure, blockers, not_before AS "notBefore", worker, created_at AS "createdAt", started_at AS "startedAt",
  ended_at AS "endedAt"`;

/** `rank` of the schedule for a task that is made now. */
const rankNow = (path: number) =>
  sql`${path}::float8 - ${ageWorth}::float8 * extract(epoch FROM ledger_now())::float8`;

/** For what must name a task before it is written; see `NewTask.id`. */
export const nextTaskId = sql<number>`nextval(pg_get_serial_sequence('tasks', 'id'))`;

export interface NewTask {
  /** Where a number was taken for it before. */
  id?: number;
  kind: TaskKind;
  label: string;
  arch: string | null;
  owner: string;
  priority: number;
  build: number | null;
  parent: number | null;
  request: unknown;
  package?: string | undefined;
  tag?: number | undefined;
  channel?: string | undefined;
  needs?: Partial<Needs> | undefined;
  weight?: number | undefined;
  /** Seconds of the longest path of what waits for it. */
  after?: number | undefined;
  /** The task whose worker is the best one for this too. */
  beside?: number | undefined;
  blockedBy?: readonly number[];
  /** `excluded` for a task that is written down only to say so. */
  state?: 'free' | 'excluded';
  failure?: Failure;
}

export async function insertTask(tx: Tx, task: NewTask, expected: Estimate): Promise<number> {
  const state = task.state ?? 'free';
  const { memoryMb, diskMb, cores, cpuLevel } = joinNeeds(noNeeds, task.needs ?? {});
  const after = task.after ?? 0;
  const made = await row(
    tx,
    sql<{ id: number }>`
    INSERT INTO tasks (id, kind, label, arch, state, owner, priority, build_id, parent_id, request, failure,
                       package, tag_id, channel, memory_mb, disk_mb, cores, cpu_level, weight, seconds, runs, after, beside,
                       rank, created_at, ended_at)
    OVERRIDING SYSTEM VALUE
    VALUES (coalesce(${task.id ?? null}::bigint, ${nextTaskId}), ${task.kind}, ${task.label}, ${task.arch}, ${state}, ${task.owner}, ${task.priority}, ${task.build}, ${task.parent},
            ${JSON.stringify(task.request)}::jsonb, ${json(task.failure)}::jsonb,
            ${task.package ?? null}, ${task.tag ?? null}, ${task.channel ?? 'default'}, ${memoryMb}, ${diskMb}, ${cores},
            ${cpuLevel}, ${task.weight ?? 1}, ${expected.seconds}, ${expected.runs}, ${after}, ${task.beside ?? null},
            ${rankNow(expected.seconds + after)}, ledger_now(),
            CASE WHEN ${state} = 'free' THEN NULL ELSE ledger_now() END)
    RETURNING id`,
  );
  if (made === undefined) throw new Error('the task was not written');
  if (task.blockedBy !== undefined && task.blockedBy.length > 0) {
    // Only what has not ended blocks; locking it makes sure that its end sees this edge.
    await sql`
      WITH open AS (
        SELECT id FROM tasks WHERE id = ANY(${task.blockedBy}::bigint[]) AND state IN ('free', 'leased') ORDER BY id FOR UPDATE
      ), edges AS (
        INSERT INTO task_blocks (task_id, blocked_by) SELECT ${made.id}, id FROM open RETURNING 1
      )
      UPDATE tasks SET blockers = (SELECT count(*) FROM edges) WHERE id = ${made.id}`.execute(tx);
  }
  return made.id;
}

export async function findTask(tx: Reader, id: number): Promise<TaskFacts | undefined> {
  return await row(tx, sql<TaskFacts>`SELECT ${taskColumns} FROM tasks WHERE id = ${id}`);
}

export async function lockTask(tx: Tx, id: number): Promise<TaskFacts | undefined> {
  return await row(tx, sql<TaskFacts>`SELECT ${taskColumns} FROM tasks WHERE id = ${id} FOR UPDATE`);
}

/** The tasks of a build in order of age, locked; with the publish tasks only where asked. */
export async function tasksOfBuild(tx: Reader, build: number, lock = false): Promise<TaskFacts[]> {
  return await rows(
    tx,
    sql<TaskFacts>`
    SELECT ${taskColumns} FROM tasks WHERE build_id = ${build} ORDER BY id ${lock ? sql`FOR UPDATE` : sql``}`,
  );
}

export interface TaskFilter {
  state?: TaskState | undefined;
  kind?: TaskKind | undefined;
  build?: number | undefined;
  owner?: string | undefined;
  arch?: string | undefined;
  worker?: string | undefined;
  before?: number | undefined;
  limit: number;
}

export async function listTasks(tx: Reader, filter: TaskFilter): Promise<TaskFacts[]> {
  const where = [
    filter.state === undefined ? undefined : sql`state = ${filter.state}`,
    filter.kind === undefined ? undefined : sql`kind = ${filter.kind}`,
    filter.owner === undefined ? undefined : sql`owner = ${filter.owner}`,
    filter.arch === undefined ? undefined : sql`arch = ${filter.arch}`,
    filter.worker === undefined ? undefined : sql`worker = ${filter.worker}`,
    filter.before === undefined ? undefined : sql`id < ${filter.before}`,
    // The publish tasks that bring a build to its users count as its own here.
    filter.build === undefined
      ? undefined
      : sql`(build_id = ${filter.build} OR id IN (SELECT task_id FROM build_publishes WHERE build_id = ${filter.build}))`,
  ].filter((one) => one !== undefined);
  return await rows(
    tx,
    sql<TaskFacts>`
    SELECT ${taskColumns} FROM tasks WHERE ${where.length === 0 ? sql`true` : sql.join(where, sql` AND `)}
     ORDER BY id DESC LIMIT ${filter.limit}`,
  );
}

/** Children, and for the first task of a build the publish tasks that bring it to its users. */
export async function childrenOf(tx: Reader, task: TaskFacts): Promise<number[]> {
  const found = await rows(
    tx,
    sql<{ id: number }>`
    SELECT id FROM tasks WHERE parent_id = ${task.id}
    UNION
    SELECT p.task_id FROM build_publishes p JOIN builds b ON b.id = p.build_id WHERE b.task_id = ${task.id}
    ORDER BY id`,
  );
  return found.map((one) => one.id);
}

export async function blockersOf(tx: Reader, id: number): Promise<number[]> {
  const found = await rows(
    tx,
    sql<{ id: number }>`SELECT blocked_by AS id FROM task_blocks WHERE task_id = ${id} AND open ORDER BY 1`,
  );
  return found.map((one) => one.id);
}

/** Lets a task that nobody has taken yet wait for more: for those that have not ended. */
export async function blockMore(tx: Tx, id: number, by: readonly number[]): Promise<void> {
  if (by.length === 0) return;
  await sql`
    WITH open AS (
      SELECT id FROM tasks WHERE id = ANY(${by}::bigint[]) AND state IN ('free', 'leased') ORDER BY id FOR UPDATE
    ), edges AS (
      INSERT INTO task_blocks (task_id, blocked_by) SELECT ${id}, id FROM open ON CONFLICT DO NOTHING RETURNING 1
    )
    UPDATE tasks SET blockers = blockers + (SELECT count(*) FROM edges) WHERE id = ${id} AND state = 'free'`.execute(
    tx,
  );
}

interface AttemptRow {
  attempt: number;
  worker: string;
  leasedAt: Date;
  endedAt: Date | null;
  outcome: Attempt['outcome'];
  failure: Failure | null;
}

export async function attemptsOf(tx: Reader, id: number): Promise<AttemptRow[]> {
  return await rows(
    tx,
    sql<AttemptRow>`
    SELECT attempt, worker, leased_at AS "leasedAt", ended_at AS "endedAt", outcome, failure
      FROM task_attempts WHERE task_id = ${id} ORDER BY attempt`,
  );
}

/** Ends a task for good and lets go what it blocked. */
export async function endTask(
  tx: Tx,
  id: number,
  state: Exclude<TaskState, 'free' | 'leased'>,
  result: unknown,
  failure: Failure | null,
): Promise<void> {
  await sql`
    WITH ended AS (
      UPDATE tasks SET state = ${state}, result = ${json(result)}::jsonb, failure = ${json(failure)}::jsonb,
             ended_at = ledger_now(), lease_until = NULL, not_before = NULL
       WHERE id = ${id}
    ), gone AS (
      UPDATE task_blocks SET open = false WHERE blocked_by = ${id} AND open RETURNING task_id
    )
    UPDATE tasks SET blockers = blockers - 1 FROM gone WHERE tasks.id = gone.task_id`.execute(tx);
}

export async function endAttempt(
  tx: Tx,
  id: number,
  attempt: number,
  outcome: Attempt['outcome'],
  failure: Failure | null,
): Promise<void> {
  await sql`
    UPDATE task_attempts SET outcome = ${outcome}, failure = ${json(failure)}::jsonb, ended_at = ledger_now()
     WHERE task_id = ${id} AND attempt = ${attempt} AND outcome IN ('running', 'lost')`.execute(tx);
}

/** Makes a leased task free again. @param notBefore seconds until it may be leased to another worker */
export async function freeTask(tx: Tx, id: number, spent: number, notBefore: number): Promise<void> {
  await sql`
    UPDATE tasks SET state = 'free', lease_until = NULL, worker = NULL, spent = ${spent},
           not_before = CASE WHEN ${notBefore}::float8 > 0 THEN ledger_now() + make_interval(secs => ${notBefore}) END
     WHERE id = ${id}`.execute(tx);
}

/** Lets a task that failed or was canceled begin anew; its fence goes on rising. */
export async function reopenTask(tx: Tx, id: number): Promise<void> {
  await sql`
    UPDATE tasks SET state = 'free', failure = NULL, result = NULL, worker = NULL, spent = 0, ended_at = NULL, not_before = NULL
     WHERE id = ${id} AND state IN ('failed', 'canceled')`.execute(tx);
}

/**
 * Lets a task that is done begin anew, to do what is asked of it now; its fence goes on rising. What it brought counts
 * for nothing, so its attempt is one that gave no result.
 */
export async function redoTask(tx: Tx, id: number, request: unknown): Promise<void> {
  await sql`UPDATE task_attempts SET outcome = 'freed' WHERE task_id = ${id} AND outcome = 'done'`.execute(
    tx,
  );
  await sql`
    UPDATE tasks SET state = 'free', request = ${JSON.stringify(request)}::jsonb, failure = NULL, result = NULL, worker = NULL,
           spent = 0, ended_at = NULL, not_before = NULL
     WHERE id = ${id} AND state = 'done'`.execute(tx);
}

/** Changes what a task that nobody has taken yet will do. @returns false where somebody has */
export async function amendRequest(tx: Tx, id: number, request: unknown): Promise<boolean> {
  const found = await row(
    tx,
    sql`
    UPDATE tasks SET request = ${JSON.stringify(request)}::jsonb WHERE id = ${id} AND state = 'free' AND attempt = 0 RETURNING id`,
  );
  return found !== undefined;
}

function json(value: unknown): string | null {
  return value === undefined || value === null ? null : JSON.stringify(value);
}
