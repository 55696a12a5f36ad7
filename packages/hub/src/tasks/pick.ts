/**
 * Which of the waiting workers get which tasks: the schedule's choice over a snapshot, and over more of the queues
 * while that may bring somebody a task.
 *
 * Invariant: advice only, as the snapshot is.
 */
import { choose, type Pair, refusal, type Waiter } from '@moromi/schedule';
import type { Reader } from '../ledger/index.ts';
import { type Claimant, lookFurther, type ReadyTask, type Snapshot } from './snapshot.ts';

/** A look that took the last of what it brought of a queue, or left somebody without a task, goes on so often. */
const furtherLooks = 6;
/** By so many tasks of each such queue at least. */
const furtherTasks = 20;

export type Picked<C extends Claimant> = Pair<ReadyTask, Waiter & { claimant: C }>;

export async function pick<C extends Claimant>(
  reader: Reader,
  { waiters, wanted, tasks, limits, busy }: Snapshot<C>,
): Promise<Picked<C>[]> {
  let known = tasks;
  // What a look brought the last of may go on; what it brought fewer of has ended.
  let open = queuesOf(tasks);
  let pairs = choose(known, waiters, limits, busy);
  for (let round = 1; round <= furtherLooks; round++) {
    const given = new Set(pairs.map((pair) => pair.waiter));
    const left = waiters.filter((one) => !given.has(one));
    const deeper = open.filter((queue) => isUsedUp(queue, pairs) || isWanted(queue, left));
    if (deeper.length === 0) break;
    const each = Math.max(furtherTasks, 2 * waiters.length);
    const ids = deeper.map((queue) => queue.id);
    const more = await lookFurther(reader, wanted, ids, each, known);
    known = [...known, ...more];
    open = [...open.filter((queue) => !deeper.includes(queue)), ...queuesOf(more)];
    pairs = choose(known, waiters, limits, busy);
  }
  return pairs;
}

/** A queue that may have more than was brought of it. */
interface OpenQueue {
  id: number;
  /** The last of what was brought. */
  last: ReadyTask;
}

function queuesOf(tasks: readonly ReadyTask[]): OpenQueue[] {
  return [...Map.groupBy(tasks, (one) => one.queue)].flatMap(([id, list]) => {
    const last = list.toSorted((a, b) => a.priority - b.priority || b.rank - a.rank || a.id - b.id).at(-1);
    return last !== undefined && list.length >= last.page ? [{ id, last }] : [];
  });
}

/** What comes next in the queue might come before what was chosen of others. */
function isUsedUp<C extends Claimant>({ last }: OpenQueue, pairs: readonly Picked<C>[]): boolean {
  return pairs.some((pair) => pair.task === last);
}

/**
 * Whether somebody who has got nothing could have what the queue holds beyond what was brought. There is nearly always
 * somebody for whom nothing waits, such as the hub's own worker, and that must cost no look.
 */
function isWanted({ last }: OpenQueue, left: readonly Waiter[]): boolean {
  // What tasks of one queue do not have in common is left out; even the lightest needs some room.
  const other = { ...last, package: null, weight: 1e-6, refusedBy: new Map() };
  return left.some(({ offer, held }) => refusal(other, offer, held) === null);
}
