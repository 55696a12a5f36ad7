/**
 * A build from its submission to its end.
 *
 * Invariant: the build ends in the transaction in which its last task does; until then its row is locked by whoever
 * decides about it, so two tasks that end at once cannot both be, or both not be, the last.
 */
import type { BuildOptions, Failure, TagSettings } from '@moromi/contract';
import { Problem } from '@moromi/contract';
import {
  extraArches,
  findTarget,
  requireFlavours,
  requireOpen,
  requireTarget,
  settingsOf,
  settingsWith,
  type TagFacts,
  type TargetFacts,
  tagBuild,
  tagsById,
} from '../catalog/index.ts';
import { usualPriorityOf } from '../identity/index.ts';
import { type Tx, tell } from '../ledger/index.ts';
import {
  cancelTask,
  createTask,
  expected,
  type Finisher,
  isOpen,
  type TaskFacts,
  tasksOfBuild,
} from '../tasks/index.ts';
import { allWorkers } from '../workers/index.ts';
import { buildTheRest, isIdentical, whyIdentical } from './identical.ts';
import { flavourLinks, linksOf } from './links.ts';
import type { Repositories } from './neighbours.ts';
import { type BuildFacts, endBuild, findBuild, insertBuild, type Link, lockBuild } from './queries.ts';
import { demandsOf, wantedArches } from './root.ts';
import type { OnTurn, Turn } from './turns.ts';

/** Where nothing is said: between what must be now (10) and what can wait (30). */
const usualPriority = 20;
/** Publishing what is built is short and others wait for it, so it comes first. */
export const publishPriority = 5;

export interface Submission {
  target: string;
  name: string;
  source: { name: string; sha256: string };
  options: BuildOptions;
  owner: string;
  /** May put it before what is usual for the tag and the owner. */
  mayHurry: boolean;
  /** An administrator says so: also where the destination is locked or does not list the package. */
  force?: boolean;
  /** Seconds of the longest path of what waits for it. */
  after?: number;
  /** The change of the catalogue that its buildroot must show, at least. */
  needsChange?: number | null;
}

export interface Warning {
  code: string;
  message: string;
}

export class BuildLife {
  readonly repositories: Repositories;
  readonly #finisher: Finisher;
  readonly #onTurn: OnTurn[] = [];

  constructor(repositories: Repositories, finisher: Finisher) {
    this.repositories = repositories;
    this.#finisher = finisher;
  }

  /** Called whenever a build begins anew or ends, in that transaction. */
  onTurn(tell: OnTurn): void {
    this.#onTurn.push(tell);
  }

  async turned(tx: Tx, build: BuildFacts, turn: Turn): Promise<void> {
    for (const tellOne of this.#onTurn) await tellOne(tx, build, turn);
  }

  async submit(tx: Tx, wanted: Submission): Promise<{ build: BuildFacts; warnings: Warning[] }> {
    const target = await requireTarget(tx, wanted.target);
    const { owner, options, source, name } = wanted;
    const flavours = await requireFlavours(tx, options.flavours ?? [], target.buildTag);
    const settings = await settingsWith(tx, target.buildTag, options.flavours);
    // Here and not at its end: whoever builds for hours is not to hear of it then.
    if (options.scratch !== true) await requireOpen(tx, target.destTag, name, wanted.force);
    const extra = await extraArches(tx, target.destTag, name);
    const arches = wantedArches(settings, options, name, extra);
    const all = [...arches.base, ...arches.additional].filter(
      (arch) => arch !== 'noarch' && (arches.only === undefined || arches.only.includes(arch)),
    );
    const able = await ableArches(tx);
    const first = all.find((arch) => able.has(arch)) ?? all[0] ?? arches.only?.[0];
    if (first === undefined)
      throw new Problem(
        'unknown_arch',
        `the target ${target.name} has no architectures: give its build tag some with add-tag --arch`,
      );
    const priority = await this.#priority(tx, wanted, settings.priority);
    const links = [
      ...(await linksOf(tx, this.repositories, settings, options, owner)),
      ...(await flavourLinks(tx, flavours, all)),
    ];
    const build = await insertBuild(tx, {
      name,
      target: target.id,
      sourceName: source.name,
      sourceSha256: source.sha256,
      owner,
      scratch: options.scratch ?? false,
      options,
      after: wanted.after ?? 0,
      needsChange: wanted.needsChange ?? null,
      links,
    });
    const longest = await Promise.all(all.map((arch) => expected(tx, name, 'build', arch)));
    await createTask(
      tx,
      {
        id: build.task,
        kind: 'srpm',
        label: source.name,
        arch: first,
        owner,
        priority,
        build: build.id,
        parent: null,
        request: { source },
        package: name,
        tag: target.buildTag.id,
        after: Math.max(0, ...longest.map((one) => one.seconds)) + (wanted.after ?? 0),
        ...srpmDemands(settings, name, first),
        blockedBy: await this.#awaited(tx, target.buildTag, links),
      },
      owner,
      `build:${build.id}`,
    );
    const warnings = all.filter((arch) => !able.has(arch)).map(noBuilder);
    tell(tx, {
      type: 'build.building',
      subject: `build:${build.id}`,
      actor: owner,
      build: build.id,
      data: {
        source: source.name,
        target: target.name,
        scratch: build.scratch,
        task: build.task,
        ...(warnings.length > 0 ? { warnings } : {}),
      },
    });
    return { build, warnings };
  }

  /** Called when a task of the build has ended: ends the build if it was the last, or if nothing can come of it. */
  async settle(tx: Tx, build: BuildFacts, actor: string): Promise<void> {
    if (build.state !== 'building') return;
    const tasks = await tasksOfBuild(tx, build.id);
    const failures = tasks.filter((task) => task.state === 'failed' || task.state === 'canceled');
    // What the target tolerates is asked where it decides something: without a source package nothing goes on.
    const { toleratedArches, failFast } = failures.some((task) => task.kind !== 'srpm')
      ? await settingsOf(tx, (await this.targetOf(tx, build)).buildTag)
      : noPolicy;
    const failed = failures.find(
      (task) => task.kind === 'srpm' || !toleratedArches.includes(task.arch ?? ''),
    );
    if (failed === undefined && (await buildTheRest(tx, tasks, actor))) return;
    const open = tasks.some(isOpen);
    if (open && !(failed !== undefined && (build.options.failFast ?? failFast))) return;
    if (failed !== undefined)
      return await this.fail(tx, build, { ...asFailure(failed), message: whereFailed(failed) }, actor);
    const identical = tasks.find(isIdentical);
    if (identical !== undefined)
      return await this.#end(tx, build, 'canceled', whyIdentical(identical), actor);
    if (!tasks.some((task) => task.kind === 'build' && task.state === 'done')) {
      const [tolerated] = failures;
      if (tolerated !== undefined)
        return await this.fail(
          tx,
          build,
          { ...asFailure(tolerated), message: whereFailed(tolerated) },
          actor,
        );
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

  /** A task that belongs to no build. */
  async cancelTask(tx: Tx, task: number, actor: string): Promise<void> {
    await cancelTask(tx, this.#finisher, task, actor);
  }

  async #awaited(tx: Tx, buildTag: TagFacts, links: readonly Link[]): Promise<number[]> {
    const tags = await tagsById(
      tx,
      links.map((one) => one.tag),
    );
    const tasks = new Set<number>();
    for (const tag of [buildTag, ...tags.values()])
      for (const task of await this.repositories.awaited(tx, tag)) tasks.add(task);
    return [...tasks];
  }

  async #priority(tx: Tx, { owner, options, mayHurry }: Submission, ofTag: number | null): Promise<number> {
    const usual = ofTag ?? (await usualPriorityOf(tx, owner)) ?? usualPriority;
    const { priority = usual } = options;
    if (priority < usual && !mayHurry)
      throw new Problem(
        'forbidden',
        `priority ${priority} is before the usual ${usual} and demands the permission hurry`,
        { demand: 'hurry' },
      );
    return priority;
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
    const turn = { to: 'complete', failure: null, actor } as const;
    if (build.scratch || build.nvr === null) return await this.turned(tx, build, { ...turn, change: null });
    const { destTag } = await this.targetOf(tx, build);
    const { change, altered } = await tagBuild(tx, build.owner, destTag, {
      build: build.id,
      package: build.name,
      nvr: build.nvr,
      owner: build.owner,
    });
    await this.repositories.request(tx, altered, change, build.id, build.owner);
    await this.turned(tx, build, { ...turn, change });
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
    const open = (await tasksOfBuild(tx, build.id)).filter(isOpen);
    for (const task of open) await cancelTask(tx, this.#finisher, task.id, actor);
    await this.turned(tx, build, { to: state, change: null, failure, actor });
  }
}

const noPolicy: Pick<TagSettings, 'toleratedArches' | 'failFast'> = { toleratedArches: [], failFast: false };

/** Architectures for which somebody is enabled, whether here now or not. */
export async function ableArches(tx: Tx): Promise<Set<string>> {
  const workers = await allWorkers(tx);
  const able = workers.filter((one) => one.standing === 'enabled' && one.offer.kinds.includes('build'));
  return new Set(able.flatMap((one) => one.offer.arches));
}

function noBuilder(arch: string): Warning {
  return {
    code: 'no_builder',
    message: `No enabled builder takes ${arch}: the build waits until one is enrolled or enabled.`,
  };
}

/** Making the source package takes little, whatever the package; only where it may be made counts. */
function srpmDemands(settings: TagSettings, name: string, arch: string) {
  const { channel, needs } = demandsOf(settings, name, arch);
  const cpuLevel = needs.cpuLevel === undefined ? {} : { cpuLevel: needs.cpuLevel };
  return { ...(channel === undefined ? {} : { channel }), needs: cpuLevel, weight: 0.5 };
}

function asFailure(task: TaskFacts): Failure {
  return task.failure ?? { code: 'task_failed', message: `task ${task.id} ${task.state}`, fault: 'package' };
}

function whereFailed(task: TaskFacts): string {
  return `task ${task.id} (${task.kind} ${task.arch ?? ''}): ${asFailure(task).message}`.slice(0, 4000);
}
