/** SQL of composing: copies, what is said of them, and runs. */
import type { Place } from '@moromi/repodata';
import { sql } from 'kysely';
import { type Reader, row, rows, type Tx } from '../../ledger/index.ts';

/** A package file as a repository may list it. */
export interface CopyFacts {
  id: number;
  name: string;
  epoch: number | null;
  version: string;
  release: string;
  arch: string;
  fileName: string;
  sha256: string;
  size: number;
  headerStart: number;
  headerEnd: number;
  fileTime: number;
  fragment: number | null;
  says: string | null;
  plain: number;
}

const copyColumns = sql`
  c.id, c.name, c.epoch, c.version, c.release, c.arch, c.file_name AS "fileName", c.sha256, c.size,
  c.header_start AS "headerStart", c.header_end AS "headerEnd", c.file_time AS "fileTime", c.fragment_id AS fragment,
  c.says, c.plain`;

export async function copiesById(reader: Reader, ids: readonly number[]): Promise<Map<number, CopyFacts>> {
  const found = await rows(
    reader,
    sql<CopyFacts>`SELECT ${copyColumns} FROM unnest(${ids}::bigint[]) AS x(id) JOIN copies c ON c.id = x.id`,
  );
  return new Map(found.map((one) => [one.id, one]));
}

/** The files of copies as they were built, from which their headers are read. */
export async function builtFiles(reader: Reader, copies: readonly number[]): Promise<Map<number, string>> {
  const found = await rows(
    reader,
    sql<{ id: number; sha256: string }>`
    SELECT c.id, r.sha256 FROM copies c JOIN rpms r ON r.id = c.rpm_id WHERE c.id = ANY(${copies}::bigint[])`,
  );
  return new Map(found.map((one) => [one.id, one.sha256]));
}

/** The members of runs, in their order. */
export async function membersOf(reader: Reader, runs: readonly number[]): Promise<Map<number, CopyFacts[]>> {
  const found = await rows(
    reader,
    sql<CopyFacts & { run: number }>`
    SELECT m.run_id AS run, ${copyColumns}
      FROM run_members m JOIN copies c ON c.id = m.copy_id
     WHERE m.run_id = ANY(${runs}::bigint[]) ORDER BY m.run_id, m.place`,
  );
  return Map.groupBy(found, (one) => one.run);
}

/** Those of these names that stand in runs. */
export async function membersNamed(
  reader: Reader,
  runs: readonly number[],
  names: readonly string[],
): Promise<CopyFacts[]> {
  return await rows(
    reader,
    sql<CopyFacts>`
    SELECT ${copyColumns} FROM copies c
     WHERE c.name = ANY(${names}::text[])
       AND EXISTS (SELECT FROM run_members m WHERE m.copy_id = c.id AND m.run_id = ANY(${runs}::bigint[]))`,
  );
}

export async function fragments(reader: Reader, ids: readonly number[]): Promise<Map<number, Buffer>> {
  const found = await rows(
    reader,
    sql<{ id: number; bytes: Buffer }>`SELECT id, bytes FROM fragments WHERE id = ANY(${ids}::bigint[])`,
  );
  return new Map(found.map((one) => [one.id, one.bytes]));
}

export interface NewFragment {
  /** Of the copy. */
  id: number;
  digest: string;
  bytes: Buffer;
  says: string;
  plain: number;
  fileTime: number;
  traits: string[];
}

/**
 * Keeps what was read of packages; who read the same meanwhile has written the same. The orders are one for all, so that
 * nobody waits in a circle.
 */
export async function keepFragments(reader: Reader, list: readonly NewFragment[]): Promise<void> {
  const ids = list.map((one) => one.id);
  // One parameter in the wire's binary form; an array of them goes as hexadecimal text.
  const bytes = Buffer.concat(list.map((one) => one.bytes));
  const sizes = list.map((one) => one.bytes.length);
  await sql`
    WITH said AS (
      SELECT *, sum(size) OVER (ORDER BY place) - size + 1 AS start FROM unnest(
        ${ids}::bigint[], ${list.map((one) => one.digest)}::text[], ${sizes}::int[],
        ${list.map((one) => one.traits.join(' '))}::text[], ${list.map((one) => one.says)}::text[],
        ${list.map((one) => one.plain)}::int[], ${list.map((one) => one.fileTime)}::bigint[])
        WITH ORDINALITY AS x(id, digest, size, traits, says, plain, file_time, place)
    ), made AS (
      INSERT INTO fragments (digest, bytes, traits)
      SELECT DISTINCT ON (digest) digest, substr(${bytes}::bytea, start::int, size), string_to_array(traits, ' ')
        FROM said ORDER BY digest
          ON CONFLICT (digest) DO UPDATE SET digest = excluded.digest RETURNING id, digest
    ), held AS (
      SELECT c.id FROM copies c WHERE c.id = ANY(${ids}::bigint[]) ORDER BY c.id FOR UPDATE
    )
    UPDATE copies c SET fragment_id = made.id, says = said.says, plain = said.plain, file_time = said.file_time
      FROM held JOIN said ON said.id = held.id JOIN made ON made.digest = said.digest WHERE c.id = held.id`.execute(
    reader,
  );
}

/** Of copies whose headers were read for it, filelists-ext. */
export async function extendedFilelists(
  reader: Reader,
  copies: readonly number[],
): Promise<Map<number, Buffer>> {
  const found = await rows(
    reader,
    sql<{ id: number; bytes: Buffer }>`
    SELECT c.id, e.bytes FROM copies c JOIN extended_filelists e ON e.rpm_id = c.rpm_id WHERE c.id = ANY(${copies}::bigint[])`,
  );
  return new Map(found.map((one) => [one.id, one.bytes]));
}

/** What somebody has kept meanwhile stays. The order is one for all, so that nobody waits in a circle. */
export async function keepExtended(
  reader: Reader,
  list: readonly { copy: number; bytes: Buffer }[],
): Promise<void> {
  const copies = list.map((one) => one.copy);
  const bytes = list.map((one) => one.bytes);
  await sql`
    INSERT INTO extended_filelists (rpm_id, bytes)
    SELECT c.rpm_id, x.bytes FROM unnest(${copies}::bigint[], ${bytes}::bytea[]) AS x(copy, bytes) JOIN copies c ON c.id = x.copy
     ORDER BY c.rpm_id ON CONFLICT DO NOTHING`.execute(reader);
}

export interface RunFacts {
  /** Null until it is written to the ledger. */
  id: number | null;
  /** What it says, where its packages lie and how it is packed. */
  key: string;
  members: number;
  first: Place;
  blob: string;
  /** First byte in the blob. */
  start: number;
  /** Bytes for each of its documents, packed, one behind the other. */
  sizes: number[];
  /** The same, unpacked. */
  opens: number[];
}

const runColumns = sql`u.id, u.key, u.members, u.first, u.blob, u.start, u.sizes, u.opens`;

/** Runs by their numbers, in the order that is given. */
export async function runsById(reader: Reader, ids: readonly number[]): Promise<RunFacts[]> {
  return await rows(
    reader,
    sql<RunFacts>`
    SELECT ${runColumns} FROM unnest(${ids}::bigint[]) WITH ORDINALITY AS x(id, place) JOIN runs u ON u.id = x.id ORDER BY x.place`,
  );
}

export async function runsByKey(reader: Reader, keys: readonly string[]): Promise<Map<string, RunFacts>> {
  const found = await rows(
    reader,
    // What no tree has any more is on its way out.
    sql<RunFacts>`
    SELECT ${runColumns} FROM unnest(${keys}::text[]) AS x(key) JOIN runs u ON u.key = x.key WHERE u.idle_since IS NULL`,
  );
  return new Map(found.map((run) => [run.key, run]));
}

/** @returns the run's number, whoever wrote it first; one that is idle lies where this one was packed from now on */
export async function insertRun(tx: Tx, run: RunFacts, copies: readonly number[]): Promise<number> {
  const made = await row(
    tx,
    sql<{ id: number }>`
    WITH made AS (
      INSERT INTO runs (key, members, first, blob, start, sizes, opens)
      VALUES (${run.key}, ${run.members}, ${JSON.stringify(run.first)}::jsonb, ${run.blob}, ${run.start},
              ${run.sizes}::int[], ${run.opens}::int[])
      ON CONFLICT (key) DO UPDATE SET blob = excluded.blob, start = excluded.start, sizes = excluded.sizes, opens = excluded.opens, idle_since = NULL
       WHERE runs.idle_since IS NOT NULL RETURNING id, xmax = 0 AS fresh
    ), listed AS (
      INSERT INTO run_members (run_id, place, copy_id)
      SELECT made.id, x.place, x.copy FROM made, unnest(${copies}::bigint[]) WITH ORDINALITY AS x(copy, place) WHERE made.fresh
    )
    SELECT id FROM made`,
  );
  const id = made?.id ?? (await runsByKey(tx, [run.key])).get(run.key)?.id;
  if (id == null) throw new Error('a run was neither written nor there');
  return id;
}
