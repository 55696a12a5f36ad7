/**
 * How an attempt ended, and how the hub is told.
 *
 * Invariant: the result is given after all logs are at the hub, and so is the attempt where it could not begin here; both
 * are repeated through any outage.
 */
import { type Completion, type Failure, Problem } from '@moromi/contract';
import { point } from '@moromi/faults';
import { failureOf, isLeaseLost } from './failure.ts';
import { type Journal, nameOf } from './journal.ts';
import type { Line } from './line.ts';
import type { Refusal } from './refusal.ts';
import type { Work } from './tasks/work.ts';

/**
 * `refused`: it could not begin here and was given back, with the failure that it would have been. `left`: the worker
 * leaves now, and the attempt is still to be given back.
 */
export interface Ended {
  how: 'done' | 'failed' | 'lost' | 'refused' | 'left';
  failure?: Failure;
}

/** What is told instead of a result. */
export interface Declined {
  refusal: Refusal;
  failure: Failure;
}

/** Sends the rest of the logs, then gives the task back for others. */
export async function decline(line: Line, { held, logs, signal }: Work, declined: Declined): Promise<Ended> {
  const { refusal, failure } = declined;
  await logs.finish();
  const body = { tasks: [held], reason: refusal.reason, failure, refusal };
  await line.call('release', { body }, { signal });
  return { how: 'refused', failure };
}

/** Sends the rest of the logs, then the result; repeats both through any outage. */
export async function conclude(
  line: Line,
  journal: Journal,
  work: Work,
  completion: Completion,
): Promise<Ended> {
  point('worker.logs:before');
  await work.logs.finish();
  point('worker.logs:after');
  let given = completion;
  for (;;) {
    try {
      return await give(line, journal, work, given);
    } catch (error) {
      // What the hub does not take as a result is a failure of this worker's; that is told once.
      if (!(error instanceof Problem) || isLeaseLost(error) || given !== completion) throw error;
      if (completion.outcome === 'failed') throw error;
      given = { outcome: 'failed', failure: failureOf(error) };
    }
  }
}

async function give(
  line: Line,
  journal: Journal,
  { held, lease, signal }: Work,
  completion: Completion,
): Promise<Ended> {
  const params = { id: held.task, attempt: held.attempt };
  point('worker.result:before');
  const reply = await line.call('finishAttempt', { params, body: completion }, { signal });
  point('worker.result:after');
  if (reply.accepted) {
    if (completion.outcome === 'done') return { how: 'done' };
    return { how: 'failed', failure: completion.failure };
  }
  const refusal = reply.refusal ?? 'no reason was given';
  journal.warn(`${nameOf(lease)}: the hub did not accept the result: ${refusal}`);
  return { how: 'failed', failure: { code: 'result_refused', message: refusal, fault: 'infrastructure' } };
}
