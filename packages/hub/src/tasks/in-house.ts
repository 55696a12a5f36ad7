/**
 * The hub as a worker: tasks whose work is the hub's own are leased, renewed and ended as all others are.
 *
 * Invariant: what it holds is renewed while the work goes on, and a lease of this hub that a crash left behind is given
 * back when it starts again, since nobody else has its name.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Lease, TaskKind } from '@moromi/contract';
import { replaceToken } from '../identity/index.ts';
import { type Ledger, log } from '../ledger/index.ts';
import { Signs, upsertWorker } from '../workers/index.ts';
import { leasedTasksOf } from './control-queries.ts';
import type { Dispatcher } from './dispatch.ts';
import type { Finisher } from './finish.ts';
import { Heartbeats, release } from './leases.ts';
import { heartbeatSeconds } from './rules.ts';

const waitSeconds = 25;
/** After something went wrong that is not the task's fault. */
const pauseMs = 1000;

export interface InHouseParts {
  ledger: Ledger;
  dispatcher: Dispatcher;
  finisher: Finisher;
  /** Nobody else's. */
  name: string;
  kinds: TaskKind[];
  slots: number;
  version: string;
}

export class InHouseWorker {
  readonly #parts: InHouseParts;
  readonly #signs: Signs;
  readonly #heartbeats: Heartbeats;
  readonly #stop = new AbortController();
  readonly #loops: Promise<void>[] = [];

  constructor(parts: InHouseParts) {
    this.#parts = parts;
    this.#signs = new Signs(parts.ledger);
    this.#heartbeats = new Heartbeats(parts.ledger);
  }

  async start(): Promise<void> {
    const { ledger, name, kinds, slots, version } = this.#parts;
    await ledger.tx('workers.in-house', async (tx) => {
      // It has a principal as every worker has; nobody holds its token.
      await replaceToken(tx, name, 'worker');
      await upsertWorker(tx, name, { arches: [], kinds, slots, version, driver: 'none', host: {} });
      const held = await leasedTasksOf(tx, name);
      await release(tx, name, {
        tasks: held.map(({ id: task, attempt }) => ({ task, attempt })),
        reason: 'the hub was started again',
      });
    });
    for (let slot = 0; slot < slots; slot++) this.#loops.push(this.#loop(slot));
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#loops);
  }

  async #loop(slot: number): Promise<void> {
    const { signal } = this.#stop;
    const { dispatcher, name, kinds } = this.#parts;
    while (!signal.aborted) {
      try {
        const { standing } = await this.#signs.note(name, { leaving: false, unfit: null });
        if (standing !== 'enabled') {
          await delay(pauseMs, undefined, { signal });
          continue;
        }
        const claim = { slot, nonce: randomUUID(), kinds, arches: [], waitSeconds };
        const lease = await dispatcher.claim(name, claim, signal);
        if (lease !== null) await this.#work(lease);
      } catch (error) {
        if (signal.aborted) return;
        log('warn', "the hub's own work does not go on now", { error: String(error) });
        await delay(pauseMs, undefined, { signal }).catch(() => {});
      }
    }
  }

  async #work({ task, attempt, kind, label }: Lease): Promise<void> {
    const { finisher, name } = this.#parts;
    const held = { tasks: [{ task, attempt }] };
    const beat = (): void =>
      void this.#heartbeats
        .beat(name, held)
        .catch((error: unknown) =>
          log('debug', 'a lease could not be renewed now', { error: String(error) }),
        );
    await this.#heartbeats.beat(name, held);
    const timer = setInterval(beat, heartbeatSeconds * 1000);
    try {
      await finisher.finish(task, attempt, name, { outcome: 'done' });
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      const message = `${kind} ${label}: ${error instanceof Error ? error.message : String(error)}`;
      log('warn', "the hub's own work failed", { task, error: message });
      const failure = {
        code: codeOf(error),
        message: message.slice(0, 4000),
        fault: 'infrastructure' as const,
      };
      await finisher.finish(task, attempt, name, { outcome: 'failed', failure });
    } finally {
      clearInterval(timer);
    }
  }
}

function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && code.length <= 64 ? code : 'hub_failed';
}
