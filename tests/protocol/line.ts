/**
 * A line to several hubs that loses, delays, repeats and reorders, by a seed.
 *
 * Invariant: what it gives back was really answered. A loss looks as on a network: the caller cannot tell whether its
 * request was heard, asks again (the same request, perhaps another hub) and goes on until it gets an answer.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Reply, RouteName, Routes } from '@moromi/contract';
import { call, Refused, type Request } from '../../packages/hub/src/testing/call.ts';
import type { Random } from './random.ts';

/** Calls that take any route. */
export type Client = <N extends RouteName>(name: N, request: Request) => Promise<Reply<Routes[N]>>;

export class BadLine {
  readonly #hubs: readonly string[];
  readonly #random: Random;
  /** Chance of each of the bad things. */
  badness: number;
  /** Copies that are still on their way. */
  readonly #stragglers = new Set<Promise<unknown>>();

  constructor(hubs: readonly string[], random: Random, badness: number) {
    this.#hubs = hubs;
    this.#random = random;
    this.badness = badness;
  }

  async call<N extends RouteName>(
    token: string,
    name: N,
    request: Request,
    gone: AbortSignal,
  ): Promise<Reply<Routes[N]>> {
    const same = { key: randomUUID(), ...request };
    for (;;) {
      gone.throwIfAborted();
      const hub = this.#random.pick(this.#hubs);
      if (this.#random.chance(this.badness)) await delay(this.#random.below(30));
      if (this.#random.chance(this.badness)) continue;
      if (this.#random.chance(this.badness)) this.#repeatLater(token, name, same);
      const heard = !this.#random.chance(this.badness);
      try {
        const reply = await call(hub, token, name, same);
        if (heard) return reply;
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        if (heard && error.status !== 503) throw error;
      }
    }
  }

  /** Waits until no copy is on its way any more. */
  async settle(): Promise<void> {
    await Promise.all(this.#stragglers);
  }

  /** The network has kept a copy and delivers it when nobody expects it. */
  #repeatLater(token: string, name: RouteName, request: Request): void {
    const copy = (async () => {
      await delay(this.#random.below(200));
      await call(this.#random.pick(this.#hubs), token, name, request).catch(() => {});
    })();
    this.#stragglers.add(copy);
    void copy.finally(() => this.#stragglers.delete(copy));
  }
}
