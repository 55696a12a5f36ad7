/**
 * The last line of what a running task logs, for the display.
 *
 * Invariant: it never throws and never delays anything: where the log cannot be read there is no last line.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { printable } from './escape.ts';
import { readLog } from './logs.ts';
import type { Session } from './session.ts';

/** Logs worth showing, the most telling first. */
const telling = ['build.log', 'root.log'];

export class LogTail {
  last = '';
  readonly #stop = new AbortController();

  constructor(session: Session, task: number) {
    const signal = AbortSignal.any([session.signal, this.#stop.signal]);
    void this.#run(session, task, signal).catch(() => {});
  }

  stop(): void {
    this.#stop.abort();
  }

  async #run(session: Session, task: number, signal: AbortSignal): Promise<void> {
    const decoder = new TextDecoder();
    for (let idle = 0; ; idle++) {
      const { items } = await session.client.call('listLogs', { params: { id: task } }, { signal });
      const newest = Math.max(0, ...items.map(({ attempt }) => attempt));
      const open = items.filter(({ attempt, complete }) => attempt === newest && !complete);
      const log = telling.flatMap((name) => open.find((one) => one.name === name) ?? [])[0];
      if (log === undefined) {
        // No event tells of a new log; this asks rarely, and only while somebody looks at the display.
        await delay(Math.min(4000, 500 * 2 ** idle), undefined, { signal });
        continue;
      }
      idle = 0;
      const offset = Math.max(0, log.size - 4096);
      const ends = new AbortController();
      // The root's log goes on while the build's begins: a better one is looked for now and then.
      const turn = log.name === telling[0] ? undefined : setTimeout(() => ends.abort(), 4000);
      turn?.unref();
      let rest = '';
      try {
        const read = readLog(
          session.client,
          { task, attempt: newest, name: log.name },
          {
            offset,
            follow: true,
            signal: AbortSignal.any([signal, ends.signal]),
          },
        );
        for await (const piece of read) {
          rest = (rest + decoder.decode(piece, { stream: true })).slice(-8192);
          const line = rest.split('\n').findLast((one) => printable(one).trim() !== '');
          if (line !== undefined) this.last = printable(line).trim();
        }
      } catch (error) {
        if (!ends.signal.aborted) throw error;
      } finally {
        clearTimeout(turn);
      }
    }
  }
}
