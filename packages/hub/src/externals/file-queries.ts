/** SQL of files of external repositories: where they are, and where they were put. */
import { sql } from 'kysely';
import { changed, type Reader, row } from '../ledger/index.ts';
import type { Definition } from './queries.ts';

/** A package's file that a tree gives. */
export interface OutsideFile {
  copy: number;
  /** Its id, of that type. */
  checksum: string;
  checksumType: string;
  size: number;
  location: string;
  base: string | null;
  /** As it is in the store; null until somebody wanted it. */
  sha256: string | null;
  name: string;
  arch: string;
  definition: Definition;
  mirrors: string[];
}

/** @param path below the tree */
export async function outsideFile(
  reader: Reader,
  revision: number,
  tree: string,
  path: string,
): Promise<OutsideFile | undefined> {
  return await row(
    reader,
    sql<OutsideFile>`
    SELECT c.id AS copy, c.sha256 AS checksum, x.checksum_type AS "checksumType", c.size, x.location, x.base, x.sha256,
           e.name, a.arch, e.definition, a.mirrors
      FROM copies c JOIN external_copies x ON x.copy_id = c.id JOIN externals e ON e.id = x.external_id
      JOIN repo_trees t ON t.revision_id = ${revision} AND t.tree = ${tree}
      JOIN revision_snapshots r ON r.revision_id = t.revision_id AND r.tree = t.tree
      JOIN external_snapshots s ON s.id = r.snapshot_id AND s.external_id = x.external_id
      JOIN external_arches a ON a.external_id = s.external_id AND a.arch = s.arch
     WHERE c.file_name = ${path} AND c.rpm_id IS NULL
       AND EXISTS (SELECT FROM run_members m WHERE m.copy_id = c.id AND m.run_id = ANY(t.runs)) LIMIT 1`,
  );
}

/** Puts down where the file of a copy is in the store. */
export async function setStored(reader: Reader, copy: number, sha256: string): Promise<void> {
  await sql`UPDATE external_copies SET sha256 = ${sha256} WHERE copy_id = ${copy}`.execute(reader);
}

/** Has a file fetched again, unless it is also something else. @returns how many packages were stored in it */
export async function forgetStored(reader: Reader, sha256: string): Promise<number> {
  return await changed(
    reader,
    sql`
    UPDATE external_copies x SET sha256 = NULL
     WHERE x.sha256 = ${sha256} AND NOT EXISTS (SELECT FROM rpms r WHERE r.sha256 = ${sha256})`,
  );
}

/**
 * Lets go of the groups, modules and repomd.xml of snapshots that were followed by another so long ago and that no revision
 * which is given has merged; the snapshot itself stays. @returns of how many
 */
export async function dropOldRecords(reader: Reader, hours: number): Promise<number> {
  return await changed(
    reader,
    sql`
    UPDATE external_snapshots SET records = '[]' WHERE id IN (
      SELECT o.id FROM external_snapshots o
        JOIN external_arches a ON a.external_id = o.external_id AND a.arch = o.arch
        JOIN external_snapshots s ON s.id = a.snapshot_id AND o.number < s.number
        JOIN external_snapshots n ON n.external_id = o.external_id AND n.arch = o.arch AND n.number = o.number + 1
       WHERE o.records <> '[]' AND n.found_at < ledger_now() - make_interval(secs => ${hours * 3600})
         AND NOT EXISTS (
           SELECT FROM revision_snapshots r JOIN repo_revisions v ON v.id = r.revision_id
            WHERE r.snapshot_id = o.id AND v.expired_at IS NULL)
       LIMIT 200)`,
  );
}
