/**
 * Builds that would come out as the one that is there: which root each of their tasks is held to, and what follows when
 * builders say that it came out so.
 *
 * Invariant: a build is whole. It is held to the roots of one build, and where one of its architectures is built after
 * all, so are the others. What nobody asked to skip is never taken for identical.
 */
import { createHash } from 'node:crypto';
import type { Failure, InstalledPackage, RootOrder, TagSettings } from '@moromi/contract';
import { ancestors, type TargetFacts } from '../catalog/index.ts';
import { hint, type Tx, tell } from '../ledger/index.ts';
import { Refusal, redoTask, type TaskFacts } from '../tasks/index.ts';
import type { PlannedArch } from './arches.ts';
import { type BuildFacts, rootsOf, shownBuild } from './queries.ts';
import { rootKey } from './root.ts';

/** Stands in a task's request: the root that it is held to, and whose that was. */
export interface Unless {
  sha256: string;
  build: number;
  nvr: string | null;
}

/** What stands in the place of packages as the result of a task whose root came out so. */
const identical = { identical: true } as const;

type Place = Pick<PlannedArch, 'arch' | 'target'>;
const keyOf = ({ arch, target }: Place): string => `${arch} ${target ?? ''}`;

export const unlessOf = (task: Pick<TaskFacts, 'request'>): Unless | undefined =>
  (task.request as { unless?: Unless } | null)?.unless;

export const isIdentical = (task: TaskFacts): boolean => task.state === 'done' && saysIdentical(task.result);

export const saysIdentical = (result: unknown): boolean =>
  (result as { identical?: boolean } | null)?.identical === true;

/**
 * The roots that the tasks of a build are held to: those of the build of the same source that the destination shows,
 * made in a root of the same definition but for the `%dist` that it was given.
 * @returns nothing where it is to be built in any case
 */
export async function rootsToBeat(
  tx: Tx,
  build: BuildFacts,
  name: string,
  { destTag }: TargetFacts,
  settings: TagSettings,
  planned: readonly PlannedArch[],
): Promise<(place: Place) => Unless | undefined> {
  const nothing = () => undefined;
  if (build.options.skipIdentical !== true || build.scratch) return nothing;
  const before = await shownBuild(tx, name, await ancestors(tx, destTag));
  if (before === undefined || before.sourceSha256 !== build.sourceSha256) return nothing;
  if (before.rootKey !== keyWithDist(settings, build, before.options.dist)) return nothing;
  const roots = new Map((await rootsOf(tx, before.id)).map((root) => [keyOf(root), hashOf(root.packages)]));
  // What may fail may have failed then; it is built, and if it is good now the others are built with it.
  const certain = planned.filter(
    (one) => one.excluded === null && !settings.toleratedArches.includes(one.arch),
  );
  if (certain.some((one) => !roots.has(keyOf(one)))) return nothing;
  return (place) => {
    const sha256 = roots.get(keyOf(place));
    return sha256 === undefined ? undefined : { sha256, build: before.id, nvr: before.nvr };
  };
}

/** What names a build's root had it been given this `%dist`; a new one is what a rebuild comes with. */
function keyWithDist(settings: TagSettings, build: BuildFacts, dist: string | undefined): string {
  const { dist: _, ...options } = build.options;
  return rootKey(settings, dist === undefined ? options : { ...options, dist });
}

/** As the contract says of `unless`, and as builders work it out. */
function hashOf(packages: readonly InstalledPackage[]): string {
  const lines = packages.map(({ nevra, sha256 }) => `${nevra} ${sha256}\n`);
  return createHash('sha256').update(lines.toSorted().join('')).digest('hex');
}

/** Tells the builder, unless the target defines the root in another way by now. */
export function holdTo(root: RootOrder, task: TaskFacts, build: BuildFacts, settings: TagSettings): void {
  const unless = unlessOf(task);
  if (unless !== undefined && build.rootKey === rootKey(settings, build.options)) root.unless = unless.sha256;
}

/** @throws Refusal where the task was to be built in any case */
export function inspectIdentical(task: TaskFacts): typeof identical {
  if (unlessOf(task) === undefined)
    throw new Refusal(
      'identical_unasked',
      'the builder built nothing and calls that identical, and nobody had asked it to compare',
      'infrastructure',
    );
  return identical;
}

/** The end of a build of which everything came out so. */
export function whyIdentical(task: TaskFacts): Failure {
  const unless = unlessOf(task);
  const those = unless === undefined ? 'the build that is there' : `build ${unless.build} (${unless.nvr})`;
  return {
    code: 'identical',
    message: `its roots come out as those of ${those}: nothing would change`,
    fault: 'canceled',
  };
}

/** Where something of a build was built, what was skipped is built too. @returns whether anything was */
export async function buildTheRest(tx: Tx, tasks: readonly TaskFacts[], actor: string): Promise<boolean> {
  const skipped = tasks.filter(isIdentical);
  if (!tasks.some((task) => task.kind === 'build' && task.state === 'done' && !isIdentical(task)))
    return false;
  for (const task of skipped) {
    const { unless: _, ...request } = task.request as { unless?: Unless };
    await redoTask(tx, task.id, request);
    tell(tx, {
      type: 'task.reopened',
      subject: `task:${task.id}`,
      actor,
      build: task.build,
      data: { from: 'done', to: 'free' },
    });
  }
  if (skipped.length > 0) hint(tx, 'tasks');
  return skipped.length > 0;
}
