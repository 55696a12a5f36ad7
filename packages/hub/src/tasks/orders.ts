/**
 * What a worker is told of a task that it has got.
 *
 * Invariant: an order is made apart from the lease. If it fails, that attempt has failed and the worker waits on; if it
 * cannot be made yet, the lease is taken back before its worker knows of it, and that uses up no attempt.
 */
import { type Lease, Problem } from '@moromi/contract';
import { type Ledger, log, Together, tell } from '../ledger/index.ts';
import type { Finisher } from './finish.ts';
import { type Kinds, NotYet, type Order, Shared } from './kinds.ts';
import { endAttempt, freeTask, lockTask, type TaskFacts } from './queries.ts';
import { heartbeatSeconds, leaseSeconds } from './rules.ts';

/** A task that has no order now is tried again after this. */
const orderRetrySeconds = 75;

/** One whose order is still to come. */
const notYetSeconds = 15;

export class Orders {
  readonly #ledger: Ledger;
  readonly #finisher: Finisher;
  readonly #made: Together<TaskFacts, Order>;

  constructor(ledger: Ledger, kinds: Kinds, finisher: Finisher) {
    this.#ledger = ledger;
    this.#finisher = finisher;
    this.#made = new Together((tasks) =>
      ledger.tx('tasks.order', async (tx) => {
        const shared = new Shared();
        const made = new Map<number, Order>();
        // Their builds are written in one order, here and at other hubs, so nobody waits in a circle.
        for (const task of tasks.toSorted((a, b) => (a.build ?? 0) - (b.build ?? 0) || a.id - b.id))
          made.set(task.id, await kinds.get(task.kind).order(tx, task, shared));
        return tasks.map((task) => made.get(task.id) ?? {});
      }),
    );
  }

  /** @returns null where there is nothing to tell: the task is free again, or has failed */
  async leaseOf(task: TaskFacts): Promise<Lease | null> {
    try {
      const order = await this.#made.ask(task);
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
      if (error instanceof NotYet) await this.#holdBack(task, error.message);
      else await this.#noOrder(task, error);
      return null;
    }
  }

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

  async #noOrder(task: TaskFacts, error: unknown): Promise<void> {
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
  }
}
