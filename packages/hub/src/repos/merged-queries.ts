/** SQL of merging external repositories into a tree: what stands in its runs, of our own and of theirs. */
import { sql } from 'kysely';
import type { OwnPackage } from '../externals/index.ts';
import { type Reader, rows } from '../ledger/index.ts';

type OwnCopy = OwnPackage & { id: number };

const ownColumns = sql`c.id, c.name, c.epoch, c.version, c.release, c.arch`;
const inRuns = (runs: readonly number[]) => sql`
  EXISTS (SELECT FROM run_members m WHERE m.copy_id = c.id AND m.run_id = ANY(${runs}::bigint[]))`;

export async function ownCopies(reader: Reader, ids: readonly number[]): Promise<OwnCopy[]> {
  return await rows(
    reader,
    sql<OwnCopy>`SELECT ${ownColumns} FROM unnest(${ids}::bigint[]) AS x(id) JOIN copies c ON c.id = x.id`,
  );
}

/** Packages of ours by their names. */
export async function ownInRuns(
  reader: Reader,
  runs: readonly number[],
  names: readonly string[],
): Promise<OwnCopy[]> {
  return await rows(
    reader,
    sql<OwnCopy>`
    SELECT ${ownColumns} FROM copies c
     WHERE c.name = ANY(${names}::text[]) AND c.rpm_id IS NOT NULL AND ${inRuns(runs)}`,
  );
}

/** Packages of external repositories by their names. */
export async function externalsInRuns(
  reader: Reader,
  runs: readonly number[],
  names: readonly string[],
): Promise<number[]> {
  const found = await rows(
    reader,
    sql<{ id: number }>`
    SELECT c.id FROM copies c WHERE c.name = ANY(${names}::text[]) AND c.rpm_id IS NULL AND ${inRuns(runs)}`,
  );
  return found.map((one) => one.id);
}

export interface OwnSource {
  name: string;
  sourceRpm: string;
}

const sourceColumns = sql`DISTINCT b.name, r.source_rpm AS "sourceRpm"`;

/** The source packages that some copies of ours come of. */
export async function sourcesOf(reader: Reader, ids: readonly number[]): Promise<OwnSource[]> {
  return await rows(
    reader,
    sql<OwnSource>`
    SELECT ${sourceColumns} FROM unnest(${ids}::bigint[]) AS x(id)
      JOIN copies c ON c.id = x.id JOIN rpms r ON r.id = c.rpm_id JOIN builds b ON b.id = r.build_id`,
  );
}

/** Those of some source packages that have a package of ours there. */
export async function sourcesInRuns(
  reader: Reader,
  runs: readonly number[],
  sources: readonly string[],
): Promise<OwnSource[]> {
  return await rows(
    reader,
    sql<OwnSource>`
    SELECT ${sourceColumns} FROM builds b JOIN rpms r ON r.build_id = b.id JOIN copies c ON c.rpm_id = r.id
     WHERE b.name = ANY(${sources}::text[]) AND ${inRuns(runs)}`,
  );
}
