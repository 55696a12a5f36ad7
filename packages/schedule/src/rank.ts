/**
 * The order inside a band among the tasks of one owner: the longest remaining path first, and age.
 *
 * Invariant: pure, and the same at whatever time it is worked out, so it can be kept with the task: everybody's age
 * grows alike, so what counts is when a task was made. A task waits at most for those whose path is longer than its own
 * by what it has waited: nothing starves.
 */

/** How many seconds of path a second of waiting is worth. */
export const ageWorth = 0.05;

/**
 * @param path seconds of the longest chain of work that begins with this task
 * @param createdAt seconds since any fixed moment
 */
export function rank(path: number, createdAt: number): number {
  return path - ageWorth * createdAt;
}
