/**
 * The fence: whether a worker still holds an attempt.
 *
 * Invariant: every write of a worker passes here, in the transaction that makes it. An attempt that was lost and that
 * nobody else has had is its old worker's again with its first sign of life.
 */
import { Problem } from '@moromi/contract';
import { type Reader, type Tx, tell } from '../ledger/index.ts';
import { isReclaimable, keepLease, reclaim } from './lease-queries.ts';
import { findTask, lockTask, type TaskFacts } from './queries.ts';
import { leaseSeconds } from './rules.ts';

/** Looks without locking; for what is checked again when it is written. */
export async function checkFence(reader: Reader, id: number, attempt: number, worker: string): Promise<void> {
  const task = await findTask(reader, id);
  if (task === undefined) throw new Problem('unknown_task', `there is no task ${id}`);
  await checkHeld(reader, task, attempt, worker);
}

/** The same of a task that was read just now. */
export async function checkHeld(
  reader: Reader,
  task: TaskFacts,
  attempt: number,
  worker: string,
): Promise<void> {
  if (holds(task, attempt, worker) || (await isReclaimable(reader, task.id, attempt, worker))) return;
  throw lost(task, attempt);
}

/** Locks the task for this transaction, held by this worker under this attempt; a lost lease is taken back. */
export async function holdTask(tx: Tx, id: number, attempt: number, worker: string): Promise<TaskFacts> {
  const task = await lockTask(tx, id);
  if (task === undefined) throw new Problem('unknown_task', `there is no task ${id}`);
  if (holds(task, attempt, worker)) return task;
  if (!(await tryReclaim(tx, task, attempt, worker))) throw lost(task, attempt);
  return { ...task, state: 'leased', worker, spent: Math.max(0, task.spent - 1) };
}

/** The same for a write that changes nothing of the task itself: the many of one attempt need not take turns. */
export async function holdAttempt(tx: Tx, id: number, attempt: number, worker: string): Promise<void> {
  if (!(await keepLease(tx, id, attempt, worker))) await holdTask(tx, id, attempt, worker);
}

export async function tryReclaim(tx: Tx, task: TaskFacts, attempt: number, worker: string): Promise<boolean> {
  if (!(await isReclaimable(tx, task.id, attempt, worker))) return false;
  await reclaim(tx, task.id, attempt, worker, leaseSeconds);
  tell(tx, {
    type: 'task.reclaimed',
    subject: `task:${task.id}`,
    actor: worker,
    build: task.build,
    data: { attempt, worker },
  });
  return true;
}

export function holds(task: TaskFacts, attempt: number, worker: string): boolean {
  return task.state === 'leased' && task.attempt === attempt && task.worker === worker;
}

export function whyLost(task: TaskFacts, attempt: number): string {
  if (task.state === 'leased' || task.attempt !== attempt)
    return `task ${task.id} is at attempt ${task.attempt} now, with ${task.worker ?? 'nobody'}`;
  return `task ${task.id} is ${task.state}`;
}

function lost(task: TaskFacts, attempt: number): Problem {
  return new Problem('lease_lost', whyLost(task, attempt), { state: task.state, attempt: task.attempt });
}
