/** SQL of what administrators change of tasks, quotas and pauses. */
import { sql } from 'kysely';
import { changed, type Reader, row, rows, type Tx } from '../ledger/index.ts';

export async function assign(tx: Tx, task: number, worker: string | null): Promise<void> {
  await sql`UPDATE tasks SET assigned = ${worker} WHERE id = ${task}`.execute(tx);
  await sql`DELETE FROM task_refusals WHERE task_id = ${task} AND worker = ${worker}`.execute(tx);
}

/** Free and leased tasks of a build, or one task. @returns how many it changed */
export async function setPriorityOf(
  tx: Tx,
  which: { task: number } | { build: number },
  priority: number,
): Promise<number> {
  const only = 'task' in which ? sql`id = ${which.task}` : sql`build_id = ${which.build}`;
  return await changed(
    tx,
    sql`UPDATE tasks SET priority = ${priority}, lifted = 0 WHERE ${only} AND state IN ('free', 'leased') AND priority <> ${priority}`,
  );
}

export async function setMemoryNeed(tx: Tx, task: number, memoryMb: number): Promise<void> {
  await sql`UPDATE tasks SET memory_mb = ${memoryMb} WHERE id = ${task}`.execute(tx);
}

export async function leasedTasksOf(
  tx: Tx,
  worker: string,
): Promise<{ id: number; build: number | null; attempt: number }[]> {
  return await rows(
    tx,
    sql<{ id: number; build: number | null; attempt: number }>`
    SELECT id, build_id AS build, attempt FROM tasks WHERE state = 'leased' AND worker = ${worker} ORDER BY id`,
  );
}

export async function keepQuota(
  tx: Tx,
  subject: 'owner' | 'tag',
  name: string,
  tasks: number | null,
): Promise<void> {
  if (tasks === null) await sql`DELETE FROM quotas WHERE subject = ${subject} AND name = ${name}`.execute(tx);
  else
    await sql`
      INSERT INTO quotas (subject, name, tasks) VALUES (${subject}, ${name}, ${tasks})
      ON CONFLICT (subject, name) DO UPDATE SET tasks = excluded.tasks`.execute(tx);
}

/** @returns whether that changed anything */
export async function keepPause(
  tx: Tx,
  tag: string,
  pause: { reason: string; actor: string } | null,
): Promise<boolean> {
  if (pause === null) return (await changed(tx, sql`DELETE FROM pauses WHERE tag = ${tag}`)) > 0;
  const made = await row(
    tx,
    sql`
    INSERT INTO pauses (tag, reason, actor, at) VALUES (${tag}, ${pause.reason}, ${pause.actor}, ledger_now())
    ON CONFLICT (tag) DO UPDATE SET reason = excluded.reason, actor = excluded.actor RETURNING tag`,
  );
  return made !== undefined;
}

export interface StatsRow {
  kind: string;
  arch: string | null;
  channel: string;
  ready: number;
  held: number;
  running: number;
  oldest: Date | null;
}

export async function taskFigures(tx: Reader): Promise<StatsRow[]> {
  return await rows(
    tx,
    sql<StatsRow>`
    SELECT kind, arch, channel,
           count(*) FILTER (WHERE state = 'free' AND blockers = 0 AND (not_before IS NULL OR not_before <= ledger_now()))::int AS ready,
           count(*) FILTER (WHERE state = 'free' AND (blockers > 0 OR not_before > ledger_now()))::int AS held,
           count(*) FILTER (WHERE state = 'leased')::int AS running,
           min(created_at) FILTER (WHERE state = 'free' AND blockers = 0) AS oldest
      FROM tasks WHERE state IN ('free', 'leased') GROUP BY kind, arch, channel ORDER BY kind, arch, channel`,
  );
}

export interface GoneRow {
  worker: string;
  task: number;
  /** The attempt that was asked about. */
  asked: number;
  state: string | null;
  attempt: number;
  holder: string | null;
}

/** Of these attempts those that their workers no longer hold, with where the task is now; and how workers stand. */
export async function lookOver(
  tx: Reader,
  held: readonly { worker: string; task: number; attempt: number }[],
  names: readonly string[],
): Promise<{ gone: GoneRow[]; standings: Map<string, string> }> {
  const found = await row(
    tx,
    sql<{ gone: GoneRow[]; standings: Record<string, string> }>`
    SELECT (SELECT coalesce(jsonb_agg(jsonb_build_object('worker', h.worker, 'task', h.task, 'asked', h.attempt, 'state', t.state,
                                                         'attempt', t.attempt, 'holder', t.worker)), '[]'::jsonb)
              FROM unnest(${held.map((one) => one.worker)}::text[], ${held.map((one) => one.task)}::bigint[],
                          ${held.map((one) => one.attempt)}::int[]) AS h(worker, task, attempt)
              LEFT JOIN tasks t ON t.id = h.task
             WHERE t.state IS DISTINCT FROM 'leased' OR t.attempt <> h.attempt OR t.worker <> h.worker) AS gone,
           (SELECT coalesce(jsonb_object_agg(name, standing), '{}'::jsonb) FROM workers
             WHERE name = ANY(${names}::text[])) AS standings`,
  );
  return { gone: found?.gone ?? [], standings: new Map(Object.entries(found?.standings ?? {})) };
}
