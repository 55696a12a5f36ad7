/**
 * One slot: claims a task, works on it, claims the next.
 *
 * Invariant: a nonce stands for one wanted lease. It is repeated until a lease came for it, whatever was cut, so a lease
 * that the hub gave and this worker did not hear of is heard of at the next try; and it is never used for a second one.
 */
import { randomBytes } from 'node:crypto';
import { statfs } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { type Lease, Problem, type WorkerOffer } from '@moromi/contract';
import { type Ended, runAttempt, type Shop } from './attempt.ts';
import { nameOf } from './journal.ts';
import { pause } from './line.ts';
import type { Tally } from './tally.ts';

/** The hub answers within 25 s; what takes much longer was cut. */
const waitSeconds = 25;
const claimTimeoutMs = 40_000;
/** Below this nothing can be begun, so nothing is claimed. In bytes. */
const leastRoom = 16 * 2 ** 20;
/** Others get the task that failed for this machine's sake before this machine asks again. */
const illMs = 30_000;

export class LeaseLoop {
  readonly #shop: Shop;
  readonly #slot: number;
  readonly #offer: WorkerOffer;
  readonly #tally: Tally;
  #nonce = newNonce();
  /** Of the attempt that this slot works on. */
  #abort: AbortController | undefined;
  #wasFull = false;

  constructor(shop: Shop, slot: number, offer: WorkerOffer, tally: Tally) {
    this.#shop = shop;
    this.#slot = slot;
    this.#offer = offer;
    this.#tally = tally;
  }

  /** Runs until `leave`; an attempt that is under way then is finished first. */
  async run(leave: AbortSignal): Promise<void> {
    while (!leave.aborted) {
      const lease = await this.#claim(leave).catch((error: unknown) => {
        if (!leave.aborted) throw error;
        return undefined;
      });
      if (lease === undefined) continue;
      const ended = await this.#work(lease);
      if (ended.failure?.code === 'disk_full') await rest(illMs, leave);
    }
    await this.#giveBackUnheard();
  }

  /** Ends the attempt that is under way, if any. */
  stop(reason: Error): void {
    this.#abort?.abort(reason);
  }

  async #claim(leave: AbortSignal): Promise<Lease | undefined> {
    for (let round = 0; ; round++) {
      leave.throwIfAborted();
      if (!(await this.#hasRoom())) {
        await rest(illMs / 3, leave);
        continue;
      }
      try {
        const reply = await this.#shop.line.once(
          'claim',
          { body: this.#body(waitSeconds) },
          {
            signal: leave,
            timeoutMs: claimTimeoutMs,
          },
        );
        round = 0;
        if (reply.lease !== null) return this.#take(reply.lease);
      } catch (error) {
        leave.throwIfAborted();
        if (!isAway(error)) throw error;
        await pause(round, leave);
      }
    }
  }

  #take(lease: Lease): Lease | undefined {
    this.#nonce = newNonce();
    const sound = [lease.task, lease.attempt].every((id) => Number.isSafeInteger(id) && id > 0);
    if (sound && this.#offer.kinds.includes(lease.kind)) return lease;
    this.#shop.journal.error(
      `the hub gave a lease that this worker cannot take: ${JSON.stringify(lease).slice(0, 300)}`,
    );
    return undefined;
  }

  async #work(lease: Lease): Promise<Ended> {
    const { journal } = this.#shop;
    this.#tally.begin();
    journal.info(`${nameOf(lease)}: leased, attempt ${lease.attempt}`);
    this.#abort = new AbortController();
    const ended = await runAttempt(this.#shop, lease, this.#abort);
    this.#abort = undefined;
    this.#tally.end(ended.how);
    journal.info(`tally: ${this.#tally}`);
    return ended;
  }

  /** A claim that was cut for leaving may have got a lease; it is given back, so that nobody waits for it to lapse. */
  async #giveBackUnheard(): Promise<void> {
    const { line, journal } = this.#shop;
    const soon = { signal: AbortSignal.timeout(1500) };
    try {
      const { lease } = await line.once('claim', { body: this.#body(0) }, soon);
      if (lease === null) return;
      const { task, attempt } = lease;
      await line.once('release', { body: { tasks: [{ task, attempt }], reason: 'the worker leaves' } }, soon);
      journal.info(`${nameOf(lease)}: given back, not begun`);
    } catch {
      // No hub to hear it: such a lease lapses by itself, having had no heartbeat.
    }
  }

  #body(wait: number) {
    const { kinds, arches } = this.#offer;
    return { slot: this.#slot, nonce: this.#nonce, kinds, arches, waitSeconds: wait };
  }

  async #hasRoom(): Promise<boolean> {
    const { bavail, bsize } = await statfs(this.#shop.home.dir);
    const full = bavail * bsize < leastRoom;
    if (full && !this.#wasFull) {
      this.#shop.journal.warn(
        `no room left under ${this.#shop.home.dir}: slot ${this.#slot} claims nothing until there is`,
      );
      await this.#shop.downloads.sweep();
    }
    this.#wasFull = full;
    return !full;
  }
}

function isAway(error: unknown): boolean {
  if (!(error instanceof Problem)) return false;
  return error.status === 429 || error.status >= 500;
}

async function rest(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => undefined);
}

function newNonce(): string {
  return randomBytes(18).toString('base64url');
}
