/**
 * Why an attempt ended without a result: whose fault it was.
 *
 * Invariant: only the driver may blame the package (`BuildFailure`), and a build of it that stands still (`Stuck`);
 * whatever this worker does not know is its own fault, so the task is tried again elsewhere and no package is called
 * broken for a builder's sake.
 */
import { BuildFailure } from '@moromi/buildroot';
import { type Failure, Problem } from '@moromi/contract';
import { Unable } from './refusal.ts';
import { Stuck } from './stuck.ts';

/** The attempt is no longer this worker's: stop at once, clean up, say nothing to the hub. */
export class LeaseLost extends Error {
  constructor(why: string) {
    super(why);
    this.name = 'LeaseLost';
  }
}

/** The worker leaves now; the attempt is given back. */
export class LeavingNow extends Error {
  constructor() {
    super('the worker leaves now');
    this.name = 'LeavingNow';
  }
}

/** Something in an order or a result is not what it must be; the message says what. */
export class Refused extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = 'Refused';
    this.code = code;
  }
}

export function isLeaseLost(error: unknown): boolean {
  if (error instanceof LeaseLost) return true;
  return error instanceof Problem && (error.code === 'lease_lost' || error.code === 'unknown_task');
}

/** The hub does not know this worker, or not any more. */
export function isStranger(error: unknown): boolean {
  return (
    error instanceof Problem && ['unauthenticated', 'token_expired', 'unknown_worker'].includes(error.code)
  );
}

function infrastructure(code: string, message: string): Failure {
  return { code, message: clip(message), fault: 'infrastructure' };
}

export function failureOf(error: unknown): Failure {
  if (error instanceof Unable) return infrastructure(error.code, error.message);
  if (error instanceof Stuck) return { ...error.failure, message: clip(error.message) };
  if (error instanceof BuildFailure) {
    const failure: Failure = { code: error.code, message: clip(error.message), fault: error.fault };
    if (error.excerpt !== '') failure.excerpt = clip(error.excerpt);
    return failure;
  }
  if (isDiskFull(error)) {
    return infrastructure(
      'disk_full',
      `The builder has no room left on its disk (${text(error)}). Free space under the worker's home.`,
    );
  }
  if (error instanceof Refused) return infrastructure(error.code, error.message);
  if (error instanceof Problem) return infrastructure(error.code, `${error.message} ${error.todo}`);
  return infrastructure('worker_error', `The worker failed in a way it does not know: ${text(error)}`);
}

const fullCodes = ['ENOSPC', 'EDQUOT', 'disk_full'];

/** ENOSPC and EDQUOT, also as the cause of another error. */
export function isDiskFull(error: unknown): boolean {
  let one = error;
  for (let depth = 0; depth < 5 && one instanceof Error; depth++, one = one.cause) {
    if ('code' in one && typeof one.code === 'string' && fullCodes.includes(one.code)) return true;
  }
  return false;
}

export function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function clip(words: string): string {
  return words.length <= 4000 ? words : `${words.slice(0, 3999)}…`;
}
