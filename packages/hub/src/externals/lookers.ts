/**
 * Has external repositories looked at in a thread of its own, so that requests are answered meanwhile.
 *
 * Invariant: a thread that dies fails what it was at; the next order gets a new one. One without work keeps nothing alive.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import type { Found } from './look.ts';
import type { LookOrder } from './look-order.ts';
import type { ThreadData } from './thread.ts';
import { Trouble } from './trouble.ts';

interface Asked {
  done: (found: Found) => void;
  fail: (error: Error) => void;
}

/** The packages of a piece of input, the names of all, and what is to be written. */
const memoryMb = 512;
/** Longer than a look may take by its own account. */
const timeoutMs = 40 * 60_000;

export class Lookers {
  readonly #data: ThreadData;
  readonly #asked = new Map<number, Asked>();
  #thread: Worker | undefined;
  #last = 0;

  constructor(data: ThreadData) {
    this.#data = data;
    rmSync(data.folder, { recursive: true, force: true });
    mkdirSync(data.folder, { recursive: true });
  }

  /** Throws Trouble. */
  async look(order: LookOrder): Promise<Found> {
    this.#thread ??= this.#start();
    const thread = this.#thread;
    const id = ++this.#last;
    // A thread that answers nobody any more is ended, and with it all that it was at.
    const late = setTimeout(() => void thread.terminate(), timeoutMs);
    try {
      return await new Promise((done, fail) => {
        this.#asked.set(id, { done, fail });
        thread.postMessage({ id, order });
      });
    } finally {
      clearTimeout(late);
    }
  }

  async close(): Promise<void> {
    await this.#thread?.terminate();
  }

  #start(): Worker {
    const thread = new Worker(new URL('./thread.ts', import.meta.url), {
      workerData: this.#data,
      resourceLimits: { maxOldGenerationSizeMb: memoryMb },
    });
    thread.unref();
    thread.on('message', ({ id, found, error }: { id: number; found?: Found; error?: Trouble }) => {
      const asked = this.#asked.get(id);
      this.#asked.delete(id);
      if (found !== undefined) asked?.done(found);
      else asked?.fail(new Trouble(error?.code ?? 'hub_failed', error?.message ?? 'it said nothing'));
    });
    const gone = (why: string): void => {
      if (this.#thread !== thread) return;
      this.#thread = undefined;
      for (const { fail } of this.#asked.values())
        fail(new Trouble('hub_failed', `The thread that reads external repositories has ended: ${why}.`));
      this.#asked.clear();
    };
    thread.on('error', (error) => gone(error.message));
    thread.on('exit', (code) => gone(`exit ${code}`));
    return thread;
  }
}
