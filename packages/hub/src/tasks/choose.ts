/**
 * Which waiting worker gets which free task.
 *
 * Invariant: pure, and advice only: the lease itself is compare-and-set. Ties break by id and name, so the same
 * snapshot gives the same choice and renaming nothing but names changes nothing but names.
 */
import type { TaskKind } from '@moromi/contract';

export interface Candidate {
  id: number;
  kind: TaskKind;
  arch: string | null;
  /** Lower is sooner. */
  priority: number;
}

export interface Waiter {
  worker: string;
  slot: number;
  kinds: readonly TaskKind[];
  arches: readonly string[];
  /** Tasks that this worker holds already. */
  load: number;
}

export interface Pair<C extends Candidate, W extends Waiter> {
  task: C;
  waiter: W;
}

export function fits(
  task: Pick<Candidate, 'kind' | 'arch'>,
  offer: Pick<Waiter, 'kinds' | 'arches'>,
): boolean {
  return offer.kinds.includes(task.kind) && (task.arch === null || offer.arches.includes(task.arch));
}

/**
 * Tasks in order of priority, then age. Each goes to the fitting worker that can do the least else, so that those who
 * can do much stay free for what only they can do; among equals to the least loaded.
 */
export function choose<C extends Candidate, W extends Waiter>(
  candidates: readonly C[],
  waiters: readonly W[],
): Pair<C, W>[] {
  const free = new Set(
    waiters.toSorted((a, b) => (a.worker < b.worker ? -1 : a.worker > b.worker ? 1 : a.slot - b.slot)),
  );
  const given = new Map<string, number>();
  const load = (waiter: W): number => waiter.load + (given.get(waiter.worker) ?? 0);
  const pairs: Pair<C, W>[] = [];
  for (const task of candidates.toSorted((a, b) => a.priority - b.priority || a.id - b.id)) {
    if (free.size === 0) break;
    let best: W | undefined;
    for (const waiter of free) {
      if (!fits(task, waiter)) continue;
      if (
        best === undefined ||
        breadth(waiter) < breadth(best) ||
        (breadth(waiter) === breadth(best) && load(waiter) < load(best))
      )
        best = waiter;
    }
    if (best === undefined) continue;
    free.delete(best);
    given.set(best.worker, (given.get(best.worker) ?? 0) + 1);
    pairs.push({ task, waiter: best });
  }
  return pairs;
}

function breadth(waiter: Waiter): number {
  return waiter.kinds.length * Math.max(1, waiter.arches.length);
}
