/** SQL of scrubbing: what is to be read, what was found damaged, and what that is part of. */
import { sql } from 'kysely';
import { type Reader, row, rows, type Tx } from '../ledger/index.ts';
import type { Damage } from './verify.ts';

export interface StoredRow {
  id: number;
  sha256: string;
  size: number;
}

/** Stored blobs behind a number, in their order. */
export async function storedAfter(reader: Reader, after: number, limit: number): Promise<StoredRow[]> {
  return await rows(
    reader,
    sql<StoredRow>`
    SELECT id, sha256, size FROM blobs WHERE id > ${after} AND pieces IS NULL AND damaged_at IS NULL ORDER BY id LIMIT ${limit}`,
  );
}

/** Of stored blobs behind a number. */
export async function bytesAfter(reader: Reader, after: number): Promise<{ blobs: number; bytes: number }> {
  const found = await row(
    reader,
    sql<{ blobs: number; bytes: number }>`
    SELECT count(*)::int AS blobs, coalesce(sum(size), 0)::bigint AS bytes FROM blobs WHERE id > ${after} AND pieces IS NULL`,
  );
  return found ?? { blobs: 0, bytes: 0 };
}

/** @returns false where it is not stored any more, or was known to be damaged */
export async function markDamaged(tx: Tx, sha256: string, damage: Damage): Promise<boolean> {
  const found = await row(
    tx,
    sql<{ id: number }>`
    UPDATE blobs SET damaged_at = ledger_now(), damage = ${damage}
     WHERE sha256 = ${sha256} AND pieces IS NULL AND damaged_at IS NULL RETURNING id`,
  );
  return found !== undefined;
}

/** @returns false where it was not damaged */
export async function markWhole(tx: Tx, sha256: string): Promise<boolean> {
  const found = await row(
    tx,
    sql<{ id: number }>`
    UPDATE blobs SET damaged_at = NULL, damage = NULL WHERE sha256 = ${sha256} AND damaged_at IS NOT NULL RETURNING id`,
  );
  return found !== undefined;
}

export interface DamagedRow extends StoredRow {
  damage: Damage;
  damagedAt: Date;
}

export async function damagedBlobs(reader: Reader, limit: number): Promise<DamagedRow[]> {
  return await rows(
    reader,
    sql<DamagedRow>`
    SELECT id, sha256, size, damage, damaged_at AS "damagedAt" FROM blobs WHERE damaged_at IS NOT NULL ORDER BY id LIMIT ${limit}`,
  );
}

/** What a blob is, or is part of, in words: some of each kind. */
export async function partOf(reader: Reader, sha256: string): Promise<string[]> {
  const found = await rows(
    reader,
    sql<{ what: string }>`
    WITH names AS (
      SELECT ${sha256}::text AS sha256
      UNION SELECT w.sha256 FROM blobs b JOIN blob_parts p ON p.part = b.id JOIN blobs w ON w.id = p.whole WHERE b.sha256 = ${sha256}
    )
    (SELECT DISTINCT 'package ' || r.nevra AS what FROM names n JOIN copies c ON c.sha256 = n.sha256 JOIN rpms r ON r.id = c.rpm_id ORDER BY 1 LIMIT 10)
    UNION ALL
    (SELECT DISTINCT 'revision ' || coalesce(r.name, g.name) || '/' || v.number
       FROM names n JOIN repo_files f ON f.sha256 = n.sha256 JOIN repo_revisions v ON v.id = f.revision_id
       JOIN repos r ON r.id = v.repo_id JOIN tags g ON g.id = r.tag_id ORDER BY 1 LIMIT 10)
    UNION ALL
    (SELECT 'source of build ' || b.id FROM names n JOIN builds b ON b.source_sha256 = n.sha256 ORDER BY b.id LIMIT 10)
    UNION ALL
    (SELECT l.name || ' of task ' || l.task_id FROM names n JOIN logs l ON l.sealed = n.sha256 ORDER BY l.id LIMIT 10)
    UNION ALL
    (SELECT 'external package ' || c.file_name FROM names n JOIN external_copies x ON x.sha256 = n.sha256 JOIN copies c ON c.id = x.copy_id ORDER BY 1 LIMIT 10)
    UNION ALL
    (SELECT 'record of external repository ' || e.name || ' (' || s.arch || ')'
       FROM names n JOIN external_snapshots s ON jsonb_path_query_array(s.records, '$[*].sha256') @> to_jsonb(ARRAY[n.sha256])
       JOIN externals e ON e.id = s.external_id ORDER BY s.id DESC LIMIT 10)`,
  );
  return found.map((one) => one.what);
}
