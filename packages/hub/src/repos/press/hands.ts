/**
 * The threads that work for the press.
 *
 * Invariant: a job is with one thread at a time, a thread has one job at a time, and jobs begin in the order in which
 * they came. A thread that dies fails its job alone; the next job gets a new one.
 */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Job, Results } from './jobs.ts';

interface Told {
  message: string;
  code: string | null;
}

/** What was wrong with a job, as its thread told it. */
export class JobError extends Error {
  /** Of an RpmError, a RepodataError or the system; null for a defect. */
  readonly code: string | null;

  constructor({ message, code }: Told) {
    super(message);
    this.name = 'JobError';
    this.code = code;
  }
}

interface Waiting {
  job: Job;
  done: (result: never) => void;
  fail: (error: unknown) => void;
}
interface Hand {
  thread: Worker;
  busy: Waiting | undefined;
}

/** A run and what it is made of are some MB. What is young is thrown away early, since it holds on to buffers. */
const resourceLimits = { maxOldGenerationSizeMb: 192, maxYoungGenerationSizeMb: 8 };

export class Hands {
  readonly #most: number;
  readonly #hands: Hand[] = [];
  readonly #queue: Waiting[] = [];
  #closed = false;

  constructor(most = Math.min(4, availableParallelism())) {
    this.#most = most;
  }

  get count(): number {
    return this.#most;
  }

  do<J extends Job>(job: J): Promise<Results[J['what']]> {
    return new Promise((done, fail) => {
      this.#queue.push({ job, done: done as Waiting['done'], fail });
      this.#next();
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const waiting of this.#queue.splice(0)) waiting.fail(new Error('the hub stops'));
    await Promise.all(this.#hands.splice(0).map(({ thread }) => thread.terminate()));
  }

  #next(): void {
    if (this.#closed) {
      for (const waiting of this.#queue.splice(0)) waiting.fail(new Error('the hub stops'));
      return;
    }
    const free = this.#hands.find((hand) => hand.busy === undefined) ?? this.#another();
    const waiting = free === undefined ? undefined : this.#queue.shift();
    if (free === undefined || waiting === undefined) return;
    free.busy = waiting;
    free.thread.ref();
    free.thread.postMessage({ job: waiting.job });
  }

  #another(): Hand | undefined {
    if (this.#hands.length >= this.#most || this.#queue.length === 0) return undefined;
    const thread = new Worker(new URL('./hand.ts', import.meta.url), {
      resourceLimits,
    });
    const hand: Hand = { thread, busy: undefined };
    this.#hands.push(hand);
    const end = (say: (waiting: Waiting) => void): void => {
      const { busy } = hand;
      hand.busy = undefined;
      thread.unref();
      if (busy !== undefined) say(busy);
      this.#next();
    };
    thread.on('message', ({ result, error }: { result?: never; error?: Told }) => {
      end((waiting) =>
        error === undefined ? waiting.done(result as never) : waiting.fail(new JobError(error)),
      );
    });
    const gone = (error: unknown): void => {
      const place = this.#hands.indexOf(hand);
      if (place >= 0) this.#hands.splice(place, 1);
      end((waiting) => waiting.fail(error));
    };
    thread.on('error', gone);
    thread.on('exit', () => gone(new Error('a thread of the hub has ended')));
    return hand;
  }
}
