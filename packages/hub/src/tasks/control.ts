/**
 * What administrators do with tasks and workers.
 *
 * Invariant: whatever is taken from a worker is fenced off from it in the same transaction, and it is told at once.
 */
import { Problem, type WorkerStanding } from '@moromi/contract';
import { hardRefusal } from '@moromi/schedule';
import { hint, type Tx, tell } from '../ledger/index.ts';
import { lockWorker, offerOf, setStanding } from '../workers/index.ts';
import { assign, leasedTasksOf, setPriorityOf } from './control-queries.ts';
import { candidateOf } from './explain.ts';
import { endAttempt, freeTask, lockTask, type TaskFacts } from './queries.ts';
import { isOpen } from './rules.ts';

export async function lockOpenTask(tx: Tx, id: number): Promise<TaskFacts> {
  const task = await lockTask(tx, id);
  if (task === undefined) throw new Problem('unknown_task', `there is no task ${id}`);
  if (!isOpen(task)) throw new Problem('task_over', `task ${id} is ${task.state}`);
  return task;
}

/** Takes a task from its worker, or ends the time for which it is held back. */
export async function takeBack(tx: Tx, id: number, actor: string, reason: string): Promise<void> {
  const task = await lockOpenTask(tx, id);
  if (task.state === 'leased') {
    const failure = { code: 'freed', message: reason, fault: 'canceled' as const };
    await endAttempt(tx, id, task.attempt, 'freed', failure);
  }
  await freeTask(tx, id, task.spent, 0);
  tell(tx, {
    type: 'task.freed',
    subject: `task:${id}`,
    actor,
    build: task.build,
    data: { from: task.state, to: 'free', attempt: task.attempt, worker: task.worker, reason },
  });
  hint(tx, 'tasks');
  hint(tx, 'stops');
}

export async function assignTask(tx: Tx, id: number, name: string | null, actor: string): Promise<void> {
  const task = await lockOpenTask(tx, id);
  if (task.state === 'leased') throw new Problem('task_running', `task ${id} runs on ${task.worker}`);
  if (name !== null) {
    const worker = await lockWorker(tx, name);
    if (worker === undefined) throw new Problem('unknown_worker', `there is no worker ${name}`);
    const no = hardRefusal({ ...candidateOf(task), assigned: name, refusedBy: new Map() }, offerOf(worker));
    if (no !== null) throw new Problem('worker_unfit', `${name} ${no.reason}`);
  }
  await assign(tx, id, name);
  tell(tx, {
    type: 'task.assigned',
    subject: `task:${id}`,
    actor,
    build: task.build,
    data: { worker: name },
  });
  hint(tx, 'tasks');
}

export async function changePriority(
  tx: Tx,
  task: TaskFacts,
  priority: number,
  actor: string,
): Promise<void> {
  const changed = await setPriorityOf(
    tx,
    task.build === null ? { task: task.id } : { build: task.build },
    priority,
  );
  if (changed === 0) return;
  tell(tx, {
    type: 'task.priority',
    subject: `task:${task.id}`,
    actor,
    build: task.build,
    data: { from: task.priority, to: priority, tasks: changed },
  });
  hint(tx, 'tasks');
}

/** @returns the tasks that were taken from it */
export async function changeStanding(
  tx: Tx,
  name: string,
  standing: WorkerStanding,
  reason: string | null,
  actor: string,
): Promise<number[]> {
  const before = await lockWorker(tx, name);
  if (before === undefined) throw new Problem('unknown_worker', `there is no worker ${name}`);
  await setStanding(tx, name, standing, reason, actor);
  tell(tx, {
    type: `worker.${standing}`,
    subject: `worker:${name}`,
    actor,
    data: { from: before.standing, to: standing, reason },
  });
  hint(tx, 'tasks');
  hint(tx, 'stops');
  return standing === 'quarantined' ? (await leasedTasksOf(tx, name)).map((one) => one.id) : [];
}
