/**
 * The numbers and decisions of leases.
 *
 * Invariant: pure. Losing a worker uses an attempt; being freed, drained or never taken up does not.
 */
import type { TaskState } from '@moromi/contract';

/** A lease without heartbeats, in seconds. */
export const leaseSeconds = 60;
/** How often a worker renews. */
export const heartbeatSeconds = 10;
/** The first heartbeat must come within this. */
export const firstHeartbeatSeconds = 10;
/** After a silence of all hubs every lease has at least this. */
export const afterSilenceSeconds = 30;
/** A hub that beats every second and was not heard for this long was away. */
export const silenceSeconds = 3;
/** For so long a worker that had no room is not asked again; Koji's own time. */
export const softRefusalSeconds = 900;
/** Attempts that may be lost, or fail for the infrastructure's sake. */
export const attemptLimit = 3;

export interface LapseFacts {
  /** The worker sent a heartbeat once. */
  heard: boolean;
  /** Seconds since the lease. */
  ran: number;
  /** Attempts used up before this one. */
  spent: number;
}

export type LapseDecision =
  /** Free at once; the attempt does not count. */
  | { fate: 'freed' }
  /** Lost: its worker may still come back for it, others only after `holdSeconds`. */
  | { fate: 'lost'; spent: number; holdSeconds: number }
  | { fate: 'failed'; spent: number };

export function lapse(facts: LapseFacts): LapseDecision {
  if (!facts.heard) return { fate: 'freed' };
  const spent = facts.spent + 1;
  if (spent >= attemptLimit) return { fate: 'failed', spent };
  return { fate: 'lost', spent, holdSeconds: Math.min(15 * 60, facts.ran / 10) };
}

/** Its result is yet to come. */
export const isOpen = ({ state }: { state: TaskState }): boolean => state === 'free' || state === 'leased';
