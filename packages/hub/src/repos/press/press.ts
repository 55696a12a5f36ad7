/**
 * Composes revisions in a thread of its own, so that requests are answered meanwhile.
 *
 * Invariant: what comes back was made of the ledger and the store alone. A thread that dies fails what it was at; the
 * next order gets a new one.
 */
import { Worker } from 'node:worker_threads';
import { between } from '@moromi/faults';
import type { RecordOrder } from './record.ts';
import type { MadeRevision, RevisionOrder } from './revision.ts';
import type { ThreadData, Wanted } from './thread.ts';
import type { MadeRecord } from './workshop.ts';

interface Asked {
  done: (made: never) => void;
  fail: (error: Error) => void;
}

/** What went wrong in the press, with the code of a damaged package or of the system. */
export class PressError extends Error {
  readonly code: string | null;

  constructor(message: string, code: string | null = null) {
    super(message);
    this.name = 'PressError';
    this.code = code;
  }
}

/**
 * What is young is thrown away early: left to itself, a thread that lists tens of thousands of packages for each revision
 * takes 150 MB more before it collects what it has dropped. What is old may grow as it does without a limit.
 */
const resourceLimits = { maxYoungGenerationSizeMb: 16 };

export class Press {
  readonly #data: ThreadData;
  readonly #asked = new Map<number, Asked>();
  #thread: Worker | undefined;
  #last = 0;

  constructor(data: ThreadData) {
    this.#data = data;
  }

  compose(order: RevisionOrder): Promise<MadeRevision> {
    return this.#ask({ order });
  }

  /** Reads, checks, packs and stores a record that was uploaded. */
  record(record: RecordOrder): Promise<MadeRecord> {
    return this.#ask({ record });
  }

  async #ask<Made>(what: Wanted): Promise<Made> {
    this.#thread ??= this.#start();
    const thread = this.#thread;
    const id = ++this.#last;
    const made = new Promise<Made>((done, fail) => {
      this.#asked.set(id, { done, fail });
      thread.postMessage({ id, ...what });
    });
    return await between('press.revision', () => made);
  }

  async close(): Promise<void> {
    await this.#thread?.terminate();
  }

  #start(): Worker {
    const thread = new Worker(new URL('./thread.ts', import.meta.url), {
      workerData: this.#data,
      resourceLimits,
    });
    thread.unref();
    thread.on('message', ({ id, made, error }: { id: number; made?: never; error?: PressError }) => {
      const asked = this.#asked.get(id);
      this.#asked.delete(id);
      if (made !== undefined) asked?.done(made);
      else asked?.fail(new PressError(error?.message ?? 'it said nothing', error?.code));
    });
    const gone = (why: string): void => {
      if (this.#thread !== thread) return;
      this.#thread = undefined;
      for (const { fail } of this.#asked.values()) fail(new PressError(`the press has ended: ${why}`));
      this.#asked.clear();
    };
    thread.on('error', (error) => gone(error.message));
    thread.on('exit', (code) => gone(`exit ${code}`));
    return thread;
  }
}
