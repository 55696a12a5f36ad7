/**
 * Tells by events why tasks wait that have been ready for a while.
 *
 * Invariant: of each queue the first task stands for all behind it, and is told of once for each reason; so a hundred
 * thousand waiting tasks are as many events as there are queues.
 */
import { type Ledger, tell } from '../ledger/index.ts';
import { explain } from './explain.ts';
import { findTask } from './queries.ts';
import { keepTold, waitingHeads } from './waiting-queries.ts';

/** What waits for less is nobody's worry. Seconds. */
const patienceSeconds = 60;
/** Queues that are looked at in one sweep: to look at all of a large fleet's at once is felt by who waits for a task. */
const mostQueues = 8;

/**
 * @param after the queue that was looked at last
 * @returns the one that has been looked at last now; 0 after the last of all
 */
export async function tellWaiting(ledger: Ledger, after: number): Promise<number> {
  const heads = await waitingHeads(ledger.read, patienceSeconds, mostQueues, after);
  if (heads.length === 0) return 0;
  const tasks = [];
  for (const { id } of heads) {
    const task = await findTask(ledger.read, id);
    if (task !== undefined) tasks.push(task);
  }
  const said = await explain(ledger.read, tasks);
  for (const task of tasks) {
    const waiting = said.get(task.id)?.waiting;
    const before = heads.find((one) => one.id === task.id)?.told;
    if (waiting === undefined || waiting.code === before) continue;
    await ledger.tx('tasks.waiting', async (tx) => {
      if (!(await keepTold(tx, task.id, before ?? null, waiting.code))) return;
      tell(tx, {
        type: 'task.waiting',
        subject: `task:${task.id}`,
        actor: 'hub',
        build: task.build,
        data: { ...waiting },
      });
    });
  }
  return heads.length < mostQueues ? 0 : (heads.at(-1)?.queue ?? 0);
}
