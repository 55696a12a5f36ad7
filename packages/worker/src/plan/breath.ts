/**
 * When long work lets go of the event loop, so that the worker's heart and its logs get their turn.
 *
 * Invariant: who asks `due` between pieces and takes a breath where it is holds the loop for no longer than a moment
 * and a piece, and stops at the signal.
 */
import { setImmediate as turn } from 'node:timers/promises';

const momentMs = 20;

export class Breath {
  readonly #signal: AbortSignal;
  #last = performance.now();

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  get due(): boolean {
    return performance.now() - this.#last >= momentMs;
  }

  async take(): Promise<void> {
    await turn();
    this.#signal.throwIfAborted();
    this.#last = performance.now();
  }
}
