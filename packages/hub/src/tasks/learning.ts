/**
 * What each attempt teaches: how long a package takes where and how much of a machine, how fast a worker is, what an
 * owner has had.
 *
 * Invariant: only work that was done to its end teaches a duration, and at the usual speed; what was the
 * infrastructure's fault costs its owner nothing. What a worker says that it took is kept as it is and believed by
 * nobody: `learned-needs.ts` says what follows from it.
 */
import type { Used } from '@moromi/contract';
import { type Estimate, estimate, keptRuns, middle, remember, speedOf } from '@moromi/schedule';
import type { Tx } from '../ledger/index.ts';
import { keepSpeeds, speedsOf } from '../workers/index.ts';
import {
  addUse,
  type DurationRow,
  durationsOf,
  durationsOfMany,
  keepDuration,
  usualDurations,
} from './learning-queries.ts';
import type { NewTask, TaskFacts } from './queries.ts';

/** A worker is judged by estimates that stand on so many runs. */
const soundRuns = 3;
/** What takes less says nothing about a machine. Seconds. */
const shortest = 5;

interface Named {
  kind: string;
  package?: string | null | undefined;
  label: string;
  arch: string | null;
}

const keyOf = ({ kind, package: name, label, arch }: Named) => ({
  name: name ?? label,
  kind,
  arch: arch ?? '',
});

/** What is known of a task that is made now; no `own` where its package was never tried on its architecture. */
export async function history(
  tx: Tx,
  task: NewTask,
): Promise<{ expected: Estimate; own: DurationRow | undefined }> {
  const { name, kind, arch } = keyOf(task);
  const { known, usual } = await durationsOf(tx, name, kind, arch);
  return { expected: estimateOf(known, arch, usual), own: known.find((one) => one.arch === arch) };
}

/** How long a package's task of a kind takes on an architecture. */
export async function expected(tx: Tx, name: string, kind: string, arch: string): Promise<Estimate> {
  const { known, usual } = await durationsOf(tx, name, kind, arch);
  return estimateOf(known, arch, usual);
}

function estimateOf(known: readonly DurationRow[], arch: string, usual: number | null): Estimate {
  const own = known.find((one) => one.arch === arch)?.runs ?? [];
  const others = known.filter((one) => one.arch !== arch).flatMap((one) => one.runs);
  return estimate(own, others, usual);
}

export interface BuildExpectation {
  /** Of its source package, and then of the slowest of its architectures. */
  seconds: number;
  /** Nothing is known of it on any of them. */
  guessed: boolean;
}

/** How long builds of packages take as a whole; one look for all of them. */
export async function expectedBuilds(
  tx: Tx,
  names: readonly string[],
  arches: readonly string[],
): Promise<Map<string, BuildExpectation>> {
  const known = Map.groupBy(await durationsOfMany(tx, names), (one) => `${one.name} ${one.kind}`);
  const usual = await usualDurations(tx);
  const of = (name: string, kind: string, arch: string): Estimate => {
    const all = known.get(`${name} ${kind}`) ?? [];
    return estimate(
      all.find((one) => one.arch === arch)?.runs ?? [],
      all.filter((one) => one.arch !== arch).flatMap((one) => one.runs),
      usual.find((one) => one.kind === kind && one.arch === arch)?.seconds ?? null,
    );
  };
  return new Map(
    names.map((name) => {
      const each = arches.map((arch) => of(name, 'build', arch));
      const srpm = of(name, 'srpm', arches[0] ?? '');
      const seconds = srpm.seconds + Math.max(0, ...each.map((one) => one.seconds));
      return [name, { seconds, guessed: each.every((one) => one.runs === 0) }];
    }),
  );
}

/**
 * @param whole the task was done; otherwise it failed for its own sake, or was found to be needless
 * @param used what it took of the machine, by the worker's word
 */
export async function learn(
  tx: Tx,
  task: TaskFacts,
  attempt: number,
  worker: string,
  whole: boolean,
  used?: Used,
): Promise<void> {
  const times = await addUse(tx, task, attempt);
  if (times === undefined || !whole) return;
  const key = keyOf(task);
  const { known } = await durationsOf(tx, key.name, key.kind, key.arch);
  const own = known.find((one) => one.arch === key.arch);
  const runs = remember(own?.runs ?? [], times.ran * times.speed);
  await keepDuration(tx, key, runs, middle(runs), {
    memoryUsed: rememberTold(own?.memoryUsed ?? [], used?.memoryMb),
    diskUsed: rememberTold(own?.diskUsed ?? [], used?.diskMb),
  });
  if (task.runs < soundRuns || task.seconds < shortest) return;
  const speeds = [...(await speedsOf(tx, worker)), task.seconds / Math.max(0.1, times.ran)].slice(-keptRuns);
  await keepSpeeds(tx, worker, speeds, Math.round(speedOf(speeds) * 100) / 100);
}

/** A worker that cannot tell says 0, or nothing. */
function rememberTold(runs: readonly number[], mb = 0): number[] {
  return mb > 0 ? remember(runs, mb) : [...runs];
}
