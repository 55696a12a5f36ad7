/**
 * A fleet of model workers: everything that real ones say to the hub, and no builds.
 *
 * Invariant: a worker's nonce stands for one wanted lease and is repeated until a lease came for it; what it holds it
 * beats for, at once and then every 8 to 10 s, and has one watch for at the hub, as a real worker does. One that is
 * killed says nothing more.
 *
 * MOROMI_WATCH=0 leaves the watches out.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type Completion, type Lease, Problem, type WorkerOffer } from '@moromi/contract';
import { say } from './figure.ts';
import { Wire } from './wire.ts';
import type { World } from './world.ts';

const waitSeconds = 25;
const enrolAtOnce = 16;
const watches = process.env['MOROMI_WATCH'] !== '0';
const kinds: WorkerOffer['kinds'] = ['srpm', 'build'];

export type Holding = Pick<Lease, 'task' | 'attempt'>;

export class ModelWorker {
  readonly name: string;
  readonly arches: string[];
  /** Told of what goes wrong, before it is tried again or given up. */
  onTrouble: (trouble: unknown) => void = () => {};
  readonly #wire: Wire;
  readonly #nonces = new Map<number, string>();
  readonly #held = new Map<number, number>();
  readonly #dead = new AbortController();
  #beat: NodeJS.Timeout | undefined;
  #watch: AbortController | undefined;

  constructor(name: string, arches: string[], wire: Wire) {
    this.name = name;
    this.arches = arches;
    this.#wire = wire;
  }

  get held(): Holding[] {
    return [...this.#held].map(([task, attempt]) => ({ task, attempt }));
  }

  /** Asks once. @returns null where nothing came within the time that the hub waits */
  async claim(slot = 0): Promise<Lease | null> {
    const nonce = this.#nonces.get(slot) ?? randomUUID();
    this.#nonces.set(slot, nonce);
    const body = { slot, nonce, kinds, arches: this.arches, waitSeconds };
    const { lease } = await this.#wire.call('claim', { body, signal: this.#dead.signal });
    if (lease !== null) {
      this.#nonces.delete(slot);
      this.#held.set(lease.task, lease.attempt);
      this.#changed(true);
    }
    return lease;
  }

  /** Asks until it has a lease. */
  async take(slot = 0): Promise<Lease> {
    for (;;) {
      const lease = await this.#insist(() => this.claim(slot));
      if (lease !== null) return lease;
    }
  }

  async finish({ task, attempt }: Holding, body: Completion): Promise<void> {
    const params = { id: task, attempt };
    try {
      await this.#insist(() => this.#wire.call('finishAttempt', { params, body, signal: this.#dead.signal }));
    } finally {
      this.#held.delete(task);
      this.#changed(false);
    }
  }

  /** The package's own failure: final, and the least that a result can be. */
  async fail(lease: Holding): Promise<void> {
    const failure = { code: 'bench', message: 'a model worker builds nothing', fault: 'package' as const };
    await this.finish(lease, { outcome: 'failed', failure });
  }

  async release({ task, attempt }: Holding): Promise<void> {
    this.#held.delete(task);
    const body = { tasks: [{ task, attempt }], reason: 'a model worker gives it back' };
    await this.#insist(() => this.#wire.call('release', { body, signal: this.#dead.signal }));
    this.#changed(false);
  }

  /** Tells of a file that the hub has already. */
  async have(lease: Holding, file: { name: string; sha256: string; size: number }): Promise<void> {
    const { complete } = await this.#wire.call('createUpload', {
      body: { ...file, ...lease },
      signal: this.#dead.signal,
    });
    if (!complete) throw new Error(`the hub has no ${file.name}`);
  }

  get dead(): boolean {
    return this.#dead.signal.aborted;
  }

  /** As a power cut does. */
  kill(): void {
    this.#dead.abort();
    clearTimeout(this.#beat);
    this.#watch?.abort();
    this.#wire.cut();
  }

  /** A new process of the same name, which knows nothing of what this one held. */
  async successor(): Promise<ModelWorker> {
    await this.#wire.call('offer', { body: offerOf(this.arches, 1) });
    return new ModelWorker(this.name, this.arches, this.#wire);
  }

  /** Ends its connections; the next calls make new ones. */
  reconnect(): void {
    this.#wire.cut();
  }

  /** Goes on while the hub cannot, with the pauses of a real worker. */
  async #insist<T>(call: () => Promise<T>): Promise<T> {
    for (let round = 0; ; round++) {
      try {
        return await call();
      } catch (trouble) {
        if (this.#dead.signal.aborted) throw trouble;
        this.onTrouble(trouble);
        if (trouble instanceof Problem && trouble.status < 500) throw trouble;
        await delay(Math.random() * Math.min(2000, 50 * 2 ** Math.min(round, 6)));
      }
    }
  }

  #changed(more: boolean): void {
    if (watches) this.#look();
    if (more) this.#beatNow();
  }

  #beatNow(): void {
    clearTimeout(this.#beat);
    const { held } = this;
    if (held.length === 0 || this.#dead.signal.aborted) return;
    const body = { tasks: held, clock: new Date().toISOString() };
    this.#wire
      .call('heartbeat', { body, signal: this.#dead.signal })
      .then(({ lost }) => {
        for (const { task } of lost) this.#held.delete(task);
      })
      .catch(() => {});
    this.#beat = setTimeout(() => this.#beatNow(), 8000 + Math.random() * 2000);
  }

  /** A watch for other tasks takes the place of the one before. */
  #look(): void {
    this.#watch?.abort();
    if (this.#held.size === 0 || this.#dead.signal.aborted) return;
    const stop = new AbortController();
    this.#watch = stop;
    const body = { tasks: this.held, standing: 'enabled' as const, waitSeconds };
    this.#wire
      .call('watchTasks', { body, signal: stop.signal })
      .then(({ lost }) => {
        for (const { task } of lost) this.#held.delete(task);
        if (!stop.signal.aborted) this.#look();
      })
      .catch(() => {});
  }
}

/** Enrols workers, each for one of the architectures in turn. Tells how long that took. */
export async function enrolFleet(
  world: World,
  count: number,
  arches: readonly string[],
  slots = 1,
): Promise<ModelWorker[]> {
  const at = performance.now();
  const fleet: ModelWorker[] = [];
  let next = 0;
  const enrolSome = async (): Promise<void> => {
    const desk = new Wire(world.hub, world.enrolToken);
    for (let n = next++; n < count; n = next++) {
      const name = `model-${String(n).padStart(4, '0')}`;
      const mine = [arches[n % arches.length] ?? 'x86_64'];
      const { token } = await desk.call('enrolWorker', { body: { name, offer: offerOf(mine, slots) } });
      fleet.push(new ModelWorker(name, mine, new Wire(world.hub, token)));
    }
    desk.cut();
  };
  await Promise.all(Array.from({ length: enrolAtOnce }, enrolSome));
  say(`${count} workers enrolled in ${((performance.now() - at) / 1000).toFixed(1)} s`);
  return fleet.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function offerOf(arches: string[], slots: number): WorkerOffer {
  return { arches, kinds, slots, version: 'bench', driver: 'none', host: {} };
}
