/**
 * Which waiting worker gets which free task.
 *
 * Invariant: pure, and advice only: the lease itself is compare-and-set. Ties break by number and name, so the same
 * snapshot gives the same choice and renaming nothing but names changes nothing but names.
 */
import type { Held, Offer } from './offer.ts';
import { type Limits, noLimits, Order } from './order.ts';
import { hardRefusal, softRefusal } from './refusal.ts';
import { type Busy, Soon } from './soon.ts';
import type { Candidate } from './task.ts';

export interface Waiter {
  offer: Offer;
  slot: number;
  /** What the worker holds already, without what is chosen for it here. */
  held: Held;
}

export interface Pair<C extends Candidate, W extends Waiter> {
  task: C;
  waiter: W;
}

interface Desk<W extends Waiter> {
  offer: Offer;
  /** Slots that wait, the lowest last. */
  waiters: W[];
  held: Held;
  breadth: number;
}

/**
 * Tasks in their order. Each goes to the fitting worker: the one it is assigned to, that of its pair, then the one that
 * can do the least else, so that those who can do much stay free for what only they can do; then the fastest; then the
 * least loaded.
 */
export function choose<C extends Candidate, W extends Waiter>(
  candidates: readonly C[],
  waiters: readonly W[],
  limits: Limits = noLimits,
  busy: readonly Busy[] = [],
): Pair<C, W>[] {
  const desks = desksOf(waiters);
  const soon = new Soon(busy);
  const pairs: Pair<C, W>[] = [];
  const order = new Order(candidates, limits);
  let free = waiters.length;
  const give = (task: C): boolean => {
    const desk = bestOf(task, desks);
    if (desk !== undefined && soon.isBetter(task, desk.offer)) return false;
    const waiter = desk?.waiters.pop();
    if (desk === undefined || waiter === undefined) return false;
    pairs.push({ task, waiter });
    desk.held = {
      tasks: desk.held.tasks + 1,
      weight: desk.held.weight + task.weight,
      memoryMb: desk.held.memoryMb + task.needs.memoryMb,
      diskMb: desk.held.diskMb + task.needs.diskMb,
    };
    free--;
    return true;
  };
  while (free > 0) {
    const task = order.next() as C | undefined;
    if (task === undefined) break;
    if (give(task)) order.taken(task);
  }
  return pairs;
}

function desksOf<W extends Waiter>(waiters: readonly W[]): Desk<W>[] {
  const byWorker = Map.groupBy(waiters, (one) => one.offer.worker);
  return [...byWorker]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, slots]) => {
      const [first] = slots;
      if (first === undefined) return [];
      const { offer, held } = first;
      const breadth =
        offer.kinds.length * Math.max(1, offer.arches.length) * Math.max(1, offer.channels.length);
      return [{ offer, waiters: slots.toSorted((a, b) => b.slot - a.slot), held, breadth }];
    });
}

function bestOf<W extends Waiter>(task: Candidate, desks: readonly Desk<W>[]): Desk<W> | undefined {
  let best: Desk<W> | undefined;
  for (const desk of desks) {
    if (desk.waiters.length === 0) continue;
    if (hardRefusal(task, desk.offer) !== null || softRefusal(task, desk.offer, desk.held) !== null) continue;
    if (best === undefined || better(task, desk, best)) best = desk;
  }
  return best;
}

function better(task: Candidate, a: Desk<Waiter>, b: Desk<Waiter>): boolean {
  const beside = Number(a.offer.worker === task.beside) - Number(b.offer.worker === task.beside);
  if (beside !== 0) return beside > 0;
  if (a.breadth !== b.breadth) return a.breadth < b.breadth;
  if (a.offer.speed !== b.offer.speed) return a.offer.speed > b.offer.speed;
  return a.held.weight / a.offer.capacity < b.held.weight / b.offer.capacity;
}
