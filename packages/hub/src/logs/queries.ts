/** SQL of logs. */
import { sql } from 'kysely';
import { changed, type Reader, row, rows, type Tx } from '../ledger/index.ts';

export interface LogFacts {
  id: number;
  task: number;
  attempt: number;
  name: string;
  size: number;
  /** Nothing will be added any more: its worker said so, or its attempt is over. */
  complete: boolean;
  sealed: string | null;
  updatedAt: Date;
}

export interface Chunk {
  start: number;
  length: number;
  /** A zstd frame, or null where it lies in the sealed blob at `sealedAt`. */
  bytes: Buffer | null;
  sealedAt: number | null;
  stored: number;
  /** The sealed blob; read with the chunk, so that sealing between two queries does not matter. */
  sealed: string | null;
}

/** A lost attempt may be taken back by its worker, as long as nobody else has had the task. */
const over = sql`(
  l.complete OR t.attempt > l.attempt OR t.state IN ('done', 'failed', 'canceled', 'excluded'))`;
const columns = sql`
  l.id, l.task_id AS task, l.attempt, l.name, l.size, ${over} AS complete, l.sealed, l.updated_at AS "updatedAt"
  FROM logs l JOIN tasks t ON t.id = l.task_id`;

export async function findLog(
  tx: Reader,
  task: number,
  attempt: number,
  name: string,
): Promise<LogFacts | undefined> {
  return await row(
    tx,
    sql<LogFacts>`SELECT ${columns} WHERE l.task_id = ${task} AND l.attempt = ${attempt} AND l.name = ${name}`,
  );
}

export async function findLogById(tx: Reader, id: number): Promise<LogFacts | undefined> {
  return await row(tx, sql<LogFacts>`SELECT ${columns} WHERE l.id = ${id}`);
}

export async function listLogs(tx: Reader, task: number): Promise<LogFacts[]> {
  return await rows(
    tx,
    sql<LogFacts>`SELECT ${columns} WHERE l.task_id = ${task} ORDER BY l.attempt, l.name`,
  );
}

/** The log, made if it is new, locked until commit. */
export async function lockLog(
  tx: Tx,
  task: number,
  attempt: number,
  name: string,
): Promise<{ id: number; size: number; complete: boolean }> {
  const found = await row(
    tx,
    sql<{ id: number; size: number; complete: boolean }>`
    INSERT INTO logs (task_id, attempt, name, updated_at) VALUES (${task}, ${attempt}, ${name}, ledger_now())
    ON CONFLICT (task_id, attempt, name) DO UPDATE SET updated_at = ledger_now()
    RETURNING id, size, complete`,
  );
  if (found === undefined) throw new Error('the log was not written');
  return found;
}

export async function countLogs(tx: Tx, task: number, attempt: number): Promise<number> {
  return (
    (
      await row(
        tx,
        sql<{
          n: number;
        }>`SELECT count(*)::int AS n FROM logs WHERE task_id = ${task} AND attempt = ${attempt}`,
      )
    )?.n ?? 0
  );
}

export async function appendChunk(
  tx: Tx,
  log: number,
  start: number,
  length: number,
  frame: Buffer,
  complete: boolean,
): Promise<void> {
  await sql`
    WITH chunk AS (
      INSERT INTO log_chunks (log_id, start, length, bytes, stored)
      SELECT ${log}, ${start}, ${length}::int, ${frame}::bytea, ${frame.length} WHERE ${length}::int > 0
    )
    UPDATE logs SET size = size + ${length}::int, complete = complete OR ${complete}::boolean WHERE id = ${log}`.execute(
    tx,
  );
}

/** Chunks from the one that holds `offset`, up to about `bytes` of text. */
export async function readChunks(tx: Reader, log: number, offset: number, count: number): Promise<Chunk[]> {
  return await rows(
    tx,
    sql<Chunk>`
    SELECT start, length, bytes, sealed_at AS "sealedAt", stored, (SELECT sealed FROM logs WHERE id = ${log}) AS sealed
      FROM log_chunks
     WHERE log_id = ${log}
       AND start >= coalesce((SELECT max(start) FROM log_chunks WHERE log_id = ${log} AND start <= ${offset}), 0)
       AND start + length > ${offset}
     ORDER BY start LIMIT ${count}`,
  );
}

/** Logs that will not grow and still lie in the ledger. */
export async function unsealedLogs(tx: Reader, limit: number): Promise<LogFacts[]> {
  return await rows(
    tx,
    sql<LogFacts>`SELECT ${columns} WHERE l.sealed IS NULL AND ${over} ORDER BY l.id LIMIT ${limit}`,
  );
}

/** Replaces the chunks by an index into the blob. @returns false where that was done before */
export async function sealLog(
  tx: Tx,
  log: number,
  blob: string,
  index: readonly { start: number; length: number; sealedAt: number; stored: number }[],
): Promise<boolean> {
  const done = await changed(
    tx,
    sql`UPDATE logs SET sealed = ${blob}, complete = true WHERE id = ${log} AND sealed IS NULL`,
  );
  if (done === 0) return false;
  await sql`DELETE FROM log_chunks WHERE log_id = ${log}`.execute(tx);
  await sql`
    INSERT INTO log_chunks (log_id, start, length, sealed_at, stored)
    SELECT ${log}, start, length, "sealedAt", stored
      FROM jsonb_to_recordset(${JSON.stringify(index)}::jsonb) AS x(start bigint, length int, "sealedAt" bigint, stored int)`.execute(
    tx,
  );
  return true;
}
