/**
 * Ships one growing log to the hub.
 *
 * Invariant: what the hub has of the log is always a prefix of the file, and `complete` is said only once that prefix is
 * the whole file after its last writer ended. Nothing is remembered but an offset: bytes are read from the file again
 * when they must be sent again, so an outage costs no memory.
 */
import type { FileHandle } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { Problem } from '@moromi/contract';

/** Sends bytes at an offset; returns the log's size at the hub. */
export type Send = (bytes: Uint8Array, offset: number, complete: boolean) => Promise<number>;

/** The most that one request carries. */
const largest = 1024 * 1024;
const smallest = 64 * 1024;
/** Least time between two requests that do not carry all that a request can, in milliseconds. */
const coalesceMs = 50;
/** Answers in a row that bring nothing forward before the log is given up. */
const patience = 20;

export type Shipped = { whole: true } | { whole: false; why: string };

export class LogShipper {
  readonly #file: FileHandle;
  readonly #send: Send;
  #buffer = Buffer.allocUnsafe(smallest);
  #offset = 0;
  #grown = false;
  #ending = false;
  #wake: (() => void) | undefined;
  #rest = new AbortController();

  constructor(file: FileHandle, send: Send) {
    this.#file = file;
    this.#send = send;
  }

  /** The file may have grown. */
  kick(): void {
    this.#grown = true;
    this.#wake?.();
  }

  /** Nothing writes to the file any more: the rest goes out, and `run` returns. */
  end(): void {
    this.#ending = true;
    this.#rest.abort();
    this.#wake?.();
  }

  /** Runs until the log is over; throws `lease_lost` and the signal's reason, which `send` throws. */
  async run(): Promise<Shipped> {
    let idle = 0;
    for (;;) {
      // Read before the file is: what was written before the end was said is then seen below.
      const ending = this.#ending;
      this.#grown = false;
      const bytes = await this.#read();
      if (bytes.length === 0 && !ending) {
        await this.#growth();
        continue;
      }
      const complete = ending && bytes.length < this.#buffer.length;
      const started = performance.now();
      const size = await this.#ship(bytes, complete);
      if (typeof size === 'string') return { whole: false, why: size };
      idle = size > this.#offset ? 0 : idle + 1;
      const reached = this.#offset + bytes.length;
      this.#offset = size;
      if (complete && size === reached) return { whole: true };
      if (idle > patience) return { whole: false, why: `the hub stays at ${size} bytes of it` };
      if (bytes.length < this.#buffer.length || idle > 0) await this.#coalesce(started);
    }
  }

  async #read(): Promise<Buffer> {
    let { bytesRead } = await this.#file.read(this.#buffer, 0, this.#buffer.length, this.#offset);
    if (bytesRead === this.#buffer.length && this.#buffer.length < largest) {
      // Only a log that grows fast gets a large buffer.
      this.#buffer = Buffer.allocUnsafe(largest);
      ({ bytesRead } = await this.#file.read(this.#buffer, 0, largest, this.#offset));
    }
    return this.#buffer.subarray(0, bytesRead);
  }

  /** The size at the hub, or why no more of this log is taken. */
  async #ship(bytes: Buffer, complete: boolean): Promise<number | string> {
    try {
      const size = await this.#send(bytes, this.#offset, complete);
      return await this.#believe(size);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (error.code === 'log_gap') return await this.#believe(offsetNamed(error));
      if (error.code === 'lease_lost' || error.code === 'unknown_task') throw error;
      return error.message;
    }
  }

  async #believe(size: number | undefined): Promise<number | string> {
    if (size === undefined) return 'the hub named no offset to go on from';
    const { size: have } = await this.#file.stat();
    if (!Number.isSafeInteger(size) || size < 0 || size > have) {
      return `the hub claims to have ${size} bytes of it, and it has ${have}`;
    }
    return size;
  }

  async #growth(): Promise<void> {
    if (this.#grown || this.#ending) return;
    await new Promise<void>((wake) => {
      this.#wake = wake;
    });
    this.#wake = undefined;
  }

  async #coalesce(started: number): Promise<void> {
    const left = coalesceMs - (performance.now() - started);
    if (left <= 0 || this.#ending) return;
    await delay(left, undefined, { signal: this.#rest.signal }).catch(() => undefined);
  }
}

function offsetNamed(problem: Problem): number | undefined {
  for (const key of ['size', 'offset', 'expected']) {
    const value = problem.facts[key];
    if (typeof value === 'number') return value;
  }
  return undefined;
}
