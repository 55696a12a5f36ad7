/**
 * One slot: claims a task, works on it, claims the next.
 *
 * Invariant: a nonce stands for one wanted lease. It is repeated until a lease came for it, whatever was cut, so a lease
 * that the hub gave and this worker did not hear of is heard of at the next try; and it is never used for a second one.
 * A slot that is not wanted any more ends only when nothing can have come for its nonce.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type Lease, Problem, type WorkerOffer } from '@moromi/contract';
import { runAttempt, type Shop } from './attempt.ts';
import { isStranger } from './failure.ts';
import { nameOf } from './journal.ts';
import { pause } from './line.ts';
import type { Tally } from './tally.ts';

/** The hub answers within 25 s; what takes much longer was cut. */
const waitSeconds = 25;
const claimTimeoutMs = 40_000;
/** Before asking again a hub that refuses to be asked, in milliseconds. */
const refusedMs = 10_000;

export class LeaseLoop {
  readonly #shop: Shop;
  readonly #slot: number;
  #offer: WorkerOffer;
  readonly #tally: Tally;
  #nonce = newNonce();
  /** A claim of this nonce is without an answer: a lease may have come for it. */
  #open = false;
  /** What was asked for by this nonce; what is offered now may be less. */
  readonly #kinds = new Set<Lease['kind']>();
  #wanted = true;
  /** Aborted when a claim that waits asks for something else than is offered. */
  #stale = new AbortController();
  /** Of the attempt that this slot works on. */
  #abort: AbortController | undefined;

  constructor(shop: Shop, slot: number, offer: WorkerOffer, tally: Tally) {
    this.#shop = shop;
    this.#slot = slot;
    this.#offer = offer;
    this.#tally = tally;
  }

  /** Offers this from now on; where it is not wanted any more it ends as soon as it has nothing. */
  renew(offer: WorkerOffer, wanted: boolean): void {
    const asks = ({ kinds, arches }: WorkerOffer) => JSON.stringify([kinds, arches]);
    const same = wanted === this.#wanted && asks(offer) === asks(this.#offer);
    this.#offer = offer;
    this.#wanted = wanted;
    if (same) return;
    const before = this.#stale;
    this.#stale = new AbortController();
    before.abort();
  }

  /** Runs until `leave`, or until it is not wanted; an attempt that is under way then is finished first. */
  async run(leave: AbortSignal): Promise<void> {
    while (!leave.aborted && (this.#wanted || this.#open)) {
      const lease = await this.#claim(leave).catch((error: unknown) => {
        if (!leave.aborted) throw error;
        return undefined;
      });
      if (lease === undefined) continue;
      await this.#work(lease);
    }
  }

  /** Ends the attempt that is under way, if any. */
  stop(reason: Error): void {
    this.#abort?.abort(reason);
  }

  async #claim(leave: AbortSignal): Promise<Lease | undefined> {
    for (let round = 0; ; round++) {
      const unfit = await this.#shop.fitness.fit(leave);
      if (!this.#wanted && !this.#open) return undefined;
      const stale = this.#stale.signal;
      try {
        this.#open = true;
        const reply = await this.#shop.line.once(
          'claim',
          { body: this.#body() },
          {
            signal: AbortSignal.any([leave, unfit, stale]),
            timeoutMs: claimTimeoutMs,
          },
        );
        round = 0;
        this.#open = false;
        if (reply.lease !== null) return this.#take(reply.lease);
      } catch (error) {
        leave.throwIfAborted();
        // The nonce stays: a lease that came just now is heard of with the next claim.
        if (unfit.aborted || stale.aborted) continue;
        await this.#trouble(error, round, leave);
      }
    }
  }

  /** Waits until it makes sense to ask again; throws what asking again cannot mend. */
  async #trouble(error: unknown, round: number, leave: AbortSignal): Promise<void> {
    if (!(error instanceof Problem) || isStranger(error)) throw error;
    if (error.status === 429 || error.status >= 500) return await pause(round, leave);
    this.#shop.journal.error(`slot ${this.#slot} gets no task: ${error.message} ${error.todo}`);
    await delay(refusedMs, undefined, { signal: leave }).catch(() => undefined);
  }

  #take(lease: Lease): Lease | undefined {
    const asked = this.#kinds.has(lease.kind);
    this.#nonce = newNonce();
    this.#kinds.clear();
    const sound = [lease.task, lease.attempt].every((id) => Number.isSafeInteger(id) && id > 0);
    if (sound && asked) return lease;
    this.#shop.journal.error(
      `the hub gave a lease that this worker cannot take: ${JSON.stringify(lease).slice(0, 300)}`,
    );
    return undefined;
  }

  async #work(lease: Lease): Promise<void> {
    const { journal } = this.#shop;
    this.#tally.begin();
    journal.info(`${nameOf(lease)}: leased, attempt ${lease.attempt}`);
    this.#abort = new AbortController();
    const ended = await runAttempt(this.#shop, lease, this.#abort);
    this.#abort = undefined;
    this.#tally.end(ended.how);
    journal.info(`tally: ${this.#tally}`);
  }

  #body() {
    const { kinds, arches } = this.#offer;
    for (const kind of kinds) this.#kinds.add(kind);
    const wait = this.#wanted ? waitSeconds : 0;
    return { slot: this.#slot, nonce: this.#nonce, kinds, arches, waitSeconds: wait };
  }
}

function newNonce(): string {
  return randomBytes(18).toString('base64url');
}
