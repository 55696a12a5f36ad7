/**
 * What a package needs, learned from what its builds took.
 *
 * Invariant: pure. One run decides nothing once there are others, whoever measured it; and a learned need never asks for
 * more than one of the machines that there are can give, so it may make a task wait and never keeps it waiting for ever.
 *
 * Each different need makes a queue of its own for every architecture, owner and tag, and a look of the scheduler costs
 * what there are queues. So what was measured is rounded up to powers of two and the halves between, and what any
 * builder has is no need at all: most packages have none, and the rest share a dozen classes.
 */
import type { Needs } from './needs.ts';

/** Mebibytes up to which nothing is asked for: a slot of any builder has so much. */
export const needFloor = { memoryMb: 512, diskMb: 1024 } as const;

/** Runs from long ago say little about what is built now. */
const countedRuns = 5;
/** A run that took more than so many times the middle one counts as if it had taken that. */
const trust = 2;
/** What is between two builds of the same package: its own growth, and what was not sampled. */
const margin = 1.25;
const firstStep = 512;
/** A tebibyte. More was never measured, it was said; and sums of it still fit the ledger's numbers. */
const most = 2 ** 20;

/**
 * The most that the last runs took, where one run alone is not believed: at most twice the middle of them, of two the
 * lower. A run that takes more than any before is believed when it comes again. 0 without runs.
 * @param runs in MiB, newest last
 */
export function robustPeak(runs: readonly number[]): number {
  const sorted = runs.slice(-countedRuns).toSorted((a, b) => a - b);
  const middle = sorted[(sorted.length - 1) >> 1] ?? 0;
  return Math.min(sorted.at(-1) ?? 0, trust * middle);
}

/** @param floor what needs no saying, in MiB */
export function learnedNeed(runs: readonly number[], floor: number): number {
  const need = Math.min(most, stepAbove(robustPeak(runs) * margin));
  return need <= floor ? 0 : need;
}

type Room = Pick<Needs, 'memoryMb' | 'diskMb'>;

/**
 * Cuts a need that no machine meets to the greatest step that one offers; memory first, then disk among the machines
 * that have the memory. It is not forgotten: what needs the most goes to the largest. A step, because what a machine
 * offers changes from day to day, free disk most of all, and each number would be a queue.
 * @param machines those that could take the task otherwise; 0 where one does not know what it has. Without any there
 * is no need.
 */
export function within(need: Room, machines: readonly Room[]): Room {
  const memoryMb = cut(
    need.memoryMb,
    machines.map((one) => one.memoryMb),
  );
  const able = machines.filter((one) => meets(one.memoryMb, memoryMb));
  const diskMb = cut(
    need.diskMb,
    able.map((one) => one.diskMb),
  );
  return { memoryMb, diskMb };
}

function cut(need: number, offers: readonly number[]): number {
  return offers.some((offer) => meets(offer, need)) ? need : stepBelow(Math.max(0, ...offers));
}

const meets = (offer: number, need: number): boolean => offer === 0 || offer >= need;

function stepAbove(mb: number): number {
  let step = firstStep;
  while (step < mb) step = next(step);
  return step;
}

/** 0 below the first. */
function stepBelow(mb: number): number {
  let step = 0;
  for (let more = firstStep; more <= mb; more = next(more)) step = more;
  return step;
}

/** 512, 768, 1024, 1536, 2048, … */
function next(step: number): number {
  return Number.isInteger(Math.log2(step)) ? step * 1.5 : (step / 3) * 4;
}
