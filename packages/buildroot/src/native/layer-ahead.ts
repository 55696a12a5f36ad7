/**
 * A layer that is made before it is known to be wanted.
 *
 * Invariant: when it was given up, nothing of it runs on and it uses nothing. What goes wrong with it is no failure: who
 * wants the layer after all makes it, and hears of it then.
 */
import type { BuildOrder } from '../driver.ts';
import type { OrderLogs } from '../logs.ts';
import type { Layer, LayerStore, Wish } from './layers.ts';

interface For {
  layers: LayerStore;
  order: BuildOrder;
  logs: OrderLogs;
  signal: AbortSignal;
}

export class LayerAhead implements AsyncDisposable {
  readonly key: string;
  readonly #stop = new AbortController();
  readonly #made: Promise<Layer | undefined>;

  constructor({ layers, order, logs, signal }: For, wish: Wish) {
    this.key = layers.keyOf(wish);
    const either = AbortSignal.any([signal, this.#stop.signal]);
    this.#made = layers.acquire(wish, order, logs, either).catch(() => undefined);
  }

  /** Ends what is still being made. A layer that is there stays, with whoever uses it by now. */
  async giveUp(): Promise<void> {
    this.#stop.abort();
    await (await this.#made)?.release();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.giveUp();
  }
}
