/**
 * This machine's clock against the hub's.
 *
 * Invariant: a clock that nobody has compared yet is taken for right. What a build writes into its packages comes from
 * this clock, so one that is far off makes packages from the future.
 */
import type { Unfit } from '@moromi/contract';
import type { HubClock } from '../hub-clock.ts';
import { timeInWords } from '../words.ts';
import type { Check } from './check.ts';

const usualMostSeconds = 300;

export class ClockCheck implements Check {
  readonly #clock: HubClock;
  readonly #most: number;

  constructor(clock: HubClock, mostSeconds = usualMostSeconds) {
    this.#clock = clock;
    this.#most = mostSeconds;
  }

  look(): Unfit | null {
    const { ahead = 0 } = this.#clock;
    if (Math.abs(ahead) <= this.#most) return null;
    const how = `${timeInWords(Math.abs(ahead))} ${ahead > 0 ? 'ahead of' : 'behind'} the hub's`;
    return { code: 'clock_off', reason: `its clock is ${how}; set it, for instance with chronyd` };
  }
}
