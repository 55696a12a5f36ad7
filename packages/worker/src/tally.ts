/** How many attempts of this worker run and how the others ended, since its start. */
import type { Ended } from './outcome.ts';

export class Tally {
  slots: number;
  #running = 0;
  readonly #ended = { done: 0, failed: 0, lost: 0, refused: 0, left: 0 };

  constructor(slots: number) {
    this.slots = slots;
  }

  begin(): void {
    this.#running++;
  }

  end(how: Ended['how']): void {
    this.#running--;
    this.#ended[how]++;
  }

  toString(): string {
    const { done, failed, lost, refused, left } = this.#ended;
    const given = refused + left > 0 ? `, ${refused + left} given back` : '';
    return `${this.#running} of ${this.slots} running, ${done} done, ${failed} failed, ${lost} lost${given}`;
  }
}
