/**
 * Whether this machine is fit to begin another task.
 *
 * Invariant: while the disk has no room, and for a while after a task failed for that, no slot claims, and claims that
 * wait at the hub are withdrawn; so a task goes to another machine and does not use up its attempts on this one.
 */
import { statfs } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { Journal } from './journal.ts';

/** Below this nothing can be begun. In bytes. */
const leastRoom = 16 * 2 ** 20;
const restMs = 10_000;

export class Fitness {
  readonly #folder: string;
  readonly #journal: Journal;
  #ill: AbortController = new AbortController();
  #until = 0;
  #wasFull = false;

  constructor(folder: string, journal: Journal) {
    this.#folder = folder;
    this.#journal = journal;
  }

  /** Aborted when the machine turns out to be unfit; taken anew for each claim. */
  get unfit(): AbortSignal {
    return this.#ill.signal;
  }

  diskWasFull(): void {
    this.#until = performance.now() + restMs;
    this.#ill.abort(new Error('the disk is full'));
    this.#ill = new AbortController();
  }

  /** Resolves when another task may be begun; throws the signal's reason. */
  async fit(signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      const wait = this.#until - performance.now();
      if (wait <= 0 && (await this.#hasRoom())) return;
      await delay(wait > 0 ? wait : restMs, undefined, { signal }).catch(() => undefined);
    }
  }

  async #hasRoom(): Promise<boolean> {
    const { bavail, bsize } = await statfs(this.#folder);
    const full = bavail * bsize < leastRoom;
    if (full && !this.#wasFull) {
      this.#journal.warn(`no room left under ${this.#folder}: nothing is claimed until there is`);
    }
    this.#wasFull = full;
    return !full;
  }
}
