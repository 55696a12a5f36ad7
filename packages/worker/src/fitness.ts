/**
 * Whether this machine is fit to begin another task.
 *
 * Invariant: while any check says that it is not, no slot claims, and claims that wait at the hub are withdrawn; so a
 * task goes to another machine and does not use up its attempts on this one. What runs goes on. Whoever is to be told
 * is told of each change, in order.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Failure, Unfit } from '@moromi/contract';
import type { Check } from './checks/check.ts';
import { text } from './failure.ts';
import type { Journal } from './journal.ts';

/** People wait for the stop file to be seen. */
const lookMs = 1500;
/** The contract's bound on a reason. */
const longest = 500;

export class Fitness {
  #checks: readonly Check[];
  readonly #journal: Journal;
  readonly #tell: (unfit: Unfit | null) => void;
  #unfit: Unfit | null = null;
  #ill = new AbortController();
  #looked: Promise<void> = Promise.resolve();

  /** @param checks in the order in which they are named where more than one says no */
  constructor(checks: readonly Check[], journal: Journal, tell: (unfit: Unfit | null) => void) {
    this.#checks = checks;
    this.#journal = journal;
    this.#tell = tell;
  }

  /** Looks again and again until the signal. */
  async watch(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#look();
      await delay(lookMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /**
   * Resolves when another task may be begun, with a signal that is aborted when that is over; throws the reason of the
   * signal given.
   */
  async fit(signal: AbortSignal): Promise<AbortSignal> {
    for (;;) {
      signal.throwIfAborted();
      await this.#look();
      if (this.#unfit === null) return this.#ill.signal;
      await delay(lookMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Looks at once, by these checks from now on. @returns what it found */
  async renew(checks: readonly Check[]): Promise<Unfit | null> {
    this.#checks = checks;
    await this.#look();
    return this.#unfit;
  }

  /** An attempt failed here. */
  failed(failure: Failure): void {
    for (const check of this.#checks) check.failed?.(failure);
    void this.#look();
  }

  /** One look after the other: each sees what was so when it was asked for. */
  #look(): Promise<void> {
    this.#looked = this.#looked.then(async () => this.#found(await this.#first()));
    return this.#looked;
  }

  async #first(): Promise<Unfit | null> {
    for (const check of this.#checks) {
      try {
        const unfit = await check.look();
        if (unfit !== null) return { ...unfit, reason: unfit.reason.slice(0, longest) };
      } catch (error) {
        // A check that cannot look rules nothing out.
        this.#journal.debug(`a check of this machine could not be made: ${text(error)}`);
      }
    }
    return null;
  }

  #found(unfit: Unfit | null): void {
    const before = this.#unfit;
    if (unfit?.code === before?.code && unfit?.reason === before?.reason) return;
    this.#unfit = unfit;
    if (unfit === null) {
      this.#ill = new AbortController();
      this.#journal.info('takes new work again');
    } else {
      if (unfit.code !== before?.code) this.#journal.warn(`nothing is claimed: ${unfit.reason}`);
      this.#ill.abort(new Error(unfit.reason));
    }
    this.#tell(unfit);
  }
}
