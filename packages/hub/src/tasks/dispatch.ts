/**
 * Brings free tasks to the workers that wait for them.
 *
 * Invariant: choosing is advice, claiming is compare-and-set. A waiter that goes away loses nothing: the lease that it
 * would have got is found again by its nonce, or lapses without having used an attempt.
 */
import { type Claim, type Lease, Problem } from '@moromi/contract';
import { choose, type Pair, refusal, type Waiter } from '@moromi/schedule';
import { type Ledger, log, type Tx, tell } from '../ledger/index.ts';
import type { Finisher } from './finish.ts';
import { type Kinds, NotYet } from './kinds.ts';
import { type Asking, leasesOfClaims, takeLeases } from './lease-queries.ts';
import { endAttempt, freeTask, lockTask, type TaskFacts } from './queries.ts';
import { firstHeartbeatSeconds, heartbeatSeconds, leaseSeconds } from './rules.ts';
import {
  type Claimant,
  cutQueues,
  limitsOf,
  lookAt,
  lookFurther,
  type ReadyTask,
  type Snapshot,
} from './snapshot.ts';
import { lockQuotas, quotas, runningSums } from './snapshot-queries.ts';

interface Waiting extends Claimant {
  nonce: string;
  /** A look that may bring it a task has not ended: it must not go away with nothing before that. */
  looking: boolean;
  late: boolean;
  give: (lease: TaskFacts | null) => void;
}

type Chosen = Pair<ReadyTask, Waiter & { claimant: Waiting }>;

/** Beyond one task for each who waits, a look brings so many of each queue, for those that somebody must not have. */
const spareTasks = 3;

/** A look that leaves somebody without a task goes on into the queues so often, by so many tasks of each at least. */
const deeperLooks = 4;
const deeperTasks = 20;

/** Looks again after a look in which others were quicker, so often; then the sweep must come. */
const retriesAtOnce = 5;

/** A task that has no order now is tried again after this. */
const orderRetrySeconds = 75;

/** One whose order is still to come. */
const notYetSeconds = 15;

export class Dispatcher {
  readonly #ledger: Ledger;
  readonly #kinds: Kinds;
  readonly #finisher: Finisher;
  readonly #waiting = new Map<string, Waiting>();
  readonly #off: () => void;
  #running = false;
  #again = false;
  #retries = 0;

  constructor(ledger: Ledger, kinds: Kinds, finisher: Finisher) {
    this.#ledger = ledger;
    this.#kinds = kinds;
    this.#finisher = finisher;
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
    return task === null ? null : await this.#leaseOf(task);
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
      leasesOfClaims(read, all.map(asking)),
      lookAt(read, all, all.length + spareTasks),
    ]);
    for (const lease of kept) {
      const waiting = this.#waiting.get(`${lease.worker} ${lease.slot}`);
      if (waiting?.nonce === lease.nonce) waiting.give(lease);
    }
    if (snapshot === undefined) return;
    const still = snapshot.waiters.filter(({ claimant: one }) => this.#waiting.get(keyOf(one)) === one);
    const pairs = await this.#choose({ ...snapshot, waiters: still });
    if (pairs.length > 0) await this.#lease(pairs, snapshot.bounded);
  }

  /** Looks deeper into the queues while that may bring somebody a task. */
  async #choose({ waiters, wanted, tasks, limits, busy }: Snapshot<Waiting>): Promise<Chosen[]> {
    let known = tasks;
    let newest = tasks;
    let pairs = choose(known, waiters, limits, busy);
    for (let round = 1; round <= deeperLooks && isWorthLooking(waiters, pairs, newest); round++) {
      const more = await lookFurther(
        this.#ledger.read,
        wanted,
        Math.max(deeperTasks, 2 * waiters.length),
        known.map((one) => one.id),
      );
      newest = more;
      known = [...known, ...more];
      pairs = choose(known, waiters, limits, busy);
    }
    return pairs;
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

  /** The lease is taken back before its worker knows of it; that uses up no attempt. */
  async #holdBack(task: TaskFacts, reason: string): Promise<void> {
    await this.#ledger.tx('tasks.not-yet', async (tx) => {
      const now = await lockTask(tx, task.id);
      if (now === undefined || now.state !== 'leased' || now.attempt !== task.attempt) return;
      await endAttempt(tx, task.id, task.attempt, 'freed', null);
      await freeTask(tx, task.id, now.spent, notYetSeconds);
      tell(tx, {
        type: 'task.freed',
        subject: `task:${task.id}`,
        actor: 'hub',
        build: task.build,
        data: { from: 'leased', to: 'free', attempt: task.attempt, worker: task.worker, reason },
      });
    });
  }

  /** The order is made apart from the lease: if it fails, that attempt has failed and the worker waits on. */
  async #leaseOf(task: TaskFacts): Promise<Lease | null> {
    try {
      const order = await this.#ledger.tx('tasks.order', (tx) => this.#kinds.get(task.kind).order(tx, task));
      return {
        task: task.id,
        attempt: task.attempt,
        kind: task.kind,
        arch: task.arch,
        label: task.label,
        build: task.build,
        leaseSeconds,
        heartbeatSeconds,
        ...order,
      };
    } catch (error) {
      // The database is away: that says nothing about the task. The claim is repeated and finds its lease again.
      if (error instanceof Problem && error.code === 'ledger_unavailable') throw error;
      if (error instanceof NotYet) {
        await this.#holdBack(task, error.message);
        return null;
      }
      log('error', 'a task has no order', { task: task.id, error: String(error) });
      const failure = {
        code: 'no_order',
        message: `the hub could not say what is to be done: ${error instanceof Error ? error.message : String(error)}`,
        fault: 'infrastructure' as const,
      };
      await this.#ledger.tx('tasks.no-order', async (tx) => {
        await this.#finisher.lock(tx, task);
        const now = await lockTask(tx, task.id);
        if (now === undefined || now.state !== 'leased' || now.attempt !== task.attempt) return;
        await endAttempt(tx, task.id, task.attempt, 'failed', failure);
        // What is lacking may come: a repository whose publishing failed is tried again after a while too.
        await this.#finisher.retryOrFail(tx, now, failure, 'hub', orderRetrySeconds);
      });
      return null;
    }
  }
}

/**
 * Whether somebody who has got nothing could have what a queue holds beyond its tasks that were looked at. There is
 * nearly always somebody for whom nothing waits, such as the hub's own worker, and that must cost no look.
 */
function isWorthLooking(
  waiters: Snapshot<Waiting>['waiters'],
  pairs: readonly Chosen[],
  looked: readonly ReadyTask[],
): boolean {
  const given = new Set(pairs.map((pair) => pair.waiter));
  const left = waiters.filter((one) => !given.has(one));
  // What tasks of one queue do not have in common is left out; even the lightest needs some room.
  const others = cutQueues(looked).map((task) => ({
    ...task,
    package: null,
    weight: 1e-6,
    refusedBy: new Map(),
  }));
  return left.some(({ offer, held }) => others.some((task) => refusal(task, offer, held) === null));
}

function asking({ worker, slot, nonce }: Asking): Asking {
  return { worker, slot, nonce };
}

function keyOf({ worker, slot }: Pick<Claimant, 'worker' | 'slot'>): string {
  return `${worker} ${slot}`;
}
