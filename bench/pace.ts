/**
 * The open loop: moments come at their times, whatever became of earlier ones.
 *
 * Invariant: what is measured runs from the moment and not from when its turn came, so whoever falls behind cannot hide
 * it; and a moment that found nobody free still counts.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { quantile } from './figure.ts';

export interface Paced {
  rate: number;
  /** Milliseconds from each moment to its end; of those that did not end, how long they were open at least. */
  times: number[];
  /** Moments that were open when the last one had come. */
  open: number;
}

/** @param seize starts what a moment asks for, and resolves when the moment has got it; null: nobody is free now */
export async function pace(
  rate: number,
  seconds: number,
  patienceSeconds: number,
  seize: () => Promise<void> | null,
): Promise<Paced> {
  const count = Math.round(rate * seconds);
  const times = new Array<number | undefined>(count).fill(undefined);
  const start = performance.now() + 10;
  const momentOf = (n: number): number => start + (n * 1000) / rate;
  let came = 0;
  let begun = 0;
  let ended = 0;
  const begin = (): void => {
    for (; begun < came; begun++) {
      const n = begun;
      const seized = seize();
      if (seized === null) return;
      void seized.then(() => {
        times[n] = performance.now() - momentOf(n);
        ended++;
      });
    }
  };
  while (came < count) {
    while (came < count && momentOf(came) <= performance.now()) came++;
    begin();
    await delay(1);
  }
  const open = count - ended;
  const end = performance.now() + patienceSeconds * 1000;
  while (ended < count && performance.now() < end) {
    begin();
    await delay(5);
  }
  const now = performance.now();
  return { rate, times: times.map((time, n) => time ?? now - momentOf(n)), open };
}

/** Held: the slowest percent is not slower than the limit, and no more is open than came within that time. */
export function held({ rate, times, open }: Paced, limitMs: number): boolean {
  return quantile(times, 0.99) <= limitMs && open <= Math.max(2, (rate * limitMs) / 1000);
}
