/**
 * When a waiting task is expected to begin.
 *
 * Invariant: pure, and a guess that says nothing where nothing can be said: it plays the work that comes before the task
 * on the slots that could do it, each as soon as it is free.
 */

/** More slots or more tasks than this are not played one by one. */
const playedTasks = 5000;

/**
 * @param slots for each slot that could do it the seconds until it is free
 * @param ahead seconds of each piece of work that comes before, in order
 * @returns seconds until it begins; null where no slot could do it
 */
export function startsIn(slots: readonly number[], ahead: readonly number[]): number | null {
  if (slots.length === 0) return null;
  if (ahead.length > playedTasks) {
    const work = ahead.reduce((sum, one) => sum + one, 0) + slots.reduce((sum, one) => sum + one, 0);
    return work / slots.length;
  }
  const heap = slots.toSorted((a, b) => a - b);
  for (const seconds of ahead) {
    const [first = 0] = heap;
    put(heap, first + seconds);
  }
  return heap[0] ?? null;
}

/** Replaces the least of a heap; a sorted list is one. */
function put(heap: number[], value: number): void {
  let here = 0;
  for (;;) {
    let child = 2 * here + 1;
    if (child + 1 < heap.length && (heap[child + 1] ?? 0) < (heap[child] ?? 0)) child++;
    const below = heap[child];
    if (below === undefined || below >= value) break;
    heap[here] = below;
    here = child;
  }
  heap[here] = value;
}

export interface Line {
  owner: string;
  /** Tasks of the same band that wait. */
  tasks: number;
  /** What one of them takes on average. */
  seconds: number;
  share: number;
}

/**
 * Work of other owners in the same band that comes before somebody's n-th task: each gets as many turns as the one, and
 * more while it has had less.
 */
export function turnsOfOthers(
  mine: { place: number; share: number; seconds: number },
  others: readonly Line[],
): number[] {
  return others.flatMap((other) => {
    const lead = Math.max(0, (mine.share - other.share) / Math.max(1, other.seconds));
    const turns = Math.min(
      other.tasks,
      Math.floor((mine.place * mine.seconds) / Math.max(1, other.seconds) + lead),
    );
    return new Array<number>(Math.max(0, Math.min(turns, playedTasks))).fill(other.seconds);
  });
}
