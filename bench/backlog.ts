/**
 * Waiting builds by the thousand, written past the hub: builds with their first tasks and the events that tell of them,
 * as submissions leave them.
 *
 * Invariant: what is written keeps the promises of the ledger; event numbers are taken under the sequencer's own lock.
 */
import pg from 'pg';
import type { PackageFile } from './package.ts';
import type { World } from './world.ts';

export interface Backlog {
  arches: readonly string[];
  owners: number;
  priorities: readonly number[];
}

/** Adds builds of target `bench` until so many of their first tasks wait. @returns how many it added */
export async function fill(
  world: World,
  source: PackageFile,
  { arches, owners, priorities }: Backlog,
  upTo: number,
): Promise<number> {
  const client = new pg.Client(world.database);
  await client.connect();
  try {
    await client.query('BEGIN');
    await client.query('SELECT FROM event_head FOR UPDATE');
    const { rows } = await client.query<{ waiting: string }>(
      `SELECT count(*) AS waiting FROM tasks WHERE kind = 'srpm' AND state = 'free' AND blockers = 0`,
    );
    const missing = Math.max(0, upTo - Number(rows[0]?.waiting));
    await client.query(
      `CREATE TEMP TABLE fresh ON COMMIT DROP AS
       SELECT n, nextval(pg_get_serial_sequence('tasks', 'id')) AS task, nextval(pg_get_serial_sequence('builds', 'id')) AS build,
              'owner' || n % $2::int AS owner, 'p' || n % 5000 AS package,
              ($3::text[])[1 + n / $2::int % cardinality($3::text[])] AS arch,
              ($4::int[])[1 + n / 7 % cardinality($4::int[])] AS priority, (n * 7919 % 4000)::real AS after
         FROM generate_series(0, $1::int - 1) AS n`,
      [missing, owners, arches, priorities],
    );
    await client.query(
      `INSERT INTO builds (id, name, target_id, source_name, source_sha256, owner, scratch, options, after, created_at, task_id)
       OVERRIDING SYSTEM VALUE
       SELECT f.build, f.package, t.id, $1, $2, f.owner, true, '{"scratch":true}', 0, ledger_now(), f.task
         FROM fresh f JOIN targets t ON t.name = 'bench' ORDER BY f.n`,
      [source.name, source.sha256],
    );
    await client.query(
      `INSERT INTO tasks (id, kind, label, arch, owner, priority, build_id, request, package, tag_id, weight, after, rank, created_at)
       OVERRIDING SYSTEM VALUE
       SELECT f.task, 'srpm', $1, f.arch, f.owner, f.priority, f.build,
              jsonb_build_object('source', jsonb_build_object('name', $1::text, 'sha256', $2::text)), f.package,
              t.build_tag_id, 0.5, f.after, 120 + f.after - 0.05 * extract(epoch FROM ledger_now())::float8, ledger_now()
         FROM fresh f JOIN targets t ON t.name = 'bench' ORDER BY f.n`,
      [source.name, source.sha256],
    );
    await client.query(
      `WITH told AS (
         SELECT f.build, f.owner, e.*, row_number() OVER (ORDER BY f.n, e.place) AS place_in_all
           FROM fresh f CROSS JOIN LATERAL (VALUES
             (1, 'task.created', 'task:' || f.task, 'build:' || f.build,
              jsonb_build_object('kind', 'srpm', 'arch', f.arch, 'label', $1::text, 'parent', NULL, 'to', 'free')),
             (2, 'build.building', 'build:' || f.build, NULL,
              jsonb_build_object('source', $1::text, 'target', 'bench', 'scratch', true, 'task', f.task))
           ) AS e(place, type, subject, cause, data)
       ), written AS (
         INSERT INTO events (seq, type, subject, version, schema, actor, cause, build_id, time, data)
         SELECT h.seq + t.place_in_all, t.type, t.subject, 1, 1, t.owner, t.cause, t.build, ledger_now(), t.data
           FROM told t CROSS JOIN event_head h ORDER BY t.place_in_all
         RETURNING 1
       )
       UPDATE event_head SET seq = seq + (SELECT count(*) FROM written)`,
      [source.name],
    );
    await client.query('COMMIT');
    // What autovacuum would have done by the time that so many had come one by one.
    await client.query('VACUUM ANALYZE tasks, builds, events, task_attempts');
    await client.query('CHECKPOINT');
    return missing;
  } finally {
    await client.end();
  }
}
