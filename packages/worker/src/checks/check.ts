/**
 * One thing that a machine must have before it begins another task.
 *
 * Invariant: a check only looks; it stops nothing and tells nobody. It may be asked every two seconds for ever.
 */
import type { Failure, Unfit } from '@moromi/contract';

export interface Check {
  /** What is not as it must be; null where it is. */
  look(): Promise<Unfit | null> | Unfit | null;
  /** Told of every attempt that failed here. */
  failed?(failure: Failure): void;
}
