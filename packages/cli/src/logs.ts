/**
 * Reading logs, over any number of cuts.
 *
 * Invariant: every byte of a log comes once and in order: a cut is followed by a new request from the offset reached.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { type Client, Problem } from '@moromi/contract';

export interface LogAddress {
  task: number;
  attempt: number;
  name: string;
}

export interface ReadOptions {
  /** Bytes to skip. */
  offset?: number;
  /** Go on until the log ends. */
  follow: boolean;
  signal: AbortSignal;
  patienceSeconds?: number;
}

export async function* readLog(
  client: Client,
  log: LogAddress,
  options: ReadOptions,
): AsyncGenerator<Uint8Array> {
  const { signal, follow, patienceSeconds = 600 } = options;
  let offset = options.offset ?? 0;
  for (let cuts = 0; ; cuts++) {
    try {
      const params = { id: log.task, attempt: log.attempt, log: log.name };
      const { body } = await client.stream(
        'readLog',
        { params, query: { offset, ...(follow ? { follow } : {}) } },
        { signal, patienceSeconds },
      );
      for await (const piece of body) {
        offset += piece.length;
        cuts = 0;
        yield piece;
      }
      if (!follow || (await isComplete(client, log, offset, signal, patienceSeconds))) return;
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof Problem || cuts > 20) throw error;
    }
    await delay(Math.random() * Math.min(2000, 100 * 2 ** Math.min(cuts, 5)), undefined, { signal });
  }
}

/** The log has ended and we have all of it. A stream that ended without that was cut. */
async function isComplete(
  client: Client,
  log: LogAddress,
  offset: number,
  signal: AbortSignal,
  patienceSeconds: number,
): Promise<boolean> {
  const params = { id: log.task };
  const { items } = await client.call('listLogs', { params }, { signal, patienceSeconds });
  const info = items.find((one) => one.name === log.name && one.attempt === log.attempt);
  return info === undefined || (info.complete && offset >= info.size);
}
