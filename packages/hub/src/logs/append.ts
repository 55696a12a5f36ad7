/**
 * How a running task's log grows.
 *
 * Invariant: a log has no holes and no repetitions: a piece is taken only at the log's present end, under the fence,
 * in one transaction. A piece that is there already changes nothing.
 */
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { constants, zstdCompress } from 'node:zlib';
import { Problem } from '@moromi/contract';
import { hint, type Ledger } from '../ledger/index.ts';
import { holdAttempt } from '../tasks/index.ts';
import { appendChunk, countLogs, lockLog } from './queries.ts';

const compress = promisify(zstdCompress);
/** Greatest log, in bytes; a build that writes more has lost its mind. */
const sizeLimit = 1024 ** 3;
const logsPerAttempt = 64;
const pieceLimit = 1024 * 1024;

export interface Piece {
  task: number;
  attempt: number;
  worker: string;
  log: string;
  offset: number;
  complete: boolean;
}

export async function appendLog(ledger: Ledger, piece: Piece, content: Readable): Promise<{ size: number }> {
  const bytes = await readAll(content);
  const frame = await pack(bytes);
  return await ledger.tx('logs.append', async (tx) => {
    await holdAttempt(tx, piece.task, piece.attempt, piece.worker);
    const log = await lockLog(tx, piece.task, piece.attempt, piece.log);
    if (log.size === 0 && (await countLogs(tx, piece.task, piece.attempt)) > logsPerAttempt)
      throw new Problem('log_too_large', `an attempt may have ${logsPerAttempt} logs`);
    const end = piece.offset + bytes.length;
    // Sent before, and the reply was lost.
    const known = end <= log.size;
    if (!known && (piece.offset !== log.size || log.complete))
      throw new Problem('log_gap', whyGap(piece, log), {
        size: log.size,
        complete: log.complete,
      });
    if (end > sizeLimit) throw new Problem('log_too_large', `${piece.log} is over ${sizeLimit} bytes`);
    if (!known) await appendChunk(tx, log.id, piece.offset, bytes.length, frame, piece.complete);
    else if (piece.complete && end === log.size) await appendChunk(tx, log.id, end, 0, frame, true);
    hint(tx, `log:${log.id}`);
    return { size: Math.max(end, log.size) };
  });
}

function whyGap(piece: Piece, log: { size: number; complete: boolean }): string {
  return log.complete
    ? `${piece.log} was complete with ${log.size} bytes`
    : `${piece.log} has ${log.size} bytes, not ${piece.offset}`;
}

/** @returns the bytes as one zstd frame */
export async function pack(bytes: Uint8Array): Promise<Buffer> {
  return await compress(bytes, { params: { [constants.ZSTD_c_compressionLevel]: 1 } });
}

async function readAll(content: Readable): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  // Not destroyed when it is too long: a request's connection must live for the answer.
  for await (const part of content.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > pieceLimit) throw new Problem('too_large', `a piece of a log may have ${pieceLimit} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}
