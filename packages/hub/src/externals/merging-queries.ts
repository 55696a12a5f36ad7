/** SQL of merging: what snapshots offer, all of it or of some names. */
import { sql } from 'kysely';
import { type Reader, rows } from '../ledger/index.ts';
import type { Offered } from './choose.ts';
import type { SnapshotRecord } from './queries.ts';

export interface InUse {
  external: number;
  arch: string;
  snapshot: number;
  number: number;
}

export async function snapshotsInUse(reader: Reader, externals: readonly number[]): Promise<InUse[]> {
  return await rows(
    reader,
    sql<InUse>`
    SELECT a.external_id AS external, a.arch, s.id AS snapshot, s.number
      FROM external_arches a JOIN external_snapshots s ON s.id = a.snapshot_id
     WHERE a.external_id = ANY(${externals}::bigint[])`,
  );
}

type Which = Pick<InUse, 'external' | 'arch' | 'number'>;

const offeredColumns = sql`
  p.copy_id AS copy, p.name, c.epoch, c.version, c.release, c.arch, p.source, p.source_rpm AS "sourceRpm"
  FROM external_packages p JOIN copies c ON c.id = p.copy_id`;

const within = ({ external, arch, number }: Which) => sql`
  p.external_id = ${external} AND p.arch = ${arch} AND p.since <= ${number} AND (p.until IS NULL OR p.until > ${number})`;

/** All that a snapshot has, in one order. */
export async function offeredAll(reader: Reader, which: Which): Promise<Offered[]> {
  return await rows(reader, sql<Offered>`SELECT ${offeredColumns} WHERE ${within(which)} ORDER BY p.copy_id`);
}

export async function offeredByName(
  reader: Reader,
  which: Which,
  names: readonly string[],
): Promise<Offered[]> {
  return await rows(
    reader,
    sql<Offered>`
    SELECT ${offeredColumns} WHERE ${within(which)} AND p.name = ANY(${names}::text[]) ORDER BY p.copy_id`,
  );
}

export async function offeredBySource(
  reader: Reader,
  which: Which,
  sources: readonly string[],
): Promise<Offered[]> {
  return await rows(
    reader,
    sql<Offered>`
    SELECT ${offeredColumns} WHERE ${within(which)} AND p.source = ANY(${sources}::text[]) ORDER BY p.copy_id`,
  );
}

/** Names of packages that come of some source packages. */
export async function namesOfSources(
  reader: Reader,
  which: Which,
  sources: readonly string[],
): Promise<string[]> {
  const found = await rows(
    reader,
    sql<{ name: string }>`
    SELECT DISTINCT p.name FROM external_packages p WHERE ${within(which)} AND p.source = ANY(${sources}::text[])`,
  );
  return found.map((one) => one.name);
}

/** What came or went between two snapshots, whichever is the newer. */
export async function changedNames(
  reader: Reader,
  { external, arch }: Which,
  one: number,
  other: number,
): Promise<{ name: string; source: string | null }[]> {
  const between = sql`BETWEEN ${Math.min(one, other) + 1}::int AND ${Math.max(one, other)}::int`;
  return await rows(
    reader,
    sql<{ name: string; source: string | null }>`
    SELECT DISTINCT p.name, p.source FROM external_packages p
     WHERE p.external_id = ${external} AND p.arch = ${arch} AND (p.since ${between} OR p.until ${between})`,
  );
}

/** Names, sources and versions aside: groups and modules of snapshots. */
export async function recordsOf(
  reader: Reader,
  snapshots: readonly number[],
): Promise<Map<number, SnapshotRecord[]>> {
  const found = await rows(
    reader,
    sql<{ id: number; records: SnapshotRecord[] }>`
    SELECT id, records FROM external_snapshots WHERE id = ANY(${snapshots}::bigint[])`,
  );
  return new Map(found.map((one) => [one.id, one.records]));
}

/** What a revision has merged into its trees, each in its order. */
export async function mergedOf(
  reader: Reader,
  revision: number,
): Promise<(InUse & { tree: string; mode: 'koji' | 'simple' | 'bare' })[]> {
  return await rows(
    reader,
    sql<InUse & { tree: string; mode: 'koji' | 'simple' | 'bare' }>`
    SELECT r.tree, r.mode, s.external_id AS external, s.arch, s.id AS snapshot, s.number
      FROM revision_snapshots r JOIN external_snapshots s ON s.id = r.snapshot_id
     WHERE r.revision_id = ${revision} ORDER BY r.tree, r.place`,
  );
}

/** Keeps what a revision has merged into a tree. */
export async function keepMerged(
  reader: Reader,
  revision: number,
  tree: string,
  merged: readonly { mode: string; snapshot: number }[],
): Promise<void> {
  await sql`
    INSERT INTO revision_snapshots (revision_id, tree, place, mode, snapshot_id)
    SELECT ${revision}, ${tree}, x.place, x.mode, x.snapshot
      FROM ROWS FROM (jsonb_to_recordset(${JSON.stringify(merged)}::jsonb) AS (mode text, snapshot bigint)) WITH ORDINALITY AS x(mode, snapshot, place)`.execute(
    reader,
  );
}
