/**
 * When a worker is set aside because builds fail on it and not for their own sake.
 *
 * Invariant: pure. A worker is judged by different tasks in a row; what fails elsewhere too for the same reason is not
 * the worker's fault; and never is the greater part of a fleet set aside, for then it is something else.
 */
import type { Trouble } from './queries.ts';

/** So many different tasks in a row. */
export const troubleLimit = 3;
/** Failures of others for the same reason within this time speak for the worker. Seconds. */
export const sharedSeconds = 600;

export function addTrouble(troubles: readonly Trouble[], trouble: Trouble): Trouble[] {
  return [...troubles.filter((one) => one.task !== trouble.task), trouble].slice(-10);
}

export function isAside(troubles: readonly Trouble[], fleet: { enabled: number; aside: number }): boolean {
  return troubles.length >= troubleLimit && (fleet.aside + 1) * 2 <= fleet.enabled + fleet.aside;
}

export function whyAside(troubles: readonly Trouble[]): string {
  const codes = [...new Set(troubles.map((one) => one.code))].join(', ');
  return `${troubles.length} tasks in a row failed on it for no fault of their own (${codes}; newest: task ${troubles.at(-1)?.task})`;
}
