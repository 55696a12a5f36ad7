/** SQL of "why is it waiting". */
import type { TaskKind, TaskState } from '@moromi/contract';
import { sql } from 'kysely';
import { changed, type Reader, rows, type Tx } from '../ledger/index.ts';

export interface Blocker {
  task: number;
  id: number;
  kind: TaskKind;
  label: string;
  state: TaskState;
  /** Seconds that it is still expected to run; null where it has not begun. */
  left: number | null;
}

/** What these tasks wait for. */
export async function blockersWith(tx: Reader, tasks: readonly number[]): Promise<Blocker[]> {
  return await rows(
    tx,
    sql<Blocker>`
    SELECT e.task_id AS task, t.id, t.kind, t.label, t.state,
           CASE WHEN t.state = 'leased' THEN greatest(0, t.seconds - extract(epoch FROM ledger_now() - a.leased_at))::float8 END AS left
      FROM task_blocks e JOIN tasks t ON t.id = e.blocked_by
      LEFT JOIN task_attempts a ON a.task_id = t.id AND a.attempt = t.attempt
     WHERE e.task_id = ANY(${tasks}::bigint[]) AND e.open ORDER BY e.task_id, t.id`,
  );
}

export interface LineRow {
  kind: string;
  arch: string | null;
  channel: string;
  priority: number;
  owner: string;
  tasks: number;
  seconds: number;
}

/** Who waits with how much for what, by band; how long one of them takes is the mean of the first. */
export async function lines(tx: Reader): Promise<LineRow[]> {
  return await rows(
    tx,
    sql<LineRow>`
    SELECT q.kind, q.arch, q.channel, n.priority, q.owner, sum(n.tasks)::int AS tasks,
           (sum(n.tasks * first.seconds) / sum(n.tasks))::float8 AS seconds
      -- Counted in the index alone: there may be a hundred thousand.
      FROM (SELECT queue_id, priority, count(*) AS tasks FROM tasks WHERE state = 'free' AND blockers = 0 GROUP BY 1, 2) n
      JOIN queues q ON q.id = n.queue_id
     CROSS JOIN LATERAL (
       SELECT avg(seconds)::float8 AS seconds FROM (
         SELECT seconds FROM tasks t
          WHERE t.queue_id = n.queue_id AND t.priority = n.priority AND t.state = 'free' AND t.blockers = 0
          ORDER BY t.rank DESC, t.id LIMIT 50) few
     ) first
     GROUP BY 1, 2, 3, 4, 5`,
  );
}

/** How many tasks of the same owner, band and queue come before each. */
export async function placesOf(tx: Reader, tasks: readonly number[]): Promise<Map<number, number>> {
  const found = await rows(
    tx,
    sql<{ id: number; place: number }>`
    SELECT t.id, (SELECT count(*)::int FROM tasks o
                   WHERE o.queue_id = t.queue_id AND o.state = 'free' AND o.blockers = 0 AND o.priority = t.priority
                     AND (o.rank > t.rank OR (o.rank = t.rank AND o.id < t.id))) AS place
      FROM tasks t WHERE t.id = ANY(${tasks}::bigint[])`,
  );
  return new Map(found.map((one) => [one.id, one.place]));
}

export interface PauseRow {
  /** '' is the whole system. */
  tag: string;
  tagId: number | null;
  reason: string;
  actor: string;
  at: Date;
}

export async function pauses(tx: Reader): Promise<PauseRow[]> {
  return await rows(
    tx,
    sql<PauseRow>`
    SELECT p.tag, g.id AS "tagId", p.reason, p.actor, p.at FROM pauses p LEFT JOIN tags g ON g.name = p.tag ORDER BY p.tag`,
  );
}

/** Of each queue after one the first task, where that has been ready for so long; in the order of queues. */
export async function waitingHeads(
  tx: Reader,
  seconds: number,
  limit: number,
  after: number,
): Promise<{ id: number; told: string | null; queue: number }[]> {
  return await rows(
    tx,
    sql<{ id: number; told: string | null; queue: number }>`
    WITH RECURSIVE ready AS (
      (SELECT queue_id FROM tasks WHERE state = 'free' AND blockers = 0 AND queue_id > ${after}::int ORDER BY queue_id LIMIT 1)
      UNION ALL
      SELECT (SELECT t.queue_id FROM tasks t WHERE t.state = 'free' AND t.blockers = 0 AND t.queue_id > ready.queue_id
               ORDER BY t.queue_id LIMIT 1)
        FROM ready WHERE ready.queue_id IS NOT NULL
    )
    SELECT t.id, t.told, ready.queue_id AS queue FROM ready CROSS JOIN LATERAL (
      SELECT id, told, created_at FROM tasks t
       WHERE t.queue_id = ready.queue_id AND t.state = 'free' AND t.blockers = 0
       ORDER BY t.priority, t.rank DESC, t.id LIMIT 1
    ) t WHERE t.created_at < (SELECT ledger_now()) - make_interval(secs => ${seconds}) ORDER BY ready.queue_id LIMIT ${limit}`,
  );
}

/** @returns false where another hub was quicker, or it waits no more */
export async function keepTold(tx: Tx, task: number, before: string | null, code: string): Promise<boolean> {
  return (
    (await changed(
      tx,
      sql`UPDATE tasks SET told = ${code} WHERE id = ${task} AND state = 'free' AND told IS NOT DISTINCT FROM ${before}`,
    )) > 0
  );
}
