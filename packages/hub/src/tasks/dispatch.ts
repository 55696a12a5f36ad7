/**
 * Brings free tasks to the workers that wait for them.
 *
 * Invariant: choosing is advice, claiming is compare-and-set. A waiter that goes away loses nothing: the lease that it
 * would have got is found again by its nonce, or lapses without having used an attempt.
 */
import type { Claim, Lease } from '@moromi/contract';
import { type Ledger, log, type Tx, tell } from '../ledger/index.ts';
import type { Finisher } from './finish.ts';
import type { Kinds } from './kinds.ts';
import { type Asking, leasesOfClaims, takeLeases } from './lease-queries.ts';
import { Orders } from './orders.ts';
import { type Picked, pick } from './pick.ts';
import type { TaskFacts } from './queries.ts';
import { firstHeartbeatSeconds } from './rules.ts';
import { Runs } from './runs.ts';
import { type Claimant, limitsOf, lookAt } from './snapshot.ts';
import { lockQuotas, quotas, runningSums } from './snapshot-queries.ts';

interface Waiting extends Claimant {
  nonce: string;
  /** Whether it has a lease already was looked up; one that it gets elsewhere from now on is found each second. */
  known: boolean;
  /** A look that may bring it a task has not ended: it must not go away with nothing before that. */
  looking: boolean;
  late: boolean;
  give: (lease: TaskFacts | null) => void;
}

type Chosen = Picked<Waiting>;

/** Beyond one task for each who waits, a look brings so many of each queue, for those that somebody must not have. */
const spareTasks = 3;

/** A claim that another hub still has too may get its lease there, while it waits here. */
const askAgainMs = 1000;

/** Looks again after a look in which others were quicker, so often; then the sweep must come. */
const retriesAtOnce = 5;

export class Dispatcher {
  readonly #ledger: Ledger;
  readonly #orders: Orders;
  readonly #runs = new Runs();
  readonly #waiting = new Map<string, Waiting>();
  readonly #off: () => void;
  #running = false;
  #again = false;
  #retries = 0;
  #askedAll = 0;

  constructor(ledger: Ledger, kinds: Kinds, finisher: Finisher) {
    this.#ledger = ledger;
    this.#orders = new Orders(ledger, kinds, finisher);
    this.#off = ledger.hints.on('tasks', () => this.#look());
  }

  /** Answers all waiters with nothing; a hub that stops calls this. */
  close(): void {
    this.#off();
    for (const waiting of this.#waiting.values()) waiting.give(null);
  }

  async claim(worker: string, claim: Claim, gone: AbortSignal): Promise<Lease | null> {
    // A claim that is repeated finds its lease in the look that it waits for.
    const task = await this.#wait(worker, claim, gone);
    return task === null ? null : await this.#orders.leaseOf(task);
  }

  #wait(worker: string, claim: Claim, gone: AbortSignal): Promise<TaskFacts | null> {
    const key = keyOf({ worker, slot: claim.slot });
    // A second claim for a slot means that the worker has given up the first.
    this.#waiting.get(key)?.give(null);
    return new Promise((resolve) => {
      const give = (task: TaskFacts | null): void => {
        clearTimeout(timer);
        gone.removeEventListener('abort', leave);
        if (this.#waiting.get(key) === waiting) this.#waiting.delete(key);
        resolve(task);
      };
      const leave = (): void => give(null);
      const late = (): void => {
        if (waiting.looking) waiting.late = true;
        else give(null);
      };
      const timer = setTimeout(late, claim.waitSeconds * 1000);
      gone.addEventListener('abort', leave);
      const waiting: Waiting = {
        worker,
        slot: claim.slot,
        nonce: claim.nonce,
        kinds: claim.kinds,
        arches: claim.arches,
        known: false,
        looking: true,
        late: false,
        give,
      };
      this.#waiting.set(key, waiting);
      if (gone.aborted) leave();
      else this.#look();
    });
  }

  #look(): void {
    if (this.#running) {
      this.#again = true;
      return;
    }
    if (this.#waiting.size === 0) return;
    this.#running = true;
    this.#dispatch()
      .catch((error: unknown) => log('warn', 'tasks could not be given out now', { error: String(error) }))
      .finally(() => {
        this.#running = false;
        if (this.#again) {
          this.#again = false;
          this.#look();
        }
      });
  }

  async #dispatch(): Promise<void> {
    const waiters = [...this.#waiting.values()];
    for (const waiter of waiters) waiter.looking = true;
    try {
      await this.#match();
    } finally {
      for (const waiter of waiters) {
        waiter.looking = false;
        if (waiter.late) waiter.give(null);
      }
    }
  }

  async #match(): Promise<void> {
    const { read } = this.#ledger;
    const all = [...this.#waiting.values()];
    const [kept, snapshot] = await Promise.all([
      this.#keptBy(all),
      lookAt(read, this.#runs, all, all.length + spareTasks),
    ]);
    for (const lease of kept) {
      const waiting = this.#waiting.get(`${lease.worker} ${lease.slot}`);
      if (waiting?.nonce === lease.nonce) waiting.give(lease);
    }
    if (snapshot === undefined) return;
    const still = snapshot.waiters.filter(({ claimant: one }) => this.#waiting.get(keyOf(one)) === one);
    const pairs = await pick(read, { ...snapshot, waiters: still });
    if (pairs.length > 0) await this.#lease(pairs, snapshot.bounded);
  }

  async #keptBy(all: readonly Waiting[]): Promise<(TaskFacts & Asking)[]> {
    const again = performance.now() - this.#askedAll > askAgainMs;
    if (again) this.#askedAll = performance.now();
    const asked = again ? all : all.filter((one) => !one.known);
    if (asked.length === 0) return [];
    const kept = await leasesOfClaims(this.#ledger.read, asked.map(asking));
    for (const one of asked) one.known = true;
    return kept;
  }

  /** @param bounded there were quotas when it was looked */
  async #lease(pairs: readonly Chosen[], bounded: boolean): Promise<void> {
    const leased = await this.#ledger.tx('tasks.lease', async (tx) => {
      const allowed = bounded ? await this.#withinQuotas(tx, pairs) : pairs;
      const takings = allowed.map(({ task, waiter }) => ({ task: task.id, ...asking(waiter.claimant) }));
      const taken = await takeLeases(tx, takings, firstHeartbeatSeconds);
      for (const task of taken) {
        tell(tx, {
          type: 'task.leased',
          subject: `task:${task.id}`,
          actor: task.worker,
          build: task.build,
          data: { from: 'free', to: 'leased', attempt: task.attempt, worker: task.worker },
        });
      }
      return taken;
    });
    this.#runs.given(leased);
    const claimants = new Map(pairs.map(({ task, waiter }) => [task.id, waiter.claimant]));
    for (const task of leased) claimants.get(task.id)?.give(task);
    // A stale snapshot cost some waiter its task; look again with a fresh one.
    this.#retries = leased.length < pairs.length ? this.#retries + 1 : 0;
    if (this.#retries > 0 && this.#retries <= retriesAtOnce) this.#again = true;
  }

  /** Looks again under the quotas' locks, because another hub may have leased for them meanwhile. */
  async #withinQuotas(tx: Tx, pairs: readonly Chosen[]): Promise<readonly Chosen[]> {
    const owners = [...new Set(pairs.map((pair) => pair.task.owner))];
    const tags = [...new Set(pairs.flatMap((pair) => pair.task.tag ?? []))];
    if (!(await lockQuotas(tx, owners, tags))) return pairs;
    const { ownerRoom, tagRoom } = await limitsOf(tx, [], await runningSums(tx), await quotas(tx));
    return pairs.filter(({ task }) => {
      const ofOwner = ownerRoom.get(task.owner) ?? Number.POSITIVE_INFINITY;
      const ofTag =
        task.tag === null ? Number.POSITIVE_INFINITY : (tagRoom.get(task.tag) ?? Number.POSITIVE_INFINITY);
      if (ofOwner === 0 || ofTag === 0) return false;
      (ownerRoom as Map<string, number>).set(task.owner, ofOwner - 1);
      if (task.tag !== null) (tagRoom as Map<number, number>).set(task.tag, ofTag - 1);
      return true;
    });
  }
}

function asking({ worker, slot, nonce }: Asking): Asking {
  return { worker, slot, nonce };
}

function keyOf({ worker, slot }: Pick<Claimant, 'worker' | 'slot'>): string {
  return `${worker} ${slot}`;
}
