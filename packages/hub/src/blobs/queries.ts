/** SQL of blobs and uploads. */
import { sql } from 'kysely';
import { type Reader, row, rows, type Tx } from '../ledger/index.ts';
import { encodePieces, type Piece, sizeOf } from './splice.ts';
import type { StoredPart } from './store.ts';

export interface UploadFacts {
  id: string;
  principal: string;
  task: number | null;
  attempt: number | null;
  name: string;
  size: number;
  sha256: string;
  complete: boolean;
}

/** A row that was wanted less than this ago needs no new time, and is not written again. */
const wantedLately = sql`ledger_now() - interval '1 hour'`;

/** Keeps a blob whose file was put just now: whatever was known of it, it is stored, whole, wanted and not condemned. */
export async function insertBlob(tx: Reader, sha256: string, size: number): Promise<void> {
  await sql`
    INSERT INTO blobs (sha256, size, created_at) VALUES (${sha256}, ${size}, ledger_now())
    ON CONFLICT (sha256) DO UPDATE SET wanted_at = ledger_now(), condemned_at = NULL, damaged_at = NULL, damage = NULL, pieces = NULL
     WHERE blobs.wanted_at < ${wantedLately} OR blobs.condemned_at IS NOT NULL OR blobs.damaged_at IS NOT NULL OR blobs.pieces IS NOT NULL`.execute(
    tx,
  );
}

/** Pins a blob for a while, if it is stored whole: who works on a file reads it there. @returns whether it is */
export async function wantBlob(tx: Tx, sha256: string, size: number): Promise<boolean> {
  const found = await row(
    tx,
    sql<{ size: number }>`
    UPDATE blobs SET wanted_at = ledger_now(), condemned_at = NULL
     WHERE sha256 = ${sha256} AND size = ${size} AND damaged_at IS NULL AND pieces IS NULL RETURNING size`,
  );
  return found !== undefined;
}

/** Keeps a blob that is joined from others when it is read. Those are held as long as it is there. */
export async function insertSplice(
  tx: Reader,
  sha256: string,
  size: number,
  pieces: readonly Piece[],
): Promise<void> {
  if (sizeOf(pieces) !== size) throw new Error(`the pieces of ${sha256} have not its size`);
  // Where the same bytes are stored they are read from there.
  await sql`
    INSERT INTO blobs (sha256, size, created_at, pieces) VALUES (${sha256}, ${size}, ledger_now(), ${encodePieces(pieces)})
    ON CONFLICT (sha256) DO UPDATE SET wanted_at = ledger_now(), condemned_at = NULL
     WHERE blobs.wanted_at < ${wantedLately} OR blobs.condemned_at IS NOT NULL`.execute(tx);
}

export interface BlobFacts {
  size: number;
  /** Null where it is stored. */
  pieces: Buffer | null;
  /** It, or a part of it, is not what it should be. */
  damaged: boolean;
}

export async function findBlob(tx: Reader, sha256: string): Promise<BlobFacts | undefined> {
  return await row(
    tx,
    sql<BlobFacts>`
    SELECT b.size, b.pieces, b.damaged_at IS NOT NULL OR EXISTS (
             SELECT FROM blobs d JOIN blob_parts p ON p.part = d.id AND p.whole = b.id WHERE d.damaged_at IS NOT NULL) AS damaged
      FROM blobs b WHERE b.sha256 = ${sha256}`,
  );
}

/** @returns undefined where it is not there, or damaged */
export async function blobSize(tx: Reader, sha256: string): Promise<number | undefined> {
  return (
    await row(
      tx,
      sql<{ size: number }>`SELECT size FROM blobs WHERE sha256 = ${sha256} AND damaged_at IS NULL`,
    )
  )?.size;
}

/** Which of these blobs the ledger does not know, knows with another size or as damaged. */
export async function missingBlobs(
  tx: Reader,
  wanted: { sha256: string; size: number }[],
): Promise<string[]> {
  const found = await rows(
    tx,
    sql<{ sha256: string }>`
    SELECT w.sha256 FROM jsonb_to_recordset(${JSON.stringify(wanted)}::jsonb) AS w(sha256 text, size bigint)
     WHERE NOT EXISTS (SELECT FROM blobs b WHERE b.sha256 = w.sha256 AND b.size = w.size AND b.damaged_at IS NULL)`,
  );
  return found.map((one) => one.sha256);
}

export async function insertUpload(tx: Tx, upload: UploadFacts): Promise<void> {
  await sql`
    INSERT INTO uploads (id, principal, task_id, attempt, name, size, sha256, complete, created_at)
    VALUES (${upload.id}, ${upload.principal}, ${upload.task}, ${upload.attempt}, ${upload.name}, ${upload.size},
            ${upload.sha256}, ${upload.complete}, ledger_now())`.execute(tx);
}

export async function findUpload(tx: Reader, id: string): Promise<UploadFacts | undefined> {
  return await row(
    tx,
    sql<UploadFacts>`
    SELECT id, principal, task_id AS task, attempt, name, size, sha256, complete FROM uploads WHERE id = ${id}`,
  );
}

export async function listParts(tx: Reader, upload: string): Promise<StoredPart[]> {
  return await rows(
    tx,
    sql<StoredPart>`SELECT part, size, sha256 FROM upload_parts WHERE upload_id = ${upload} ORDER BY part`,
  );
}

/** @returns false where the part is there with other content */
export async function insertPart(tx: Tx, upload: string, part: StoredPart): Promise<boolean> {
  const kept = await row(
    tx,
    sql<{ sha256: string }>`
    INSERT INTO upload_parts (upload_id, part, size, sha256)
    VALUES (${upload}, ${part.part}, ${part.size}, ${part.sha256})
    ON CONFLICT (upload_id, part) DO UPDATE SET size = upload_parts.size
    RETURNING sha256`,
  );
  return kept?.sha256 === part.sha256;
}

export async function finishUpload(tx: Tx, upload: UploadFacts): Promise<void> {
  await insertBlob(tx, upload.sha256, upload.size);
  await sql`UPDATE uploads SET complete = true WHERE id = ${upload.id}`.execute(tx);
  await sql`DELETE FROM upload_parts WHERE upload_id = ${upload.id}`.execute(tx);
}

/** Uploads that nobody will complete any more. */
export async function staleUploads(tx: Reader): Promise<string[]> {
  const found = await rows(
    tx,
    sql<{ id: string }>`
    SELECT id FROM uploads WHERE created_at < ledger_now() - interval '2 days' LIMIT 1000`,
  );
  return found.map((one) => one.id);
}

export async function deleteUpload(tx: Tx, id: string): Promise<void> {
  await sql`DELETE FROM uploads WHERE id = ${id}`.execute(tx);
}
