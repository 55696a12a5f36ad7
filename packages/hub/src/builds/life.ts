/**
 * A build from its submission to its end.
 *
 * Invariant: the build ends in the transaction in which its last task does; until then its row is locked by whoever
 * decides about it, so two tasks that end at once cannot both be, or both not be, the last.
 */
import type { BuildOptions, Failure } from '@moromi/contract';
import { Problem } from '@moromi/contract';
import { findTarget, requireTarget, settingsOf, type TargetFacts, tagBuild } from '../catalog/index.ts';
import { type Tx, tell } from '../ledger/index.ts';
import { cancelTask, createTask, type Finisher, type TaskFacts, tasksOfBuild } from '../tasks/index.ts';
import type { Repositories } from './neighbours.ts';
import { type BuildFacts, endBuild, findBuild, insertBuild, lockBuild } from './queries.ts';
import { wantedArches } from './root.ts';

/** Where nothing is said: between what must be now and what can wait. */
const usualPriority = 20;
/** Publishing what is built is short and others wait for it, so it comes first. */
export const publishPriority = 5;

export interface Submission {
  target: string;
  name: string;
  source: { name: string; sha256: string };
  options: BuildOptions;
  owner: string;
}

export class BuildLife {
  readonly repositories: Repositories;
  readonly #finisher: Finisher;

  constructor(repositories: Repositories, finisher: Finisher) {
    this.repositories = repositories;
    this.#finisher = finisher;
  }

  async submit(tx: Tx, wanted: Submission): Promise<BuildFacts> {
    const target = await requireTarget(tx, wanted.target);
    const settings = await settingsOf(tx, target.buildTag);
    const arches = wantedArches(settings, wanted.options);
    const [first] = arches;
    if (first === undefined)
      throw new Problem(
        'unknown_arch',
        `the target ${target.name} has no architectures: give its build tag some with add-tag --arch`,
      );
    const { owner, options, source } = wanted;
    const build = await insertBuild(tx, {
      name: wanted.name,
      target: target.id,
      sourceName: source.name,
      sourceSha256: source.sha256,
      owner,
      scratch: options.scratch ?? false,
      options,
    });
    await createTask(
      tx,
      {
        id: build.task,
        kind: 'srpm',
        label: source.name,
        arch: first,
        owner,
        priority: options.priority ?? usualPriority,
        build: build.id,
        parent: null,
        request: { source },
        blockedBy: await this.repositories.awaited(tx, target.buildTag),
      },
      owner,
      `build:${build.id}`,
    );
    tell(tx, {
      type: 'build.building',
      subject: `build:${build.id}`,
      actor: owner,
      build: build.id,
      data: { source: source.name, target: target.name, scratch: build.scratch, task: build.task },
    });
    return build;
  }

  /** Called when a task of the build has ended: ends the build if it was the last, or if nothing can come of it. */
  async settle(tx: Tx, build: BuildFacts, actor: string): Promise<void> {
    if (build.state !== 'building') return;
    const tasks = await tasksOfBuild(tx, build.id);
    if (tasks.some((task) => task.state === 'free' || task.state === 'leased')) return;
    const failed = tasks.find((task) => task.state === 'failed' || task.state === 'canceled');
    if (failed !== undefined)
      return await this.fail(tx, build, { ...asFailure(failed), message: whereFailed(failed) }, actor);
    if (!tasks.some((task) => task.kind === 'build' && task.state === 'done')) {
      const excluded = tasks.filter((task) => task.state === 'excluded');
      return await this.fail(
        tx,
        build,
        {
          code: 'all_excluded',
          message: `the package excludes every architecture that was asked for: ${excluded.map((task) => task.failure?.message ?? task.arch).join('; ')}`,
          fault: 'excluded',
        },
        actor,
      );
    }
    await this.#complete(tx, build, actor);
  }

  async fail(tx: Tx, build: BuildFacts, failure: Failure, actor: string): Promise<void> {
    await this.#end(tx, build, 'failed', failure, actor);
  }

  async cancel(tx: Tx, id: number, actor: string): Promise<BuildFacts> {
    const build = await lockBuild(tx, id);
    if (build.state !== 'building') throw new Problem('build_over', `build ${id} is ${build.state}`);
    await this.#end(
      tx,
      build,
      'canceled',
      { code: 'canceled', message: `${actor} canceled it`, fault: 'canceled' },
      actor,
    );
    return (await findBuild(tx, id)) ?? build;
  }

  async targetOf(tx: Tx, build: BuildFacts): Promise<TargetFacts> {
    const target = await findTarget(tx, { id: build.target });
    if (target === undefined) throw new Error(`build ${build.id} has no target`);
    return target;
  }

  async #complete(tx: Tx, build: BuildFacts, actor: string): Promise<void> {
    await endBuild(tx, build.id, 'complete', null);
    tell(tx, {
      type: 'build.complete',
      subject: `build:${build.id}`,
      actor,
      build: build.id,
      data: { nvr: build.nvr, scratch: build.scratch },
    });
    if (build.scratch || build.nvr === null) return;
    const { destTag } = await this.targetOf(tx, build);
    const { change, altered } = await tagBuild(tx, build.owner, destTag, {
      build: build.id,
      package: build.name,
      nvr: build.nvr,
      owner: build.owner,
    });
    await this.repositories.request(tx, altered, change, build.id, build.owner);
  }

  /** The build's state is written first, so that the tasks that end with it find it over. */
  async #end(
    tx: Tx,
    build: BuildFacts,
    state: 'failed' | 'canceled',
    failure: Failure,
    actor: string,
  ): Promise<void> {
    await endBuild(tx, build.id, state, failure);
    tell(tx, {
      type: `build.${state}`,
      subject: `build:${build.id}`,
      actor,
      build: build.id,
      data: { nvr: build.nvr, failure },
    });
    for (const task of await tasksOfBuild(tx, build.id)) await cancelTask(tx, this.#finisher, task.id, actor);
  }
}

function asFailure(task: TaskFacts): Failure {
  return task.failure ?? { code: 'task_failed', message: `task ${task.id} ${task.state}`, fault: 'package' };
}

function whereFailed(task: TaskFacts): string {
  return `task ${task.id} (${task.kind} ${task.arch ?? ''}): ${asFailure(task).message}`.slice(0, 4000);
}
