/**
 * A fleet at work in the open loop: whoever is idle claims, holds its lease for a while, and ends it with the package's
 * own failure.
 *
 * Invariant: what went wrong on the way is counted and told, never left out of the times.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { Problem } from '@moromi/contract';
import type { Holding, ModelWorker } from './fleet.ts';

export class Churn {
  readonly #all: number;
  readonly #idle: ModelWorker[];
  readonly #troubles = new Map<string, number>();
  holdMs: number;

  constructor(fleet: readonly ModelWorker[], holdMs: number) {
    this.#all = fleet.length;
    this.#idle = [...fleet];
    for (const worker of fleet) worker.onTrouble = (trouble) => this.#note(trouble);
    this.holdMs = holdMs;
  }

  /** For `pace`: the next idle worker gets a lease. */
  seize = (): Promise<void> | null => {
    const worker = this.#idle.shift();
    if (worker === undefined) return null;
    const lease = worker.take();
    void lease.then((held) => this.#work(worker, held));
    return lease.then(() => {});
  };

  /** Until everybody is idle; what takes too long is left. */
  async rest(limitSeconds: number): Promise<void> {
    const end = performance.now() + limitSeconds * 1000;
    while (this.#idle.length < this.#all && performance.now() < end) await delay(20);
  }

  /** What went wrong, for people. */
  get troubles(): string {
    return [...this.#troubles].map(([what, count]) => `${count} × ${what}`).join(', ');
  }

  async #work(worker: ModelWorker, lease: Holding): Promise<void> {
    await delay(this.holdMs * (0.8 + Math.random() * 0.4));
    await worker.fail(lease).catch(() => {});
    this.#idle.push(worker);
  }

  #note(error: unknown): void {
    const what = error instanceof Problem ? error.code : String(error);
    this.#troubles.set(what, (this.#troubles.get(what) ?? 0) + 1);
  }
}
