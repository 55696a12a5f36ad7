/**
 * Whether the driver still works.
 *
 * Invariant: its probe is repeated every ten minutes beside the work, every minute while it does not work, and before
 * the next task once it has blamed itself for a failure; the newest probe decides.
 */
import type { Driver, Probe } from '@moromi/buildroot';
import type { Failure, Unfit } from '@moromi/contract';
import { text } from '../failure.ts';
import type { Refusal } from '../refusal.ts';
import type { Check } from './check.ts';

/** How long a probe holds, in milliseconds: of a driver that works, and of one that does not. */
const usualHold = { wellMs: 600_000, brokenMs: 60_000 };

/** What a driver says when it could not do its part; a disk, memory and repositories are others' part. */
const itsOwn = new Set(['root_failed', 'config_failed']);

export class DriverCheck implements Check {
  readonly #driver: Driver;
  #arches: readonly string[];
  readonly #hold: typeof usualHold;
  #probe: Probe | undefined;
  #broken: string | undefined;
  #at = performance.now();
  #asking: Promise<void> | undefined;
  #suspect = false;

  /** @param first what its probe has just said */
  constructor(driver: Driver, arches: readonly string[], first: Probe | undefined, hold = usualHold) {
    this.#driver = driver;
    this.#arches = arches;
    this.#probe = first;
    this.#hold = hold;
  }

  failed(failure: Failure): void {
    if (failure.fault === 'infrastructure' && itsOwn.has(failure.code)) this.#suspect = true;
  }

  async look(): Promise<Unfit | null> {
    if (this.#suspect) {
      // One that runs already began before the failure and may know nothing of its cause.
      await this.#asking;
      this.#suspect = false;
      await this.#ask();
    } else {
      const holds = this.#broken === undefined ? this.#hold.wellMs : this.#hold.brokenMs;
      if (performance.now() - this.#at > holds) void this.#ask();
    }
    return this.#broken === undefined ? null : { code: 'driver_broken', reason: this.#broken };
  }

  /** Why no root of this architecture can be made here, by the newest probe: a phrase; undefined where it can. */
  whyNot(arch: string): Refusal | undefined {
    if (this.#broken !== undefined) return { hard: false, reason: `cannot build now: ${this.#broken}` };
    if (this.#probe?.arches?.[arch] !== 'not') return undefined;
    return { hard: true, reason: `does not run programs of ${arch}` };
  }

  /** The same by a new probe. */
  async askWhyNot(arch: string): Promise<Refusal | undefined> {
    await this.#ask();
    return this.whyNot(arch);
  }

  /** Goes by a probe that was made elsewhere, and asks about these architectures from now on. */
  async renew(arches: readonly string[], probe: Probe): Promise<void> {
    // One that runs asks about others, and would end after this one.
    await this.#asking;
    this.#arches = arches;
    this.#found(probe);
    this.#at = performance.now();
  }

  #ask(): Promise<void> {
    this.#asking ??= this.#askOnce().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  async #askOnce(): Promise<void> {
    try {
      this.#found(await this.#driver.probe(this.#arches));
    } catch (error) {
      this.#broken = `the ${this.#driver.name} driver cannot be tried: ${text(error)}`;
    }
    this.#at = performance.now();
  }

  #found(probe: Probe): void {
    this.#probe = probe;
    const problem = probe.problems[0] ?? 'it does not say why';
    this.#broken = probe.usable ? undefined : `the ${this.#driver.name} driver does not work: ${problem}`;
  }
}
