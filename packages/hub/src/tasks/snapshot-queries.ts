/**
 * SQL of what choosing looks at: what is ready, who has had what, what is held back.
 *
 * The clock is read in a query of its own, `(SELECT ledger_now())`, wherever many rows are held against it: then it is
 * read once, and an index can be used. For each row it costs more than the row.
 */
import { sql } from 'kysely';
import { type Reader, rows, type Tx } from '../ledger/index.ts';

export interface Wanted {
  kinds: readonly string[];
  arches: readonly string[];
  channels: readonly string[];
  workers: readonly string[];
}

export interface ReadyRow {
  id: number;
  queue: number;
  kind: string;
  arch: string | null;
  channel: string;
  package: string | null;
  owner: string;
  tag: number | null;
  priority: number;
  rank: number;
  seconds: number;
  weight: number;
  memoryMb: number;
  diskMb: number;
  cores: number;
  cpuLevel: number;
  assigned: string | null;
  /** The worker that has or had its pair. */
  beside: string | null;
  refusals: { worker: string; reason: string }[] | null;
  /** How many tasks a look brings of each queue; one that brought so many may have more. */
  page: number;
}

/** How much a look brings. */
export interface Depth {
  /** Of each queue at most. */
  each: number;
  /** In all; each queue has its part of them, and one at least. */
  all: number;
  /** Only of these queues; where missing, of all that have something ready. */
  queues?: readonly number[];
  /** Tasks that were looked at before. */
  seen: readonly number[];
}

/**
 * The first tasks of each queue that anybody who waits could have. Queues that have something ready are found by
 * skipping along the index, so the cost is that of the queues and not of the tasks that wait in them.
 */
export async function readyTasks(tx: Reader, wanted: Wanted, depth: Depth): Promise<ReadyRow[]> {
  const { kinds, arches, channels, workers } = wanted;
  const ready =
    depth.queues === undefined
      ? sql`
      (SELECT queue_id FROM tasks WHERE state = 'free' AND blockers = 0 ORDER BY queue_id LIMIT 1)
      UNION ALL
      SELECT (SELECT t.queue_id FROM tasks t WHERE t.state = 'free' AND t.blockers = 0 AND t.queue_id > ready.queue_id
               ORDER BY t.queue_id LIMIT 1)
        FROM ready WHERE ready.queue_id IS NOT NULL`
      : sql`SELECT unnest(${depth.queues}::int[]) AS queue_id`;
  return await rows(
    tx,
    sql<ReadyRow>`
    WITH RECURSIVE ready AS (${ready}
    ), open AS MATERIALIZED (
      SELECT q.* FROM ready JOIN queues q ON q.id = ready.queue_id LEFT JOIN tags g ON g.id = q.tag_id
       WHERE q.kind = ANY(${kinds}::text[]) AND (q.arch IS NULL OR q.arch = ANY(${arches}::text[]))
         AND CASE WHEN q.assigned IS NULL THEN q.channel = ANY(${channels}::text[]) ELSE q.assigned = ANY(${workers}::text[]) END
         AND (q.kind NOT IN ('srpm', 'build') OR NOT EXISTS (SELECT FROM pauses p WHERE p.tag IN ('', g.name)))
    ), page AS MATERIALIZED (
      SELECT greatest(1, least(${depth.each}::int, ${depth.all}::int / greatest(1, count(*)::int))) AS size FROM open
    )
    SELECT t.id, page.size AS page, q.id AS queue, q.kind, q.arch, q.channel, t.package, q.owner, q.tag_id AS tag, t.priority, t.rank,
           t.seconds, t.weight, q.assigned, b.worker AS beside, q.memory_mb AS "memoryMb", q.disk_mb AS "diskMb", q.cores,
           q.cpu_level AS "cpuLevel",
           -- Few tasks have any, and to make an empty list costs more than the rest of the row.
           CASE WHEN EXISTS (SELECT FROM task_refusals f WHERE f.task_id = t.id) THEN (
             SELECT jsonb_agg(jsonb_build_object('worker', f.worker, 'reason', f.reason)) FROM task_refusals f
              WHERE f.task_id = t.id AND (f."until" IS NULL OR f."until" > (SELECT ledger_now()))
           ) END AS refusals
      FROM open q CROSS JOIN page
     CROSS JOIN LATERAL (
       SELECT * FROM tasks t
        WHERE t.queue_id = q.id AND t.state = 'free' AND t.blockers = 0
          AND (t.not_before IS NULL OR t.not_before <= (SELECT ledger_now())) AND t.id NOT IN (SELECT unnest(${depth.seen}::bigint[]))
        ORDER BY t.priority, t.rank DESC, t.id
        LIMIT page.size
     ) t
      LEFT JOIN tasks b ON b.id = t.beside`,
  );
}

export interface HeldRow {
  worker: string;
  tasks: number;
  weight: number;
  memoryMb: number;
  diskMb: number;
}

export async function heldBy(tx: Reader, workers: readonly string[]): Promise<Map<string, HeldRow>> {
  const found = await rows(
    tx,
    sql<HeldRow>`
    SELECT worker, count(*)::int AS tasks, sum(weight)::float8 AS weight, sum(memory_mb)::int AS "memoryMb",
           sum(disk_mb)::int AS "diskMb"
      FROM tasks WHERE state = 'leased' AND worker = ANY(${workers}::text[]) GROUP BY worker`,
  );
  return new Map(found.map((one) => [one.worker, one]));
}

/** What runs now, by owner and by tag: seconds as they are expected or have become, and how many. */
export interface RunningRow {
  owner: string | null;
  tag: number | null;
  seconds: number;
  tasks: number;
}

export async function runningSums(tx: Reader): Promise<RunningRow[]> {
  return await rows(
    tx,
    sql<RunningRow>`
    SELECT t.owner, t.tag_id AS tag, count(*)::int AS tasks,
           sum(greatest(t.seconds, extract(epoch FROM (SELECT ledger_now()) - a.leased_at)) * t.weight)::float8 AS seconds
      FROM tasks t JOIN task_attempts a ON a.task_id = t.id AND a.attempt = t.attempt
     WHERE t.state = 'leased' GROUP BY GROUPING SETS ((t.owner), (t.tag_id))`,
  );
}

export interface QuotaRow {
  subject: 'owner' | 'tag';
  name: string;
  tag: number | null;
  tasks: number;
}

export async function quotas(tx: Reader): Promise<QuotaRow[]> {
  return await rows(
    tx,
    sql<QuotaRow>`
    SELECT q.subject, q.name, g.id AS tag, q.tasks FROM quotas q LEFT JOIN tags g ON q.subject = 'tag' AND g.name = q.name
     ORDER BY q.subject, q.name`,
  );
}

/** Those who lease tasks of one quota take turns, so that two hubs do not exceed it together. */
export async function lockQuotas(
  tx: Tx,
  owners: readonly string[],
  tags: readonly number[],
): Promise<boolean> {
  const found = await rows(
    tx,
    sql`
    SELECT q.name FROM quotas q LEFT JOIN tags g ON q.subject = 'tag' AND g.name = q.name
     WHERE (q.subject = 'owner' AND q.name = ANY(${owners}::text[])) OR (q.subject = 'tag' AND g.id = ANY(${tags}::bigint[]))
     ORDER BY q.subject, q.name FOR UPDATE OF q`,
  );
  return found.length > 0;
}

/** Seconds until each slot of these workers is expected to be free; those that are idle have none. */
export async function busyUntil(
  tx: Reader,
  workers: readonly string[],
): Promise<{ worker: string; freeIn: number }[]> {
  return await rows(
    tx,
    sql<{ worker: string; freeIn: number }>`
    SELECT t.worker, greatest(0, t.seconds / w.speed - extract(epoch FROM (SELECT ledger_now()) - a.leased_at))::float8 AS "freeIn"
      FROM tasks t JOIN task_attempts a ON a.task_id = t.id AND a.attempt = t.attempt JOIN workers w ON w.name = t.worker
     WHERE t.state = 'leased' AND t.worker = ANY(${workers}::text[])`,
  );
}

/** Raises by a band what has been ready for too long. @returns the tasks */
export async function liftOld(
  tx: Tx,
  afterSeconds: number,
  step: number,
  highest: number,
): Promise<{ id: number; build: number | null; priority: number }[]> {
  return await rows(
    tx,
    sql<{ id: number; build: number | null; priority: number }>`
    WITH old AS (
      SELECT id FROM tasks
       WHERE state = 'free' AND blockers = 0 AND priority > ${highest}
         AND created_at < (SELECT ledger_now()) - make_interval(secs => ${afterSeconds}::float8)
         AND created_at < (SELECT ledger_now()) - make_interval(secs => ${afterSeconds}::float8 * (lifted + 1))
       ORDER BY created_at LIMIT 1000 FOR UPDATE SKIP LOCKED
    )
    UPDATE tasks t SET priority = greatest(${highest}, t.priority - ${step}), lifted = t.lifted + 1
      FROM old WHERE t.id = old.id RETURNING t.id, t.build_id AS build, t.priority`,
  );
}

export async function refuse(
  tx: Tx,
  task: number,
  worker: string,
  refusal: { hard: boolean; reason: string; seconds: number | null },
): Promise<void> {
  await sql`
    INSERT INTO task_refusals (task_id, worker, hard, reason, at, "until")
    VALUES (${task}, ${worker}, ${refusal.hard}, ${refusal.reason}, ledger_now(),
            ledger_now() + make_interval(secs => ${refusal.seconds}::float8))
    ON CONFLICT (task_id, worker) DO UPDATE SET hard = excluded.hard, reason = excluded.reason, at = excluded.at, "until" = excluded."until"`.execute(
    tx,
  );
}

export async function refusalsOf(
  tx: Reader,
  tasks: readonly number[],
): Promise<{ task: number; worker: string; hard: boolean; reason: string; until: Date | null }[]> {
  return await rows(
    tx,
    sql<{ task: number; worker: string; hard: boolean; reason: string; until: Date | null }>`
    SELECT task_id AS task, worker, hard, reason, "until" FROM task_refusals
     WHERE task_id = ANY(${tasks}::bigint[]) AND ("until" IS NULL OR "until" > ledger_now()) ORDER BY task_id, worker`,
  );
}
