/**
 * Moves logs that have ended out of the ledger into blobs.
 *
 * Invariant: the blob is durable before the ledger names it; a crash between the two leaves a log that is sealed again.
 */
import { Readable } from 'node:stream';
import { type BlobStore, insertBlob } from '../blobs/index.ts';
import type { Ledger } from '../ledger/index.ts';
import { pack } from './append.ts';
import { type LogFacts, sealLog, unsealedLogs } from './queries.ts';
import type { LogReader } from './read.ts';

/** Text of one frame of the sealed blob: small enough to read from the middle, large enough to compress well. */
const frameBytes = 1024 * 1024;
const logsAtOnce = 20;

/** @returns how many logs were sealed */
export async function sealLogs(ledger: Ledger, store: BlobStore, reader: LogReader): Promise<number> {
  const found = await unsealedLogs(ledger.read, logsAtOnce);
  for (const log of found) await seal(ledger, store, reader, log);
  return found.length;
}

async function seal(ledger: Ledger, store: BlobStore, reader: LogReader, log: LogFacts): Promise<void> {
  const index: { start: number; length: number; sealedAt: number; stored: number }[] = [];
  let start = 0;
  let sealedAt = 0;
  const never = new AbortController().signal;
  async function* frames(): AsyncGenerator<Buffer> {
    for await (const text of inFrames(reader.read(log.id, 0, false, never))) {
      const frame = await pack(text);
      index.push({ start, length: text.length, sealedAt, stored: frame.length });
      start += text.length;
      sealedAt += frame.length;
      yield frame;
    }
  }
  const { sha256, size } = await store.put(Readable.from(frames()));
  await ledger.tx('logs.seal', async (tx) => {
    await insertBlob(tx, sha256, size);
    await sealLog(tx, log.id, sha256, index);
  });
}

async function* inFrames(text: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let parts: Buffer[] = [];
  let size = 0;
  for await (const part of text) {
    let rest = part;
    while (size + rest.length >= frameBytes) {
      parts.push(rest.subarray(0, frameBytes - size));
      rest = rest.subarray(frameBytes - size);
      yield Buffer.concat(parts);
      parts = [];
      size = 0;
    }
    if (rest.length > 0) parts.push(rest);
    size += rest.length;
  }
  if (size > 0) yield Buffer.concat(parts);
}
