/** SQL of the life of blobs. What names a blob is told in one place, the ledger's function `blob_used`. */
import { sql } from 'kysely';
import { type Reader, row, rows, type Tx } from '../ledger/index.ts';

export interface Candidate {
  id: number;
  sha256: string;
  size: number;
}

const old = (hours: number) => sql`ledger_now() - make_interval(secs => ${hours * 3600})`;

/** Blobs that nobody has wanted for so long and that nothing names, of so many behind a number. Nothing is locked. */
export async function unusedBlobs(
  reader: Reader,
  after: number,
  hours: number,
  limit: number,
): Promise<{ last: number; count: number; unused: Candidate[] }> {
  const found = await row(
    reader,
    sql<{ last: number | null; count: number; unused: Candidate[] }>`
    WITH batch AS MATERIALIZED (
      SELECT id, sha256, size, wanted_at, condemned_at FROM blobs WHERE id > ${after} ORDER BY id LIMIT ${limit}
    )
    SELECT max(id) AS last, count(*)::int AS count,
           coalesce(jsonb_agg(jsonb_build_object('id', id, 'sha256', sha256, 'size', size)) FILTER (
             WHERE condemned_at IS NULL AND wanted_at < ${old(hours)} AND NOT blob_used(sha256, id)), '[]') AS unused
      FROM batch`,
  );
  return { last: found?.last ?? after, count: found?.count ?? 0, unused: found?.unused ?? [] };
}

/**
 * Locks those that nobody has locked: who refers to a blob has it locked until that is written, and is not waited for.
 * What is to be known of them must be asked in a statement of its own, so that it sees what was written until then.
 */
async function locked(tx: Tx, ids: readonly number[]): Promise<number[]> {
  const found = await rows(
    tx,
    sql<{ id: number }>`
    SELECT id FROM blobs WHERE id = ANY(${ids}::bigint[]) ORDER BY id FOR UPDATE SKIP LOCKED`,
  );
  return found.map((one) => one.id);
}

/** Condemns those of some blobs that still nobody wants and nothing names. */
export async function condemn(
  tx: Tx,
  ids: readonly number[],
  hours: number,
): Promise<{ blobs: number; bytes: number }> {
  const free = await locked(tx, ids);
  const found = await rows(
    tx,
    sql<{ size: number; stored: boolean }>`
    UPDATE blobs SET condemned_at = ledger_now()
     WHERE id = ANY(${free}::bigint[]) AND condemned_at IS NULL AND wanted_at < ${old(hours)} AND NOT blob_used(sha256, id)
    RETURNING size, pieces IS NULL AS stored`,
  );
  return total(found);
}

export interface Deleted {
  /** Those that are files. */
  files: string[];
  blobs: number;
  /** Of files. */
  bytes: number;
}

/** Deletes blobs that were condemned so long ago and that still nothing names. The files are for the caller to remove. */
export async function deleteCondemned(tx: Tx, hours: number, limit: number): Promise<Deleted> {
  const found = await rows(
    tx,
    sql<{ id: number }>`
    SELECT id FROM blobs WHERE condemned_at < ${old(hours)} ORDER BY condemned_at LIMIT ${limit} FOR UPDATE SKIP LOCKED`,
  );
  const ids = found.map((one) => one.id);
  if (ids.length === 0) return { files: [], blobs: 0, bytes: 0 };
  await sql`
    UPDATE blobs SET condemned_at = NULL WHERE id = ANY(${ids}::bigint[]) AND blob_used(sha256, id)`.execute(
    tx,
  );
  await sql`
    DELETE FROM blob_parts p USING blobs b WHERE b.id = p.whole AND b.id = ANY(${ids}::bigint[]) AND b.condemned_at IS NOT NULL`.execute(
    tx,
  );
  const gone = await rows(
    tx,
    sql<{ sha256: string; size: number; stored: boolean }>`
    DELETE FROM blobs WHERE id = ANY(${ids}::bigint[]) AND condemned_at IS NOT NULL
    RETURNING sha256, size, pieces IS NULL AS stored`,
  );
  return { ...total(gone), files: gone.filter((one) => one.stored).map((one) => one.sha256) };
}

function total(list: readonly { size: number; stored: boolean }[]): { blobs: number; bytes: number } {
  return {
    blobs: list.length,
    bytes: list.reduce((sum, one) => sum + (one.stored ? one.size : 0), 0),
  };
}

/** What is on its way out. */
export async function condemnedBlobs(reader: Reader): Promise<{ blobs: number; bytes: number }> {
  const found = await row(
    reader,
    sql<{ blobs: number; bytes: number }>`
    SELECT count(*)::int AS blobs, coalesce(sum(size) FILTER (WHERE pieces IS NULL), 0)::bigint AS bytes
      FROM blobs WHERE condemned_at IS NOT NULL`,
  );
  return found ?? { blobs: 0, bytes: 0 };
}

/** Files that the ledger does not know as stored. */
export async function strangers(reader: Reader, list: readonly string[]): Promise<string[]> {
  const found = await rows(
    reader,
    sql<{ sha256: string }>`
    SELECT x.sha256 FROM unnest(${list}::text[]) AS x(sha256)
     WHERE NOT EXISTS (SELECT FROM blobs b WHERE b.sha256 = x.sha256 AND b.pieces IS NULL)`,
  );
  return found.map((one) => one.sha256);
}
