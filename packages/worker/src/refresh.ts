/**
 * Looking again at the settings and the machine, when the hub asks for it.
 *
 * Invariant: nothing that runs is touched, and every ask is answered. Where the settings cannot be read, or would leave
 * nothing that this worker could do, it goes on with what it offered before and says why. The hub knows of an offer
 * before anything is claimed by it.
 */
import { Problem, type RefreshAnswer, type WorkerOffer } from '@moromi/contract';
import type { Shop } from './attempt.ts';
import { checksOf } from './checks/all.ts';
import type { WorkerConfig } from './config.ts';
import { text } from './failure.ts';
import { makeOffer, needsDriver } from './offer.ts';
import type { Slots } from './slots.ts';

/** What a worker has decided by at its start, by its names in the settings file. */
const fixed = {
  home: 'home',
  hub: 'hub',
  name: 'name',
  driver: 'driver',
  roots: 'roots',
  isolation: 'isolation',
  logLevel: 'log_level',
} as const satisfies Partial<Record<keyof WorkerConfig, string>>;

/** The contract's bound on a problem. */
const longest = 1000;

export class Refresh {
  readonly #shop: Shop;
  readonly #slots: Slots;
  readonly #settings: () => WorkerConfig;
  readonly #signal: AbortSignal;
  #config: WorkerConfig;
  #offer: WorkerOffer;
  #heard = 0;
  #answering = false;

  /**
   * @param started what the worker has started with
   * @param settings reads what stands in the settings now; throws a sentence where that makes no sense
   */
  constructor(
    shop: Shop,
    slots: Slots,
    started: { config: WorkerConfig; offer: WorkerOffer },
    settings: () => WorkerConfig,
    signal: AbortSignal,
  ) {
    this.#shop = shop;
    this.#slots = slots;
    this.#config = started.config;
    this.#offer = started.offer;
    this.#settings = settings;
    this.#signal = signal;
  }

  /** The hub repeats an ask until it has the answer. */
  hear(ask: number): void {
    if (ask <= this.#heard) return;
    this.#heard = ask;
    if (!this.#answering) void this.#answerAll();
  }

  async #answerAll(): Promise<void> {
    this.#answering = true;
    for (let answered = 0; answered < this.#heard && !this.#signal.aborted; ) {
      const ask = this.#heard;
      try {
        await this.#answer(ask);
      } catch (error) {
        if (!this.#signal.aborted) this.#shop.journal.error(`looking at itself again: ${text(error)}`);
        // The hub asks again with its next answer.
        if (this.#heard === ask) this.#heard = ask - 1;
      }
      answered = ask;
    }
    this.#answering = false;
  }

  async #answer(ask: number): Promise<void> {
    const { fitness, home, line, driverCheck, journal } = this.#shop;
    journal.info('looking at the settings and the machine again, as the hub asks');
    const { restart, problem, offer } = await this.#look();
    const unfit = await fitness.renew(checksOf(this.#config, home, line, driverCheck, journal));
    const answer: RefreshAnswer = { ask, problem, restart, unfit };
    if (restart.length > 0)
      journal.warn(`${restart.join(', ')}: changed in the settings; that takes a restart of this worker`);
    try {
      await this.#tell(offer, answer);
    } catch (error) {
      if (!(error instanceof Problem) || offer === this.#offer) throw error;
      // The hub does not take it; it must not go without an answer for that.
      await this.#tell(this.#offer, { ...answer, problem: error.message });
    }
  }

  /** Tells the hub, and offers it from then on. */
  async #tell(offer: WorkerOffer, answer: RefreshAnswer): Promise<void> {
    const { line, journal } = this.#shop;
    const problem = answer.problem === null ? null : answer.problem.slice(0, longest);
    const body = { ...offer, answer: { ...answer, problem } };
    await line.call('offer', { body }, { signal: this.#signal });
    const { slots, kinds, arches } = offer;
    const words = `${slots} slots for ${kinds.join(', ')} on ${arches.join(', ')}`;
    if (problem === null) journal.info(`offers now: ${words}`);
    else journal.error(`${problem}; it goes on to offer ${words}`);
    this.#offer = offer;
    this.#slots.renew(offer);
  }

  async #look(): Promise<{ offer: WorkerOffer; restart: string[]; problem: string | null }> {
    const before = this.#config;
    const restart: string[] = [];
    const keep = (problem: string) => ({ offer: this.#offer, restart, problem });
    try {
      const read = this.#settings();
      for (const [key, name] of Object.entries(fixed) as [keyof typeof fixed, string][])
        if (read[key] !== before[key]) restart.push(name);
      this.#config = withFixed(read, before);
    } catch (error) {
      return keep(text(error));
    }
    // A driver is made at the start alone.
    if (needsDriver(this.#config) && this.#shop.driver === undefined) restart.push('kinds');
    try {
      const made = await this.#make();
      return typeof made === 'string' ? keep(made) : { offer: made, restart, problem: null };
    } catch (error) {
      return keep(`what this machine can do cannot be found out: ${text(error)}`);
    }
  }

  /** The offer, or why there is none. */
  async #make(): Promise<WorkerOffer | string> {
    const { driver, driverCheck, journal, heart, desk } = this.#shop;
    const { offer, probe } = await makeOffer(this.#config, driver, desk?.fingerprints);
    for (const warning of probe?.warnings ?? []) journal.warn(warning);
    // One that does not work now makes the machine unfit for a while, which its offer does not show.
    const broken = probe?.usable === false;
    const usable = !broken && offer.kinds.length > 0;
    if (probe !== undefined) await driverCheck?.renew(usable ? offer.arches : this.#offer.arches, probe);
    if (broken) return `the ${probe.driver} driver cannot build here: ${probe.problems.join(' ')}`;
    if (!usable) {
      const reasons = probe?.warnings ?? [];
      return ['there is no kind of task that this machine can do by its settings', ...reasons].join(': ');
    }
    const { machine } = offer;
    const diskMb = this.#offer.machine?.diskMb ?? 0;
    // What its builds take up now is free again after them.
    if (machine !== undefined && heart.held.length > 0) machine.diskMb = Math.max(machine.diskMb, diskMb);
    return offer;
  }
}

/** Settings that were read, but for those that hold until the end. */
function withFixed(read: WorkerConfig, before: WorkerConfig): WorkerConfig {
  const kept = Object.keys(fixed).filter((key) => Object.hasOwn(before, key));
  const rest = Object.entries(read).filter(([key]) => !Object.hasOwn(fixed, key));
  return {
    ...(Object.fromEntries(rest) as WorkerConfig),
    ...(Object.fromEntries(
      kept.map((key) => [key, before[key as keyof typeof fixed]]),
    ) as Partial<WorkerConfig>),
  };
}
