/** SQL of what is learned of packages and owners. */
import { sql } from 'kysely';
import { type Reader, row, rows, type Tx } from '../ledger/index.ts';

/** What the last runs took of a machine, in MiB, newest last; runs that could not tell are not among them. */
export interface TookRow {
  memoryUsed: number[];
  diskUsed: number[];
}

export interface DurationRow extends TookRow {
  arch: string;
  runs: number[];
  /** Memory that was too little once, doubled; 0 where there was always enough. */
  memoryMb: number;
}

/** What is known of a package's tasks of a kind on all architectures, and the mean of all packages on this one. */
export async function durationsOf(
  tx: Reader,
  name: string,
  kind: string,
  arch: string,
): Promise<{ known: DurationRow[]; usual: number | null }> {
  const found = await row(
    tx,
    sql<{ known: DurationRow[] | null; usual: number | null }>`
    SELECT (SELECT jsonb_agg(jsonb_build_object('arch', arch, 'runs', runs, 'memoryMb', memory_mb,
                                                'memoryUsed', memory_used, 'diskUsed', disk_used))
              FROM durations WHERE package = ${name} AND kind = ${kind}) AS known,
           (SELECT seconds FROM usual_durations WHERE kind = ${kind} AND arch = ${arch}) AS usual`,
  );
  return { known: found?.known ?? [], usual: found?.usual ?? null };
}

/** What is known of many packages, for planning. */
export async function durationsOfMany(
  tx: Reader,
  names: readonly string[],
): Promise<{ name: string; kind: string; arch: string; runs: number[] }[]> {
  return await rows(
    tx,
    sql<{ name: string; kind: string; arch: string; runs: number[] }>`
    SELECT package AS name, kind, arch, runs FROM durations WHERE package = ANY(${names}::text[])`,
  );
}

export async function usualDurations(tx: Reader): Promise<{ kind: string; arch: string; seconds: number }[]> {
  return await rows(
    tx,
    sql<{ kind: string; arch: string; seconds: number }>`SELECT kind, arch, seconds FROM usual_durations`,
  );
}

export async function keepDuration(
  tx: Tx,
  key: { name: string; kind: string; arch: string },
  runs: readonly number[],
  middle: number,
  took: TookRow,
): Promise<void> {
  await sql`
    INSERT INTO durations (package, kind, arch, runs, middle, memory_used, disk_used, at)
    VALUES (${key.name}, ${key.kind}, ${key.arch}, ${runs}::real[], ${middle},
            ${took.memoryUsed}::integer[], ${took.diskUsed}::integer[], ledger_now())
    ON CONFLICT (package, kind, arch) DO UPDATE
       SET runs = excluded.runs, middle = excluded.middle, memory_used = excluded.memory_used,
           disk_used = excluded.disk_used, at = excluded.at`.execute(tx);
}

export async function keepMemoryNeed(
  tx: Tx,
  key: { name: string; kind: string; arch: string },
  memoryMb: number,
): Promise<void> {
  await sql`
    INSERT INTO durations (package, kind, arch, memory_mb, at)
    VALUES (${key.name}, ${key.kind}, ${key.arch}, ${memoryMb}, ledger_now())
    ON CONFLICT (package, kind, arch) DO UPDATE SET memory_mb = greatest(durations.memory_mb, excluded.memory_mb), at = excluded.at`.execute(
    tx,
  );
}

/** Works out the means anew. */
export async function renewUsual(tx: Reader): Promise<void> {
  await sql`
    INSERT INTO usual_durations (kind, arch, seconds)
    SELECT kind, arch, avg(middle) FROM durations WHERE middle IS NOT NULL GROUP BY kind, arch
    ON CONFLICT (kind, arch) DO UPDATE SET seconds = excluded.seconds WHERE usual_durations.seconds <> excluded.seconds`.execute(
    tx,
  );
}

/** Gathers what came since into the faded sums; hubs take turns. */
export async function gatherUses(tx: Reader, halfLife: number): Promise<void> {
  await sql`
    WITH gone AS (
      DELETE FROM uses WHERE id IN (SELECT id FROM uses ORDER BY id LIMIT 20000 FOR UPDATE SKIP LOCKED) RETURNING owner, seconds
    ), sums AS (
      SELECT owner, sum(seconds) AS seconds FROM gone GROUP BY owner ORDER BY owner
    )
    INSERT INTO owner_use (owner, used, at) SELECT owner, seconds, ledger_now() FROM sums
    ON CONFLICT (owner) DO UPDATE
       SET used = owner_use.used * power(2, -greatest(0, extract(epoch FROM excluded.at - owner_use.at))::float8 / ${halfLife}::float8) + excluded.used,
           at = excluded.at`.execute(tx);
}

export interface UseRow {
  owner: string;
  /** Faded up to `age` seconds ago. */
  used: number;
  age: number;
  /** What is not gathered yet. */
  fresh: number;
}

export async function usesOf(tx: Reader, owners: readonly string[]): Promise<UseRow[]> {
  return await rows(
    tx,
    sql<UseRow>`
    SELECT o.owner, coalesce(u.used, 0) AS used,
           coalesce(extract(epoch FROM ledger_now() - u.at), 0)::float8 AS age, coalesce(f.seconds, 0) AS fresh
      FROM unnest(${owners}::text[]) AS o(owner)
      LEFT JOIN owner_use u USING (owner)
      LEFT JOIN (SELECT owner, sum(seconds) AS seconds FROM uses WHERE owner = ANY(${owners}::text[]) GROUP BY owner) f USING (owner)`,
  );
}

/** Counts an attempt that runs until now for the owner of its task. @returns how long it ran, in seconds, and where */
export async function addUse(
  tx: Tx,
  task: { id: number; owner: string; weight: number },
  attempt: number,
): Promise<{ ran: number; speed: number } | undefined> {
  return await row(
    tx,
    sql<{ ran: number; speed: number }>`
    WITH times AS (
      SELECT extract(epoch FROM ledger_now() - a.leased_at)::float8 AS ran, coalesce(w.speed, 1) AS speed
        FROM task_attempts a LEFT JOIN workers w ON w.name = a.worker WHERE a.task_id = ${task.id} AND a.attempt = ${attempt}
    ), used AS (
      INSERT INTO uses (owner, seconds) SELECT ${task.owner}, ran * ${task.weight}::float8 FROM times
    )
    SELECT ran, speed FROM times`,
  );
}
