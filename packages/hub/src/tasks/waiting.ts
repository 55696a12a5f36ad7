/**
 * "Why is it waiting?": one sentence for every task that is free.
 *
 * Invariant: pure, and never blank for a free task.
 */
import type { WorkerFacts } from '../workers/index.ts';
import { fits } from './choose.ts';
import type { TaskFacts } from './queries.ts';

export interface WaitingFacts {
  blockedBy: readonly number[];
  workers: readonly Pick<WorkerFacts, 'name' | 'offer'>[];
  /** Tasks each worker runs now. */
  load: ReadonlyMap<string, number>;
  now: Date;
}

export function whyWaiting(
  task: Pick<TaskFacts, 'kind' | 'arch' | 'notBefore'>,
  facts: WaitingFacts,
): string {
  if (facts.blockedBy.length > 0) return `It waits for task ${facts.blockedBy.join(', ')} to end.`;
  if (task.notBefore !== null && task.notBefore > facts.now) {
    return `Its last attempt gave no result; it is held until ${task.notBefore.toISOString()}, for its worker to come back or the trouble to pass.`;
  }
  const able = facts.workers.filter((worker) => fits(task, worker.offer));
  const what = task.arch === null ? `tasks of kind ${task.kind}` : `${task.kind} tasks for ${task.arch}`;
  if (able.length === 0) return `No enabled worker that is online takes ${what}: start or enrol one.`;
  const room = able.filter((worker) => (facts.load.get(worker.name) ?? 0) < worker.offer.slots);
  if (room.length === 0)
    return `All ${able.length} workers that take ${what} are busy; it goes to the first that has room.`;
  return 'A worker has room; it is about to be leased.';
}
