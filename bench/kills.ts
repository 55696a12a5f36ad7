/**
 * Which workers were killed when, and what the ledger says came of what they held.
 *
 * Invariant: all times are the ledger's own, and all answers come from its rows; what the workers think they did counts
 * for nothing.
 */
import pg from 'pg';
import type { ModelWorker } from './fleet.ts';
import type { World } from './world.ts';

interface Kill {
  at: Date;
  names: string[];
}

/** A lease that was on its way to a worker when it was killed comes within this. */
const onItsWaySeconds = 5;

export class Kills {
  readonly #world: World;
  readonly #kills: Kill[] = [];

  constructor(world: World) {
    this.#world = world;
  }

  async kill(workers: readonly ModelWorker[]): Promise<void> {
    const [now] = await this.#query<{ at: Date }>('SELECT ledger_now() AS at');
    for (const worker of workers) worker.kill();
    if (now !== undefined) this.#kills.push({ at: now.at, names: workers.map((one) => one.name) });
  }

  /** Tasks that have not ended. */
  async open(): Promise<number> {
    const [found] = await this.#query<{ open: string }>(
      `SELECT count(*) AS open FROM tasks WHERE kind IN ('srpm', 'build') AND state IN ('free', 'leased')`,
    );
    return Number(found?.open);
  }

  /** For each kill, the seconds until each task that was held was leased again. */
  async times(): Promise<{ killed: number; seconds: number[] }[]> {
    const times = [];
    for (const { at, names } of this.#kills) {
      const found = await this.#query<{ seconds: number }>(
        `SELECT extract(epoch FROM n.leased_at - $1)::float8 AS seconds
           FROM task_attempts a
           JOIN task_attempts n ON n.task_id = a.task_id AND n.attempt = a.attempt + 1
          WHERE a.worker = ANY($2) AND a.outcome IN ('lost', 'freed') AND a.ended_at > $1
            AND a.leased_at < $1::timestamptz + make_interval(secs => $3)`,
        [at, names, onItsWaySeconds],
      );
      times.push({ killed: names.length, seconds: found.map((one) => one.seconds) });
    }
    return times;
  }

  /** Tasks that were not done exactly once, with one accepted attempt, one event that says so, and nothing but losses. */
  async wrong(expected: number): Promise<unknown[]> {
    const wrong: unknown[] = await this.#query(
      `SELECT t.id, t.kind, t.state, t.failure,
              (SELECT count(*)::int FROM task_attempts a WHERE a.task_id = t.id AND a.outcome = 'done') AS done,
              (SELECT array_agg(a.outcome ORDER BY a.attempt) FROM task_attempts a WHERE a.task_id = t.id) AS attempts,
              (SELECT count(*)::int FROM events e WHERE e.subject = 'task:' || t.id AND e.type = 'task.done') AS told
         FROM tasks t
        WHERE t.kind IN ('srpm', 'build')
          AND (t.state <> 'done'
               OR (SELECT count(*) FROM task_attempts a WHERE a.task_id = t.id AND a.outcome = 'done') <> 1
               OR (SELECT count(*) FROM events e WHERE e.subject = 'task:' || t.id AND e.type = 'task.done') <> 1
               OR EXISTS (SELECT FROM task_attempts a
                           WHERE a.task_id = t.id AND a.outcome NOT IN ('done', 'lost', 'freed')))`,
    );
    const [found] = await this.#query<{ tasks: number; builds: number }>(
      `SELECT (SELECT count(*)::int FROM tasks WHERE kind IN ('srpm', 'build')) AS tasks,
              (SELECT count(*)::int FROM builds WHERE state <> 'complete') AS builds`,
    );
    if (found?.tasks !== expected || found.builds !== 0)
      wrong.push({ expected, tasks: found?.tasks, incompleteBuilds: found?.builds });
    return wrong;
  }

  async #query<Row extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<Row[]> {
    const client = new pg.Client(this.#world.database);
    await client.connect();
    try {
      return (await client.query<Row>(text, values)).rows;
    } finally {
      await client.end();
    }
  }
}
