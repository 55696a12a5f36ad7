/**
 * A task that this machine cannot begin.
 *
 * Invariant: the reason is a phrase that goes on after the worker's name.
 */
import type { Release } from '@moromi/contract';

/** `hard`: until somebody changes something; otherwise it may be tried here again after a while. */
export type Refusal = NonNullable<Release['refusal']>;

/** Thrown before anything is begun. */
export class Unable extends Error {
  /** Of the failure that it is where it is not given back. */
  readonly code: 'disk_full' | 'root_failed';
  readonly refusal: Refusal;

  constructor(code: Unable['code'], refusal: Refusal) {
    super(`This worker ${refusal.reason}.`);
    this.name = 'Unable';
    this.code = code;
    this.refusal = refusal;
  }
}
