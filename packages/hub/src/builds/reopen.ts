/**
 * Going on with a build that has failed: what was built stays, what failed is done again.
 *
 * Invariant: all tasks of a build see one repository revision and one definition of the root. So a build is gone on with
 * only while its target still defines the root as it did when the build began, and all revisions that it sees are still
 * given; otherwise it is built anew as a whole.
 */
import { Problem } from '@moromi/contract';
import { settingsWith } from '../catalog/index.ts';
import { hint, type Tx, tell } from '../ledger/index.ts';
import { reopenTask, tasksOfBuild } from '../tasks/index.ts';
import type { BuildLife } from './life.ts';
import { type BuildFacts, lockBuild, reopenBuild, rpmsTaken } from './queries.ts';
import { rootKey } from './root.ts';

/** @returns false where it must be built anew */
export async function reopen(tx: Tx, life: BuildLife, before: BuildFacts, actor: string): Promise<boolean> {
  const build = await lockBuild(tx, before.id);
  if (build.state === 'building' || build.state === 'complete')
    throw new Problem('build_running', `build ${build.id} is ${build.state}`);
  const tasks = await tasksOfBuild(tx, build.id, true);
  const failed = tasks.filter((task) => task.state === 'failed' || task.state === 'canceled');
  if (failed.length === 0 || build.nvr === null || build.revision === null) return false;
  for (const revision of [build.revision, ...build.links.flatMap((one) => one.revision ?? [])])
    if (!(await life.repositories.given(tx, revision))) return false;
  const { buildTag } = await life.targetOf(tx, build);
  if (build.rootKey !== rootKey(await settingsWith(tx, buildTag, build.options.flavours), build.options))
    return false;
  const taken = await rpmsTaken(tx, build);
  if (taken !== undefined)
    throw new Problem('nvr_exists', `build ${taken} has ${build.nvr} or a package of it already`);
  await reopenBuild(tx, build.id);
  for (const task of failed) {
    await reopenTask(tx, task.id);
    tell(tx, {
      type: 'task.reopened',
      subject: `task:${task.id}`,
      actor,
      build: build.id,
      data: { from: task.state, to: 'free' },
    });
  }
  tell(tx, {
    type: 'build.reopened',
    subject: `build:${build.id}`,
    actor,
    build: build.id,
    data: { nvr: build.nvr, tasks: failed.map((task) => task.id) },
  });
  hint(tx, 'tasks');
  await life.turned(tx, build, { to: 'building', change: null, failure: null, actor });
  return true;
}
