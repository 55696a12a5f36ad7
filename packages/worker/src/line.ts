/**
 * The line to the hub: every call of this worker goes through here.
 *
 * Invariant: an outage never fails a call. A call goes on, for as long as its signal lets it, while no hub answers; it
 * throws only what a hub has said, or the signal's reason.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { Client, Problem, type Reply, type RouteName, type Routes } from '@moromi/contract';
import { point } from '@moromi/faults';
import { HubClock } from './hub-clock.ts';
import type { Journal } from './journal.ts';

type Input<N extends RouteName> = Parameters<typeof Client.prototype.call<N>>[1];

export interface LineOptions {
  hub: string;
  token?: string;
  journal: Journal;
}

/** Answers of a hub that mean "not now", with how long they are waited out, in seconds. */
const passing = new Map<string, number>([
  ['ledger_unavailable', Infinity],
  // A defect of the hub may be one of the moment; a result of hours is not thrown away for it.
  ['internal', 120],
  ['storage_full', 900],
]);

const slowest = 2000;
/** Time for one call where nobody says, in milliseconds. */
const usualTimeoutMs = 60_000;

interface OnceOptions {
  signal?: AbortSignal;
  timeoutMs?: number;
}

export class Line {
  readonly #client: Client;
  readonly #journal: Journal;
  /** Set by the replies to calls that are made once. */
  readonly clock = new HubClock();
  readonly token: string | undefined;
  #away: number | undefined;

  constructor(options: LineOptions) {
    this.#journal = options.journal;
    this.token = options.token;
    this.#client = new Client({
      hub: options.hub,
      ...(options.token === undefined ? {} : { token: options.token }),
      patienceSeconds: 0,
      onRetry: (reason) => this.#lost(reason),
    });
  }

  get hub(): string {
    return this.#client.hub;
  }

  /** Calls once; throws `Problem`, also where no hub answers. */
  async once<N extends RouteName>(
    name: N,
    input: Input<N>,
    options: OnceOptions = {},
  ): Promise<Reply<Routes[N]>> {
    return await this.#heard(options, () => this.#dated(name, input, options));
  }

  /** Calls until a hub has answered for good. */
  async call<N extends RouteName>(
    name: N,
    input: Input<N>,
    options: { signal: AbortSignal; timeoutMs?: number },
  ): Promise<Reply<Routes[N]>> {
    const started = performance.now();
    for (let round = 0; ; round++) {
      try {
        // The client's own patience repeats with the same idempotency key.
        return await this.#heard(options, () =>
          this.#client.call(name, input, { ...options, patienceSeconds: Infinity }),
        );
      } catch (error) {
        if (options.signal.aborted) throw options.signal.reason;
        const patience = error instanceof Problem ? (passing.get(error.code) ?? 0) : 0;
        if ((performance.now() - started) / 1000 >= patience) throw error;
        this.#lost(error instanceof Error ? error.message : String(error));
        await pause(round, options.signal);
      }
    }
  }

  /** The client's `call` keeps the headers to itself, its `stream` does not. */
  async #dated<N extends RouteName>(
    name: N,
    input: Input<N>,
    options: OnceOptions,
  ): Promise<Reply<Routes[N]>> {
    const sent = Date.now();
    const { headers, body } = await this.#client.stream(name, input, {
      timeoutMs: usualTimeoutMs,
      ...options,
      patienceSeconds: 0,
    });
    const reply = await new Response(body).json();
    this.clock.hear(headers.get('date'), sent, Date.now());
    // What a watch brings comes by chance; no test can wait for that.
    if (name !== 'watchTasks') point(`receive.${name}`);
    return reply as Reply<Routes[N]>;
  }

  async #heard<T>(options: { signal?: AbortSignal }, call: () => Promise<T>): Promise<T> {
    try {
      const reply = await call();
      this.#back();
      return reply;
    } catch (error) {
      if (options.signal?.aborted === true) throw options.signal.reason;
      if (error instanceof Problem) {
        if (error.code !== 'ledger_unavailable') this.#back();
        throw error;
      }
      // The reply was cut in its body: as good as no answer.
      throw new Problem('ledger_unavailable', `the reply of ${this.hub} was cut (${String(error)})`);
    }
  }

  #lost(reason: string): void {
    if (this.#away !== undefined) return;
    this.#away = performance.now();
    this.#journal.warn(`${reason}; going on without it and trying again`);
  }

  #back(): void {
    if (this.#away === undefined) return;
    const seconds = (performance.now() - this.#away) / 1000;
    this.#away = undefined;
    this.#journal.info(`the hub at ${this.hub} answers again after ${seconds.toFixed(1)} s`);
  }
}

/** Waits before try `round + 1`: full jitter, so that a fleet that lost its hub does not come back in step. */
export async function pause(round: number, signal: AbortSignal): Promise<void> {
  const most = Math.min(slowest, 50 * 2 ** Math.min(round, 6));
  try {
    await delay(Math.random() * most, undefined, { signal });
  } catch {
    throw signal.reason;
  }
}
