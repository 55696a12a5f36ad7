/**
 * A worker that does everything that a real one may do, and what a bad day makes of it: it dies in the middle, comes
 * back with old fences, tells twice, gives back, and fails for any reason.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Lease } from '@moromi/contract';
import { Refused } from '../../packages/hub/src/testing/call.ts';
import type { Built } from '../../packages/hub/src/testing/samples.ts';
import { HandWorker } from '../../packages/hub/src/testing/worker.ts';
import type { BadLine } from './line.ts';
import type { Random } from './random.ts';

export interface Day {
  line: BadLine;
  random: Random;
  /** Failures that come for sure before the day is over, so that no twelve days lack them by chance. */
  owed: ('package' | 'infrastructure')[];
  /** Chance of each mishap at each of its places. */
  mishap: () => number;
  sources: ReadonlyMap<string, Built>;
  gone: AbortSignal;
}

export class ModelWorker {
  readonly #hand: HandWorker;
  readonly #day: Day;
  /** What it held when it died. */
  readonly #old: Lease[] = [];
  readonly #logged = new Set<string>();

  constructor(name: string, arches: readonly string[], token: string, day: Day) {
    this.#day = day;
    this.#hand = new HandWorker(
      name,
      arches,
      (route, request) => day.line.call(token, route, request, day.gone),
      token,
    );
  }

  /** Works in one slot until the day is over. */
  async work(slot: number): Promise<void> {
    const { gone, random } = this.#day;
    while (!gone.aborted) {
      try {
        if (random.chance(0.2)) await this.#haunt();
        const lease = await this.#hand.claim({ slot, nonce: randomUUID(), waitSeconds: 1 });
        if (lease !== null) await this.#do(lease);
      } catch (error) {
        if (gone.aborted) return;
        // A lost lease is a thing of every day; every other refusal would be the hub's mistake.
        if (!(error instanceof Refused && error.problem.code === 'lease_lost')) throw error;
      }
    }
  }

  async #do(lease: Lease): Promise<void> {
    const { random, sources } = this.#day;
    if (this.#misfortune()) return void this.#old.push(lease);
    const beat = async (): Promise<boolean> => (await this.#hand.beat(lease)).held.includes(lease.task);
    if (!(await beat())) return;
    await this.#logs(lease);
    if (this.#misfortune()) return void this.#old.push(lease);
    if (this.#misfortune()) return await this.#hand.release(lease);
    const owed = this.#day.mishap() > 0 ? this.#day.owed.pop() : undefined;
    if (owed !== undefined) return void (await this.#hand.fail(lease, owed));
    if (this.#misfortune()) {
      const fault = random.pick([
        'package',
        'infrastructure',
        'infrastructure',
        'excluded',
        'canceled',
      ] as const);
      return void (await this.#hand.fail(lease, fault));
    }
    const stop = new AbortController();
    const beating = this.#beatOn(lease, stop.signal);
    try {
      const built = sources.get(lease.source?.srpm.sha256 ?? '');
      if (built === undefined && lease.kind !== 'publish') throw new Error(`${lease.label} is unknown`);
      const nothing = { srpm: { name: '', sha256: '', bytes: Buffer.alloc(0) }, rpms: new Map() };
      const completion = await this.#hand.make(lease, built ?? nothing);
      if (this.#misfortune()) await delay(random.below(100));
      if (this.#misfortune()) return void this.#old.push(lease);
      const said = await this.#hand.finish(lease, completion);
      if (!said.accepted) throw new Error(`a good result of task ${lease.task} was refused: ${said.refusal}`);
      if (this.#misfortune()) await this.#hand.finish(lease, completion);
    } finally {
      stop.abort();
      await beating;
    }
  }

  async #beatOn(lease: Lease, stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      await delay(20, undefined, { signal: stop }).catch(() => {});
      if (!stop.aborted) await this.#hand.beat(lease).catch(() => {});
    }
  }

  async #logs(lease: Lease): Promise<void> {
    // One that comes back goes on with the file that it has; here that is to have said all of it.
    const key = `${lease.task} ${lease.attempt}`;
    if (this.#logged.has(key)) return;
    this.#logged.add(key);
    let at = 0;
    for (let n = this.#day.random.below(4); n > 0; n--) {
      const text = `line ${n} of attempt ${lease.attempt}\n`;
      at = await this.#hand.log(lease, 'build.log', at, text, n === 1);
    }
  }

  /** Comes back with what it held before it died. */
  async #haunt(): Promise<void> {
    const lease = this.#old.pop();
    if (lease === undefined) return;
    const { random, sources } = this.#day;
    if (random.chance(0.5)) {
      const { held } = await this.#hand.beat(lease);
      if (held.includes(lease.task)) await this.#do(lease);
      return;
    }
    if (random.chance(0.3)) return await this.#hand.release(lease);
    if (random.chance(0.3)) return void (await this.#hand.fail(lease, 'infrastructure'));
    const built = sources.get(lease.source?.srpm.sha256 ?? '');
    if (built !== undefined) await this.#hand.finish(lease, await this.#hand.make(lease, built));
  }

  #misfortune(): boolean {
    return this.#day.random.chance(this.#day.mishap());
  }
}
