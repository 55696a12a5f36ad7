/**
 * What choosing looks at, read at about one moment.
 *
 * Invariant: a snapshot is advice; it may be stale in any part, which costs order and never a double lease.
 */
import {
  type Candidate,
  faded,
  type Held,
  halfLifeSeconds,
  type Limits,
  nothingHeld,
  type Waiter,
} from '@moromi/schedule';
import type { Reader } from '../ledger/index.ts';
import { channelsOf, fasterWorkers, offerOf, whyIdle, workersByName } from '../workers/index.ts';
import { usesOf } from './learning-queries.ts';
import type { Runs } from './runs.ts';
import {
  busyUntil,
  type HeldRow,
  heldBy,
  type QuotaRow,
  quotas,
  type ReadyRow,
  type RunningRow,
  readyTasks,
  type Wanted,
} from './snapshot-queries.ts';

/** A claim that waits, before anything is known of its worker. */
export interface Claimant {
  worker: string;
  slot: number;
  kinds: readonly string[];
  arches: readonly string[];
}

export interface ReadyTask extends Candidate {
  queue: number;
  page: number;
}

export interface Snapshot<C extends Claimant> {
  waiters: (Waiter & { claimant: C })[];
  wanted: Wanted;
  tasks: ReadyTask[];
  limits: Limits;
  /** There are quotas. */
  bounded: boolean;
  busy: { offer: Waiter['offer']; freeIn: number }[];
}

/** So many tasks the first look brings; those who need more of a queue look further. */
const firstRows = 128;
const furtherRows = 768;

/** @returns undefined where there is nothing to choose */
export async function lookAt<C extends Claimant>(
  reader: Reader,
  runs: Runs,
  claimants: readonly C[],
  limit: number,
): Promise<Snapshot<C> | undefined> {
  const names = [...new Set(claimants.map((one) => one.worker))];
  const wanted = {
    kinds: [...new Set(claimants.flatMap((one) => one.kinds))].toSorted(),
    arches: [...new Set(claimants.flatMap((one) => one.arches))].toSorted(),
    workers: names,
  };
  const workers = await workersByName(reader, names);
  const channels = [...new Set([...workers.values()].flatMap(channelsOf))].toSorted();
  const [found, held, bounds] = await Promise.all([
    readyTasks(
      reader,
      { ...wanted, channels },
      { each: limit, all: Math.max(firstRows, 2 * limit), seen: [] },
    ),
    heldBy(reader, names),
    quotas(reader),
  ]);
  if (found.length === 0) return undefined;
  const waiters = claimants.flatMap((claimant) => {
    const worker = workers.get(claimant.worker);
    // Unfit is for workers to act on: one that claims all the same is fit now.
    if (worker === undefined || whyIdle({ ...worker, online: true, unfit: null }) !== null) return [];
    // What is claimed for may be less than what was offered.
    const offer = { ...offerOf(worker), kinds: claimant.kinds, arches: claimant.arches };
    return [{ claimant, offer, slot: claimant.slot, held: heldOf(held.get(claimant.worker)) }];
  });
  const tasks = found.map(toTask);
  const [limits, busy] = await Promise.all([
    runs.read(reader, bounds.length > 0).then((running) => limitsOf(reader, tasks, running, bounds)),
    busyOf(reader, waiters),
  ]);
  return { waiters, wanted: { ...wanted, channels }, tasks, limits, bounded: bounds.length > 0, busy };
}

/** More of some queues, after what was seen. */
export async function lookFurther(
  reader: Reader,
  wanted: Wanted,
  queues: readonly number[],
  each: number,
  seen: readonly ReadyTask[],
): Promise<ReadyTask[]> {
  const depth = { each, all: Math.max(furtherRows, 2 * each), queues, seen: seen.map((one) => one.id) };
  return (await readyTasks(reader, wanted, depth)).map(toTask);
}

export function toTask({ refusals, memoryMb, diskMb, cores, cpuLevel, ...row }: ReadyRow): ReadyTask {
  const needs = { memoryMb, diskMb, cores, cpuLevel };
  return { ...row, needs, refusedBy: new Map((refusals ?? []).map((one) => [one.worker, one.reason])) };
}

function heldOf(row: HeldRow | undefined): Held {
  return row ?? nothingHeld;
}

export async function limitsOf(
  reader: Reader,
  tasks: readonly Pick<ReadyTask, 'owner'>[],
  running: readonly RunningRow[],
  bounds: readonly QuotaRow[],
): Promise<Limits> {
  const owners = [...new Set(tasks.map((one) => one.owner))].toSorted();
  const runs = new Map(running.flatMap((one) => (one.owner === null ? [] : [[one.owner, one] as const])));
  const ofTag = new Map(running.flatMap((one) => (one.tag === null ? [] : [[one.tag, one.tasks] as const])));
  // One owner alone has nobody to share with.
  const uses = owners.length < 2 ? [] : await usesOf(reader, owners);
  return {
    shares: new Map(
      uses.map((use) => [
        use.owner,
        faded(use.used, use.age, halfLifeSeconds) + use.fresh + (runs.get(use.owner)?.seconds ?? 0),
      ]),
    ),
    ownerRoom: new Map(
      bounds
        .filter((one) => one.subject === 'owner')
        .map((one) => [one.name, Math.max(0, one.tasks - (runs.get(one.name)?.tasks ?? 0))]),
    ),
    tagRoom: new Map(
      bounds.flatMap((one) =>
        one.tag === null ? [] : [[one.tag, Math.max(0, one.tasks - (ofTag.get(one.tag) ?? 0))] as const],
      ),
    ),
  };
}

/** The faster workers that are busy, where any is faster than one that waits. */
async function busyOf(reader: Reader, waiters: readonly Waiter[]): Promise<Snapshot<Claimant>['busy']> {
  const slowest = Math.min(...waiters.map((one) => one.offer.speed));
  // What was learned of speeds is coarse: a tenth is nothing to wait for.
  const faster = waiters.length === 0 ? [] : await fasterWorkers(reader, slowest * 1.1);
  if (faster.length === 0) return [];
  const offers = new Map(faster.map((one) => [one.name, offerOf(one)]));
  return (await busyUntil(reader, [...offers.keys()])).flatMap(({ worker, freeIn }) => {
    const offer = offers.get(worker);
    return offer === undefined ? [] : [{ offer, freeIn }];
  });
}
