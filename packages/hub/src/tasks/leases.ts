/**
 * Heartbeats, giving back, and what becomes of leases whose worker is silent.
 *
 * Invariant: nobody is late while nobody was listening: the transaction that lapses leases first makes good for the
 * time in which no hub listened.
 */
import type { Failure, Heartbeat, HeartbeatReply, Release } from '@moromi/contract';
import {
  asProblem,
  hint,
  isCollision,
  keepListening,
  type Ledger,
  log,
  Together,
  type Tx,
  tell,
} from '../ledger/index.ts';
import { tryReclaim, whyLost } from './fence.ts';
import type { Finisher } from './finish.ts';
import { extendLeases, type HeldBy, lapsedLeases, renew } from './lease-queries.ts';
import { endAttempt, findTask, freeTask, lockTask, type TaskFacts } from './queries.ts';
import { afterSilenceSeconds, lapse, leaseSeconds, silenceSeconds, softRefusalSeconds } from './rules.ts';
import { refuse } from './snapshot-queries.ts';

/** Heartbeats; those that come at one time are one statement. */
export class Heartbeats {
  readonly #ledger: Ledger;
  readonly #renewed: Together<readonly HeldBy[], number[]>;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
    this.#renewed = new Together(async (beats) => {
      const renewed = new Set((await renew(ledger.read, beats.flat(), leaseSeconds)).map(keyOf));
      return beats.map((held) => held.filter((one) => renewed.has(keyOf(one))).map((one) => one.task));
    });
  }

  async beat(worker: string, beat: Heartbeat): Promise<HeartbeatReply> {
    const tasks = beat.tasks.map((one) => one.task);
    // Nearly always it holds all that it names, and one statement says so.
    const held = tasks.length === 0 ? [] : await this.#renewAtOnce(worker, beat.tasks);
    if (held.length === tasks.length) return { held: tasks, lost: [] };
    return await this.#ledger.tx('tasks.heartbeat', (tx) => sortOut(tx, worker, beat));
  }

  async #renewAtOnce(worker: string, tasks: Heartbeat['tasks']): Promise<number[]> {
    try {
      return await this.#renewed.ask(tasks.map((one) => ({ ...one, worker })));
    } catch (error) {
      // Others wanted the same rows in another order; in a transaction it is tried again.
      if (isCollision(error)) return [];
      throw asProblem(error);
    }
  }
}

function keyOf({ worker, task, attempt }: HeldBy): string {
  return `${worker} ${task} ${attempt}`;
}

/** What the worker still holds, with what it gets back, and what it has lost. */
async function sortOut(tx: Tx, worker: string, beat: Heartbeat): Promise<HeartbeatReply> {
  const reply: HeartbeatReply = { held: [], lost: [] };
  for (const { task: id, attempt } of beat.tasks.toSorted((a, b) => a.task - b.task)) {
    const task = await lockTask(tx, id);
    const [held] = await renew(tx, [{ task: id, attempt, worker }], leaseSeconds);
    if (held === undefined) {
      if (task === undefined || !(await tryReclaim(tx, task, attempt, worker))) {
        reply.lost.push({
          task: id,
          why: task === undefined ? `there is no task ${id}` : whyLost(task, attempt),
        });
        continue;
      }
    }
    reply.held.push(id);
  }
  return reply;
}

export async function release(tx: Tx, worker: string, given: Release): Promise<void> {
  for (const { task: id, attempt } of given.tasks.toSorted((a, b) => a.task - b.task)) {
    const task = await lockTask(tx, id);
    if (task === undefined || task.state !== 'leased' || task.attempt !== attempt || task.worker !== worker)
      continue;
    await endAttempt(tx, id, attempt, 'freed', given.failure ?? null);
    await freeTask(tx, id, task.spent, 0);
    const { refusal } = given;
    if (refusal !== undefined)
      await refuse(tx, id, worker, { ...refusal, seconds: refusal.hard ? null : softRefusalSeconds });
    tell(tx, {
      type: 'task.freed',
      subject: `task:${id}`,
      actor: worker,
      build: task.build,
      data: {
        from: 'leased',
        to: 'free',
        attempt,
        worker,
        reason: given.reason,
        ...(refusal === undefined ? {} : { refusal }),
      },
    });
    hint(tx, 'tasks');
  }
}

/** Looks once: says that a hub listens, then lapses what has run out. */
export async function sweepLeases(ledger: Ledger, finisher: Finisher): Promise<void> {
  const last = await ledger.tx('tasks.sweep', async (tx) => {
    const ending: TaskFacts[] = [];
    const { silence, since } = await keepListening(tx);
    if (silence > silenceSeconds) {
      log('info', 'no hub listened for a while; leases are extended by that time', {
        seconds: Math.round(silence),
      });
      await extendLeases(tx, since, silence, afterSilenceSeconds);
    }
    for (const found of await lapsedLeases(tx)) {
      const task = await findTask(tx, found.id);
      if (task === undefined) continue;
      const decision = lapse(found);
      const facts = { from: 'leased', attempt: found.attempt, worker: found.worker };
      if (decision.fate === 'freed') {
        await endAttempt(tx, found.id, found.attempt, 'freed', null);
        await freeTask(tx, found.id, found.spent, 0);
        tell(tx, {
          type: 'task.freed',
          subject: `task:${found.id}`,
          actor: 'hub',
          build: task.build,
          data: { ...facts, to: 'free', reason: 'the worker never took it up' },
        });
      } else if (decision.fate === 'lost') {
        await endAttempt(tx, found.id, found.attempt, 'lost', silent(found.worker));
        await freeTask(tx, found.id, decision.spent, decision.holdSeconds);
        tell(tx, {
          type: 'task.lost',
          subject: `task:${found.id}`,
          actor: 'hub',
          build: task.build,
          data: { ...facts, to: 'free', holdSeconds: decision.holdSeconds },
        });
      } else {
        ending.push(task);
        continue;
      }
      hint(tx, 'tasks');
    }
    return ending;
  });
  // Each in a transaction of its own, because what the end decides about must be locked before the task.
  for (const task of last) await loseForGood(ledger, finisher, task);
}

async function loseForGood(ledger: Ledger, finisher: Finisher, before: TaskFacts): Promise<void> {
  await ledger.tx('tasks.lose', async (tx) => {
    await finisher.lock(tx, before);
    const [found] = await lapsedLeases(tx, before.id);
    const task = await findTask(tx, before.id);
    if (found === undefined || task === undefined) return;
    const decision = lapse(found);
    if (decision.fate !== 'failed') return;
    const failure = silent(found.worker);
    await endAttempt(tx, found.id, found.attempt, 'lost', failure);
    await finisher.end(tx, task, {
      state: 'failed',
      worker: found.worker,
      attempt: found.attempt,
      failure: { ...failure, message: `${failure.message}, and ${decision.spent} attempts were lost` },
      inspected: null,
      actor: 'hub',
    });
  });
}

function silent(worker: string): Failure {
  return {
    code: 'worker_lost',
    message: `${worker} was not heard of for ${leaseSeconds} s`,
    fault: 'infrastructure',
  };
}
