/**
 * How much an owner has used of the fleet lately.
 *
 * Invariant: pure. Use fades by half in each half-life, so that an old mass rebuild is forgotten, and what runs counts
 * as long as it is expected to run from the moment at which it is leased: a hundred leases at once are not free.
 */

/** In seconds. OBS fades its workers' use over the same four hours. */
export const halfLifeSeconds = 4 * 3600;

/** @param used seconds of work, as they stood `age` seconds ago */
export function faded(used: number, age: number, halfLife = halfLifeSeconds): number {
  return used * 2 ** (-Math.max(0, age) / halfLife);
}

/** What a running task counts for now. */
export function runningUse(seconds: number, elapsed: number, weight: number): number {
  return Math.max(seconds, elapsed) * weight;
}
