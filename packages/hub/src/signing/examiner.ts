/**
 * The thread that examines signatures: what strangers bring is taken apart there, and whole packages are hashed there.
 *
 * Invariant: a job is answered once, or fails; a thread that dies fails what it had, and the next job gets a new one.
 */
import { Worker } from 'node:worker_threads';
import { between } from '@moromi/faults';
import type { Asked, Examined } from './examine.ts';
import type { AskedFile, ExaminedFile } from './examine-file.ts';

export interface Job {
  /** The public key, armored. */
  armor: string;
  /** The ledger's time, in seconds since 1970. */
  at: number;
  packages: Asked[];
  files: AskedFile[];
}

export interface Answer {
  packages: Examined[];
  files: ExaminedFile[];
}

interface Waiting {
  done: (answer: Answer) => void;
  fail: (error: Error) => void;
}

const memoryMb = 512;

export class Examiner {
  readonly #blobs: string;
  readonly #waiting = new Map<number, Waiting>();
  #thread: Worker | undefined;
  #last = 0;

  /** @param blobs the folder of the store */
  constructor(blobs: string) {
    this.#blobs = blobs;
  }

  async examine(job: Job): Promise<Answer> {
    const id = ++this.#last;
    return await between('signing.examine', () => this.#ask(id, job));
  }

  #ask(id: number, job: Job): Promise<Answer> {
    return new Promise((done, fail) => {
      this.#waiting.set(id, { done, fail });
      this.#thread ??= this.#start();
      this.#thread.postMessage({ id, job });
    });
  }

  async close(): Promise<void> {
    await this.#thread?.terminate();
  }

  #start(): Worker {
    const thread = new Worker(new URL('./examiner-thread.ts', import.meta.url), {
      workerData: { blobs: this.#blobs },
      resourceLimits: { maxOldGenerationSizeMb: memoryMb },
    });
    thread.unref();
    thread.on('message', ({ id, answer, error }: { id: number; answer?: Answer; error?: string }) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (answer === undefined) waiting?.fail(new Error(error));
      else waiting?.done(answer);
    });
    const gone = (error: Error): void => {
      if (this.#thread === thread) this.#thread = undefined;
      const lost = [...this.#waiting.values()];
      this.#waiting.clear();
      for (const waiting of lost) waiting.fail(error);
    };
    thread.on('error', gone);
    thread.on('exit', () => gone(new Error('the thread that examines signatures has ended')));
    return thread;
  }
}
