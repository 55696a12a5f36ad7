/**
 * What the ledger thinks that this worker holds, set right.
 *
 * Invariant: whatever is leased to this worker and that it does not work on is given back: what a killed process held,
 * and a lease whose answer was cut just when the worker was leaving. So nobody waits for a lease to lapse.
 */
import type { Completion } from '@moromi/contract';
import { isLeaseLost } from './failure.ts';
import type { Journal } from './journal.ts';
import type { Line } from './line.ts';
import { attemptName, type Held } from './running.ts';

/** The contract's bound on one release. */
const atOnce = 256;

/** @param holds what it does work on */
export async function giveBackRest(
  line: Line,
  worker: string,
  holds: Held[],
  reason: string,
  journal: Journal,
  signal: AbortSignal,
): Promise<void> {
  const query = { worker, state: 'leased', limit: 500 } as const;
  const { items } = await line.call('listTasks', { query }, { signal });
  const held = new Set(holds.map(attemptName));
  const rest = items
    .filter((task) => task.worker === worker)
    .map(({ id, attempt }) => ({ task: id, attempt }))
    .filter((one) => !held.has(attemptName(one)));
  await giveBack(line, rest, reason, signal);
  if (rest.length > 0) journal.info(`given back: ${rest.map(attemptName).join(', ')}`);
}

export async function giveBack(
  line: Line,
  tasks: Held[],
  reason: string,
  signal: AbortSignal,
): Promise<void> {
  for (let at = 0; at < tasks.length; at += atOnce) {
    await line.call('release', { body: { tasks: tasks.slice(at, at + atOnce), reason } }, { signal });
  }
}

/** An attempt this high, left behind by a worker that was killed, is suspected of killing it. */
const suspicious = 6;

/**
 * Gives back what a killed process left. Giving back uses up no attempt, so a task that takes its worker down each time
 * would go round for ever: from a certain attempt on it is told as a failure of the infrastructure, which counts.
 */
export async function giveBackLeft(line: Line, left: Held[], signal: AbortSignal): Promise<void> {
  const again = left.filter(({ attempt }) => attempt < suspicious);
  await giveBack(line, again, 'the worker ended and was started again', signal);
  for (const { task: id, attempt } of left.filter((held) => held.attempt >= suspicious)) {
    const message = `The worker ended while it worked on this, and it is attempt ${attempt} already.`;
    const body: Completion = {
      outcome: 'failed',
      failure: { code: 'worker_lost', message, fault: 'infrastructure' },
    };
    await line
      .call('finishAttempt', { params: { id, attempt }, body }, { signal })
      .catch((error: unknown) => {
        if (!isLeaseLost(error)) throw error;
      });
  }
}
