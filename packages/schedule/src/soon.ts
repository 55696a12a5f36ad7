/**
 * Whether a task is done sooner by a faster worker that is busy now than by a slower one that is idle.
 *
 * Invariant: pure. A place that one task is held back for is not promised to the next: what it is expected to take is
 * added to the worker's wait.
 */
import type { Offer } from './offer.ts';
import { hardRefusal } from './refusal.ts';
import type { Candidate } from './task.ts';

export interface Busy {
  offer: Offer;
  /** Seconds until one of its slots is expected to be free. */
  freeIn: number;
}

/** The gain that a wait must promise, as a part of the whole; what is expected is seldom what comes. */
const worthWaiting = 0.9;

export class Soon {
  readonly #busy: { offer: Offer; freeIn: number }[];

  constructor(busy: readonly Busy[]) {
    this.#busy = busy.map(({ offer, freeIn }) => ({ offer, freeIn }));
  }

  isBetter(task: Candidate, idle: Offer): boolean {
    const limit = (task.seconds / idle.speed) * worthWaiting;
    let best: { offer: Offer; freeIn: number } | undefined;
    let bestEnd = limit;
    for (const one of this.#busy) {
      if (one.offer.speed <= idle.speed) continue;
      const end = one.freeIn + task.seconds / one.offer.speed;
      if (end < bestEnd && hardRefusal(task, one.offer) === null) {
        best = one;
        bestEnd = end;
      }
    }
    if (best === undefined) return false;
    best.freeIn = bestEnd;
    return true;
  }
}
