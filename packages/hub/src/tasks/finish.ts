/**
 * How an attempt's result is accepted.
 *
 * Invariant: what a worker brought is looked at before the transaction and the fence is checked again in it; exactly
 * one result per task is accepted, and what follows from it is written with it.
 */
import type { Completion, Failure, TaskState, Used } from '@moromi/contract';
import { Problem } from '@moromi/contract';
import { hint, type Ledger, type Tx, tell } from '../ledger/index.ts';
import { checkHeld, holds, holdTask } from './fence.ts';
import { type End, type Kinds, LookAgain, Refusal } from './kinds.ts';
import { learn } from './learning.ts';
import { attemptsOf, endAttempt, endTask, findTask, freeTask, type TaskFacts } from './queries.ts';
import { attemptLimit } from './rules.ts';
import { calm, moreMemory, noteTrouble } from './trouble.ts';

export interface Accepted {
  accepted: boolean;
  state: TaskState;
  refusal?: string;
}

/** Each time another task of the same build has ended meanwhile; there are not so many. */
const looksAtMost = 40;

export class Finisher {
  readonly #ledger: Ledger;
  readonly #kinds: Kinds;

  constructor(ledger: Ledger, kinds: Kinds) {
    this.#ledger = ledger;
    this.#kinds = kinds;
  }

  /** Locks what the end of a task will decide about; called before the task itself is locked. */
  async lock(tx: Tx, task: TaskFacts): Promise<void> {
    await this.#kinds.get(task.kind).lock?.(tx, task);
  }

  async finish(id: number, attempt: number, worker: string, completion: Completion): Promise<Accepted> {
    for (let round = 1; ; round++) {
      try {
        return await this.#finish(id, attempt, worker, completion);
      } catch (error) {
        if (!(error instanceof LookAgain) || round >= looksAtMost) throw error;
      }
    }
  }

  async #finish(id: number, attempt: number, worker: string, completion: Completion): Promise<Accepted> {
    const before = await findTask(this.#ledger.read, id);
    if (before === undefined) throw new Problem('unknown_task', `there is no task ${id}`);
    const again = await this.#sameAsBefore(before, attempt, worker, completion);
    if (again !== undefined) return again;
    await checkHeld(this.#ledger.read, before, attempt, worker);
    const outcome = await this.#look(before, completion);
    return await this.#ledger.tx(`tasks.finish.${before.kind}`, async (tx) => {
      await this.lock(tx, before);
      const task = await holdTask(tx, id, attempt, worker);
      const base = { worker, attempt, actor: worker };
      if (outcome.good) {
        await endAttempt(tx, id, attempt, 'done', null);
        await learn(tx, task, attempt, worker, outcome.whole, outcome.used);
        await calm(tx, worker);
        await this.end(tx, task, { ...base, state: 'done', failure: null, inspected: outcome.inspected });
        return { accepted: true, state: 'done' };
      }
      const { failure } = outcome;
      const refused = outcome.refused ? { accepted: false, refusal: failure.message } : { accepted: true };
      if (failure.fault === 'canceled') {
        await endAttempt(tx, id, attempt, 'freed', failure);
        await this.#free(tx, task, task.spent, failure, 0);
        return { ...refused, state: 'free' };
      }
      await endAttempt(tx, id, attempt, failure.fault === 'excluded' ? 'excluded' : 'failed', failure);
      if (failure.fault === 'infrastructure') {
        await noteTrouble(tx, task, worker, failure);
        if (failure.code === 'out_of_memory') {
          const need = await moreMemory(tx, task, worker);
          if (need === null) return { ...refused, state: await this.#tooLarge(tx, task, failure, worker) };
        }
        return { ...refused, state: await this.retryOrFail(tx, task, failure, worker, 0) };
      }
      if (failure.fault === 'package') await learn(tx, task, attempt, worker, false);
      const state = failure.fault === 'excluded' ? 'excluded' : 'failed';
      await this.end(tx, task, { ...base, state, failure, inspected: null });
      return { ...refused, state };
    });
  }

  /**
   * An attempt has failed for the infrastructure's sake: the task is free again while it has attempts left.
   * @param holdSeconds how long nobody may have it
   */
  async retryOrFail(
    tx: Tx,
    task: TaskFacts,
    failure: Failure,
    actor: string,
    holdSeconds: number,
  ): Promise<'free' | 'failed'> {
    if (task.spent + 1 < attemptLimit) {
      await this.#free(tx, task, task.spent + 1, failure, holdSeconds);
      return 'free';
    }
    const { worker, attempt } = task;
    await this.end(tx, task, { state: 'failed', worker, attempt, failure, inspected: null, actor });
    return 'failed';
  }

  /** Twice as much memory was not enough: that is the build's own doing. */
  async #tooLarge(tx: Tx, task: TaskFacts, failure: Failure, actor: string): Promise<'failed'> {
    const { worker, attempt, memoryMb } = task;
    const message = `${failure.message} It had ${memoryMb} MiB, twice as much as at its first attempt.`;
    await this.end(tx, task, {
      state: 'failed',
      worker,
      attempt,
      failure: { ...failure, message },
      inspected: null,
      actor,
    });
    return 'failed';
  }

  /** Ends a task for good, tells of it, and does what follows for its kind. The task's row is locked by the caller. */
  async end(tx: Tx, task: TaskFacts, end: End): Promise<void> {
    await endTask(tx, task.id, end.state, end.inspected, end.failure);
    tell(tx, {
      type: `task.${end.state}`,
      subject: `task:${task.id}`,
      actor: end.actor,
      build: task.build,
      data: {
        from: task.state,
        to: end.state,
        attempt: end.attempt,
        worker: end.worker,
        ...(end.failure === null ? {} : { failure: end.failure }),
      },
    });
    hint(tx, 'tasks');
    if (end.state === 'canceled') hint(tx, 'stops');
    await this.#kinds.get(task.kind).ended(tx, task, end);
  }

  async #free(tx: Tx, task: TaskFacts, spent: number, failure: Failure, holdSeconds: number): Promise<void> {
    await freeTask(tx, task.id, spent, holdSeconds);
    tell(tx, {
      type: 'task.retried',
      subject: `task:${task.id}`,
      actor: 'hub',
      build: task.build,
      data: {
        from: 'leased',
        to: 'free',
        attempt: task.attempt,
        worker: task.worker,
        failure,
        attemptsLeft: attemptLimit - spent,
      },
    });
    hint(tx, 'tasks');
  }

  async #look(
    task: TaskFacts,
    completion: Completion,
  ): Promise<
    | { good: true; inspected: unknown; whole: boolean; used: Used | undefined }
    | { good: false; failure: Failure; refused: boolean }
  > {
    if (completion.outcome === 'failed') {
      const kept =
        completion.keptUntil === undefined
          ? ''
          : ` (its root is kept until ${completion.keptUntil}: moromi shell ${task.id})`;
      return {
        good: false,
        failure: { ...completion.failure, message: `${completion.failure.message}${kept}` },
        refused: false,
      };
    }
    try {
      const inspected = await this.#kinds.get(task.kind).inspect(task, completion);
      // How soon somebody saw that there was nothing to do says nothing of how long it takes.
      return { good: true, inspected, whole: completion.identical !== true, used: completion.used };
    } catch (error) {
      if (error instanceof Refusal) return { good: false, failure: error.failure, refused: true };
      throw error;
    }
  }

  /** A worker that did not hear the reply says the same again. */
  async #sameAsBefore(
    task: TaskFacts,
    attempt: number,
    worker: string,
    completion: Completion,
  ): Promise<Accepted | undefined> {
    if (holds(task, attempt, worker)) return undefined;
    const mine = (await attemptsOf(this.#ledger.read, task.id)).find((one) => one.attempt === attempt);
    if (
      mine === undefined ||
      mine.worker !== worker ||
      !['done', 'failed', 'excluded'].includes(mine.outcome)
    )
      return undefined;
    const state = task.attempt === attempt ? task.state : 'free';
    if (completion.outcome === 'done' && mine.outcome !== 'done')
      return { accepted: false, state, refusal: mine.failure?.message ?? 'the result was refused' };
    return { accepted: true, state };
  }
}
