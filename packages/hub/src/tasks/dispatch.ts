/**
 * Brings free tasks to the workers that wait for them.
 *
 * Invariant: choosing is advice, claiming is compare-and-set. A waiter that goes away loses nothing: the lease that it
 * would have got is found again by its nonce, or lapses without having used an attempt.
 */
import { type Claim, type Lease, Problem } from '@moromi/contract';
import { type Ledger, log, tell } from '../ledger/index.ts';
import { type Candidate, choose, type Pair, type Waiter } from './choose.ts';
import type { Finisher } from './finish.ts';
import type { Kinds } from './kinds.ts';
import {
  type Asking,
  freeTasks,
  leaseOfClaim,
  leasesOfClaims,
  loads,
  type Offer,
  type Taking,
  takeLeases,
} from './lease-queries.ts';
import { endAttempt, lockTask, type TaskFacts } from './queries.ts';
import { firstHeartbeatSeconds, heartbeatSeconds, leaseSeconds } from './rules.ts';

interface Waiting extends Waiter {
  nonce: string;
  /** A look that may bring it a task has not ended: it must not go away with nothing before that. */
  looking: boolean;
  late: boolean;
  give: (lease: TaskFacts | null) => void;
}

/** Looks again after a look in which others were quicker, so often; then the sweep must come. */
const retriesAtOnce = 5;

/** A task that has no order now is tried again after this. */
const orderRetrySeconds = 75;

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
    const kept = await leaseOfClaim(this.#ledger.read, worker, claim.slot, claim.nonce);
    const task = kept ?? (await this.#wait(worker, claim, gone));
    return task === null ? null : await this.#leaseOf(task);
  }

  #wait(worker: string, claim: Claim, gone: AbortSignal): Promise<TaskFacts | null> {
    const key = `${worker} ${claim.slot}`;
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
        load: 0,
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
    const workers = [...new Set(all.map((one) => one.worker))];
    const [kept, candidates, load] = await Promise.all([
      leasesOfClaims(read, all.map(asking)),
      freeTasks(read, offersOf(all), Math.max(16, 2 * all.length)),
      // Loads decide between workers; one alone has nothing to decide.
      workers.length === 1 ? new Map<string, number>() : loads(read, workers),
    ]);
    for (const lease of kept) {
      const waiting = this.#waiting.get(`${lease.worker} ${lease.slot}`);
      if (waiting?.nonce === lease.nonce) waiting.give(lease);
    }
    if (candidates.length === 0) return;
    const waiters = all.filter((one) => this.#waiting.get(`${one.worker} ${one.slot}`) === one);
    const pairs = choose(
      candidates,
      waiters.map((one) => Object.assign(one, { load: load.get(one.worker) ?? 0 })),
    );
    if (pairs.length === 0) return;
    const takings = pairs.map(({ task, waiter }) => ({ task: task.id, ...asking(waiter) }));
    await this.#lease(takings, pairs);
  }

  async #lease(takings: readonly Taking[], pairs: readonly Pair<Candidate, Waiting>[]): Promise<void> {
    const leased = await this.#ledger.tx('tasks.lease', async (tx) => {
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
    for (const task of leased) {
      const waiting = pairs.find((pair) => pair.task.id === task.id)?.waiter;
      waiting?.give(task);
    }
    // A stale snapshot cost some waiter its task; look again with a fresh one.
    this.#retries = leased.length < pairs.length ? this.#retries + 1 : 0;
    if (this.#retries > 0 && this.#retries <= retriesAtOnce) this.#again = true;
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

function asking({ worker, slot, nonce }: Asking): Asking {
  return { worker, slot, nonce };
}

/** The different offers of all waiters. */
function offersOf(waiters: readonly Offer[]): Offer[] {
  const offers = waiters.map(({ kinds, arches }) => ({
    kinds: kinds.toSorted(),
    arches: arches.toSorted(),
  }));
  return [...new Map(offers.map((offer) => [JSON.stringify(offer), offer])).values()];
}
