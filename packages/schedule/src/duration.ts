/**
 * How long something takes, learned from how long it took.
 *
 * Invariant: pure. One run that hung or one that was cached moves nothing: the estimate is the middle of the last runs.
 * What is not known is said to be not known, and counts as the mean of what is: durations have a long tail, and a path
 * is a sum.
 */

/** So many of the last runs are kept. */
export const keptRuns = 9;
/** Where nothing at all is known. Seconds. */
export const blindGuess = 120;

export interface Estimate {
  seconds: number;
  /** How many runs it stands on; 0 is a guess. */
  runs: number;
}

export function remember(runs: readonly number[], seconds: number): number[] {
  return [...runs, seconds].slice(-keptRuns);
}

/**
 * @param own runs of this package on this architecture, oldest first
 * @param others its runs on other architectures
 * @param usual the mean over what the fleet knows of such tasks
 */
export function estimate(own: readonly number[], others: readonly number[], usual: number | null): Estimate {
  if (own.length > 0) return { seconds: middle(own), runs: own.length };
  if (others.length > 0) return { seconds: middle(others), runs: 0 };
  return { seconds: usual ?? blindGuess, runs: 0 };
}

/** The median; of an even number the mean of the two in the middle. */
export function middle(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = sorted.length >> 1;
  const upper = sorted[at] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[at - 1] ?? Number.NaN) + upper) / 2;
}

/** How much faster than expected a worker was, over its last runs; each is expected ÷ taken. */
export function speedOf(ratios: readonly number[]): number {
  // Few runs say little: two of the usual speed are always counted in.
  return middle([...ratios, 1, 1]);
}
