/**
 * In which order tasks are offered to workers: priority, then the owner who has had least, then rank.
 *
 * Invariant: pure. Strict between bands. Inside a band each pick counts at once for its owner, so two owners who wait
 * get slots in turn however many tasks each has. Ties break by the task's number.
 */
import type { Candidate } from './task.ts';

export interface Limits {
  /** Seconds of use, faded, what runs included; owners who are not in it have used nothing. */
  shares: ReadonlyMap<string, number>;
  /** How many more tasks an owner may have at once; not in it: as many as there are. */
  ownerRoom: ReadonlyMap<string, number>;
  tagRoom: ReadonlyMap<number, number>;
}

export const noLimits: Limits = { shares: new Map(), ownerRoom: new Map(), tagRoom: new Map() };

interface Line {
  owner: string;
  share: number;
  tasks: Candidate[];
  next: number;
}

/** Gives the tasks one after the other; `taken` says of the last one that it found a worker. */
export class Order {
  readonly #bands: Line[][];
  readonly #shares: Map<string, number>;
  readonly #ownerRoom: Map<string, number>;
  readonly #tagRoom: Map<number, number>;
  #band = 0;

  constructor(candidates: readonly Candidate[], limits: Limits) {
    this.#shares = new Map(limits.shares);
    this.#ownerRoom = new Map(limits.ownerRoom);
    this.#tagRoom = new Map(limits.tagRoom);
    const bands = Map.groupBy(candidates, (task) => task.priority);
    this.#bands = [...bands.keys()]
      .toSorted((a, b) => a - b)
      .map((priority) => {
        const owners = Map.groupBy(bands.get(priority) ?? [], (task) => task.owner);
        return [...owners].map(([owner, tasks]) => ({
          owner,
          share: 0,
          tasks: tasks.toSorted((a, b) => b.rank - a.rank || a.id - b.id),
          next: 0,
        }));
      });
  }

  next(): Candidate | undefined {
    for (; this.#band < this.#bands.length; this.#band++) {
      const found = this.#nextOf(this.#bands[this.#band] ?? []);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  taken(task: Candidate): void {
    this.#shares.set(task.owner, this.#shareOf(task.owner) + task.seconds * task.weight);
    lower(this.#ownerRoom, task.owner);
    if (task.tag !== null) lower(this.#tagRoom, task.tag);
  }

  #nextOf(lines: Line[]): Candidate | undefined {
    let best: { line: Line; task: Candidate; share: number } | undefined;
    for (const line of lines) {
      const task = this.#headOf(line);
      if (task === undefined) continue;
      const share = this.#shareOf(line.owner);
      if (best === undefined || share < best.share || (share === best.share && task.id < best.task.id))
        best = { line, task, share };
    }
    if (best === undefined) return undefined;
    best.line.next++;
    return best.task;
  }

  #headOf(line: Line): Candidate | undefined {
    if (this.#ownerRoom.get(line.owner) === 0) return undefined;
    for (; line.next < line.tasks.length; line.next++) {
      const task = line.tasks[line.next];
      if (task !== undefined && (task.tag === null || this.#tagRoom.get(task.tag) !== 0)) return task;
    }
    return undefined;
  }

  #shareOf(owner: string): number {
    return this.#shares.get(owner) ?? 0;
  }
}

function lower<K>(room: Map<K, number>, key: K): void {
  const left = room.get(key);
  if (left !== undefined) room.set(key, Math.max(0, left - 1));
}
