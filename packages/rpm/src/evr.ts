/**
 * Versions and their order. `rpmvercmp` and `compareEvr` give rpm's answers (rpmio/rpmvercmp.cc, rpmio/rpmver.c), for
 * every pair of strings and not only for well-formed ones: the order decides what is the latest build.
 */

import { RpmError, shown } from './errors.ts';

export interface Evr {
  /** null where none is stated, which orders as 0. */
  readonly epoch: number | null;
  readonly version: string;
  /** null where none is stated, as in a dependency on a version alone. */
  readonly release: string | null;
}

export type Order = -1 | 0 | 1;

const SEPARATORS = /[^A-Za-z0-9~^]*/y;
const DIGITS = /[0-9]*/y;
const LETTERS = /[A-Za-z]*/y;

function run(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? '';
}

/** Orders two versions or two releases: runs of digits and of letters, `~` before anything, `^` after the end. */
export function rpmvercmp(a: string, b: string): Order {
  if (a === b) return 0;
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    i += run(SEPARATORS, a, i).length;
    j += run(SEPARATORS, b, j).length;
    const headA = a[i];
    const headB = b[j];
    if (headA === '~' || headB === '~') {
      if (headA !== '~') return 1;
      if (headB !== '~') return -1;
      i++;
      j++;
      continue;
    }
    if (headA === '^' || headB === '^') {
      if (headA === undefined) return -1;
      if (headB === undefined) return 1;
      if (headA !== '^') return 1;
      if (headB !== '^') return -1;
      i++;
      j++;
      continue;
    }
    if (headA === undefined || headB === undefined) break;
    const numeric = headA >= '0' && headA <= '9';
    const runA = run(numeric ? DIGITS : LETTERS, a, i);
    const runB = run(numeric ? DIGITS : LETTERS, b, j);
    // A run of digits is newer than a run of letters.
    if (runB === '') return numeric ? 1 : -1;
    const order = numeric ? compareDigits(runA, runB) : compareText(runA, runB);
    if (order !== 0) return order;
    i += runA.length;
    j += runB.length;
  }
  if (i >= a.length && j >= b.length) return 0;
  return i >= a.length ? -1 : 1;
}

/** By value, of any length: without leading zeros the longer number is the greater. */
function compareDigits(a: string, b: string): Order {
  const left = a.replace(/^0+/, '');
  const right = b.replace(/^0+/, '');
  if (left.length !== right.length) return left.length > right.length ? 1 : -1;
  return compareText(left, right);
}

function compareText(a: string, b: string): Order {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Epoch, then version, then release; no release is before any release. */
export function compareEvr(a: Evr, b: Evr): Order {
  const epochA = a.epoch ?? 0;
  const epochB = b.epoch ?? 0;
  if (epochA !== epochB) return epochA < epochB ? -1 : 1;
  const order = rpmvercmp(a.version, b.version);
  if (order !== 0) return order;
  if (a.release === null || b.release === null) {
    if (a.release === b.release) return 0;
    return a.release === null ? -1 : 1;
  }
  return rpmvercmp(a.release, b.release);
}

const EVR = /^(?:([0-9]{1,10}):)?([A-Za-z0-9._+~^]+)(?:-([A-Za-z0-9._+~^]+))?$/;
const EPOCH_MAX = 0xffff_ffff;

/** Reads `[epoch:]version[-release]`, strictly: rpm's characters, an epoch of 32 bits. Throws bad_evr. */
export function parseEvr(text: string): Evr {
  const [, epoch, version, release] = EVR.exec(text) ?? [];
  const number = epoch === undefined ? null : Number(epoch);
  if (version === undefined || text.includes('..') || (number ?? 0) > EPOCH_MAX) {
    throw new RpmError('bad_evr', `${shown(text)} is not a version of the form [epoch:]version[-release].`);
  }
  return { epoch: number, version, release: release ?? null };
}

export function formatEvr(evr: Evr): string {
  const epoch = evr.epoch === null ? '' : `${evr.epoch}:`;
  const release = evr.release === null ? '' : `-${evr.release}`;
  return `${epoch}${evr.version}${release}`;
}
