/**
 * A mass rebuild from its request to its first builds.
 *
 * Invariant: the plan decides what is built in which order; it is made once and kept, and what begins is what it says.
 */
import { type BuildOptions, type Failure, type NewRebuild, type PlanResult, Problem } from '@moromi/contract';
import { longestChain, longestPaths, lowerBound } from '@moromi/schedule';
import type { BuildLife } from '../builds/index.ts';
import {
  addTag,
  addTarget,
  isAncestor,
  requireTarget,
  settingsOf,
  type TargetFacts,
  tagsById,
} from '../catalog/index.ts';
import { hint, type Tx, tell } from '../ledger/index.ts';
import { createTask, expectedBuilds } from '../tasks/index.ts';
import { type PlannedItem, unfold } from './cycles.ts';
import { changeState, requireBatch, settle } from './engine.ts';
import { fleetOf, secondsLeft } from './forecast.ts';
import {
  type BatchFacts,
  failBatch,
  holdUsers,
  insertBatch,
  insertItems,
  itemsOf,
  keepPlan,
  keepRequest,
  type NewBatchRow,
  type NewItemRow,
  setPlanTask,
  setSideTag,
} from './queries.ts';

/** A package to be rebuilt, with what its last source package asked for. */
export interface RebuildPackage {
  name: string;
  sourceName: string;
  sourceSha256: string;
  requires: { arches: string[]; requires: string[] }[];
}

export interface RebuildRequest extends Omit<NewRebuild, 'packages' | 'sources' | 'tag'> {
  packages: RebuildPackage[];
  /** Kept with a plan that only was to be shown, so that it can be begun. */
  result?: PlanResult;
}

export async function requestRebuild(
  tx: Tx,
  request: RebuildRequest,
  owner: string,
  mayHurry: boolean,
): Promise<BatchFacts> {
  const target = await requireTarget(tx, request.target);
  if (request.side !== true && !(await isAncestor(tx, target.buildTag, target.destTag)))
    throw new Problem(
      'not_inherited',
      `the build tag ${target.buildTag.name} does not inherit from ${target.destTag.name}, where its builds go`,
    );
  const { onFailure = 'hold' } = request;
  const row: NewBatchRow = {
    kind: 'rebuild',
    owner,
    targets: [target.name],
    onFailure,
    mayHurry,
    state: 'planning',
    request,
  };
  const id = await insertBatch(tx, row);
  const task = await createTask(
    tx,
    {
      kind: 'plan',
      label: `rebuild of ${request.packages.length} packages for ${target.name}`,
      arch: null,
      owner,
      priority: request.options?.priority ?? planPriority,
      build: null,
      parent: null,
      request: { batch: id, packages: request.packages.length },
      tag: target.buildTag.id,
    },
    owner,
    `batch:${id}`,
  );
  await setPlanTask(tx, id, task);
  tell(tx, {
    type: 'batch.planning',
    subject: `batch:${id}`,
    actor: owner,
    data: { kind: 'rebuild', target: target.name, packages: request.packages.length, task },
  });
  return await requireBatch(tx, id);
}

/** Planning is short, and a whole rebuild waits for it. */
const planPriority = 15;

/** The plan has come: it is kept, and begun unless it was only to be shown. */
export async function planned(
  tx: Tx,
  life: BuildLife,
  id: number,
  result: PlanResult,
  actor: string,
): Promise<void> {
  const batch = await requireBatch(tx, id);
  if (batch.state !== 'planning') return;
  const request = batch.request as RebuildRequest;
  const target = await requireTarget(tx, request.target);
  const draft = await draftOf(tx, target, request, result);
  await keepPlan(tx, id, draft.plan);
  await keepRequest(tx, id, { ...request, result });
  if (request.dryRun === true) return await changeState(tx, id, 'planned', actor);
  await begin(tx, life, batch, target, request, draft);
}

export async function startPlanned(tx: Tx, life: BuildLife, id: number): Promise<void> {
  const batch = await requireBatch(tx, id);
  if (batch.state !== 'planned') throw new Problem('batch_over', `batch ${id} is ${batch.state}`);
  const request = batch.request as RebuildRequest;
  const target = await requireTarget(tx, request.target);
  const result = request.result ?? { needs: [], missing: [] };
  await begin(tx, life, batch, target, request, await draftOf(tx, target, request, result));
}

export async function planFailed(tx: Tx, id: number, failure: Failure, actor: string): Promise<void> {
  const batch = await requireBatch(tx, id);
  if (batch.state !== 'planning') return;
  await failBatch(tx, id, failure);
  tell(tx, { type: 'batch.failed', subject: `batch:${id}`, actor, data: { failure } });
}

interface Draft {
  plan: NonNullable<BatchFacts['plan']>;
  items: PlannedItem[];
  seconds: number[];
  paths: number[];
  /** By package. */
  failures: Map<number, Failure>;
}

async function draftOf(
  tx: Tx,
  target: TargetFacts,
  request: RebuildRequest,
  result: PlanResult,
): Promise<Draft> {
  const names = request.packages.map((one) => one.name);
  const graph = names.map(() => [] as number[]);
  for (const { package: node, needs } of result.needs) graph[node]?.push(needs);
  const { items, cycles } = unfold(names, graph, request.bootstrap ?? [], request.cycles ?? 'refuse');
  const { arches } = await settingsOf(tx, target.buildTag);
  const known = await expectedBuilds(tx, names, arches);
  const each = names.map((name) => known.get(name) ?? { seconds: 0, guessed: true });
  const seconds = items.map((item) => each[item.package]?.seconds ?? 0);
  const needs = items.map((item) => item.needs);
  const isWhole = cycles.every((one) => one.broken !== 'not');
  const paths = isWhole ? longestPaths(needs, seconds) : seconds.map(() => 0);
  const fleet = await fleetOf(tx);
  const left = items.map((item, at) => ({
    id: at,
    needs: item.needs,
    seconds: seconds[at] ?? 0,
    after: (paths[at] ?? 0) - (seconds[at] ?? 0),
    arches,
  }));
  const works = seconds.map((one) => ({ seconds: new Map(arches.map((arch) => [arch, one])) }));
  const makespan = isWhole ? secondsLeft(left, fleet) : null;
  const bound = makespan === null ? null : lowerBound(needs, works, fleet);
  const chain = isWhole ? longestChain(needs, paths) : [];
  return {
    items,
    seconds,
    paths,
    failures: missingOf(result),
    plan: {
      packages: names.length,
      edges: graph.reduce((sum, one) => sum + one.length, 0),
      cycles,
      missing: result.missing.map((one) => ({ ...one, package: names[one.package] ?? '' })),
      makespanSeconds: makespan,
      bound: bound === null ? null : { by: bound.by, pathSeconds: bound.path, workSeconds: bound.work },
      chain: chain.map((at) => ({
        package: names[items[at]?.package ?? 0] ?? '',
        seconds: seconds[at] ?? 0,
      })),
      guessed: each.filter((one) => one.guessed).length,
    },
  };
}

function missingOf({ missing }: PlanResult): Map<number, Failure> {
  const byPackage = Map.groupBy(missing, (one) => one.package);
  return new Map(
    [...byPackage].map(([node, list]) => {
      const named = list.map(({ requirement, arch, nearest }) => {
        const hint = nearest === null ? '' : `; the nearest is ${nearest}`;
        return `${requirement} on ${arch}${hint}`;
      });
      const message = `nothing provides ${named.join(', ')}`.slice(0, 4000);
      return [node, { code: 'buildrequires_missing', message, fault: 'package' as const }];
    }),
  );
}

async function begin(
  tx: Tx,
  life: BuildLife,
  batch: BatchFacts,
  target: TargetFacts,
  request: RebuildRequest,
  draft: Draft,
): Promise<void> {
  const open = draft.plan.cycles.filter((one) => one.broken === 'not');
  if (open.length > 0) {
    const ways = open.slice(0, 5).map((one) => [...one.way, one.way[0]].join(' → '));
    const failure: Failure = {
      code: 'cycle',
      message:
        `${open.length} ${open.length === 1 ? 'cycle needs' : 'cycles need'} a declared bootstrap: ${ways.join('; ')}`.slice(
          0,
          4000,
        ),
      fault: 'package',
    };
    await failBatch(tx, batch.id, failure);
    tell(tx, { type: 'batch.failed', subject: `batch:${batch.id}`, actor: 'hub', data: { failure } });
    return;
  }
  const aside = request.side === true || draft.items.some((item) => item.stage === 'bootstrap');
  const side = aside ? await makeSide(tx, life, batch, target) : undefined;
  const { macros } = await settingsOf(tx, target.buildTag);
  const rows = draft.items.map((item, at): NewItemRow => {
    const { name, sourceName, sourceSha256 } = request.packages[item.package] ?? {
      name: '',
      sourceName: '',
      sourceSha256: '',
    };
    const failure = draft.failures.get(item.package);
    return {
      label: name,
      target: targetOf(item, target, side, request.side === true),
      sourceName,
      sourceSha256,
      options: optionsOf(item, request, macros['dist'] ?? ''),
      seconds: draft.seconds[at] ?? 0,
      after: (draft.paths[at] ?? 0) - (draft.seconds[at] ?? 0),
      needs: item.needs,
      stage: item.stage,
      alsoTag: item.stage === 'clean' && request.side !== true ? (side?.tag ?? null) : null,
      ...(failure === undefined ? {} : { failure }),
    };
  });
  await insertItems(tx, batch.id, rows);
  await changeState(tx, batch.id, 'running', batch.owner);
  for (const item of await itemsOf(tx, batch.id)) if (item.state === 'failed') await holdUsers(tx, item.id);
  await settle(tx, batch.id, 'hub');
  hint(tx, 'batches');
}

interface Side {
  tag: number;
  /** Builds in the side tag and goes there. */
  target: string;
  /** Builds in the side tag and goes where the target's builds go. */
  clean: string;
}

async function makeSide(tx: Tx, life: BuildLife, batch: BatchFacts, target: TargetFacts): Promise<Side> {
  const name = `${target.name}-side-${batch.id}`;
  const inherits = [{ parent: target.buildTag.name, priority: 0 }];
  const { tag, change } = await addTag(tx, batch.owner, { name, inherits });
  await addTarget(tx, batch.owner, { name, buildTag: name, destTag: name });
  const clean = `${name}-clean`;
  await addTarget(tx, batch.owner, { name: clean, buildTag: name, destTag: target.destTag.name });
  await setSideTag(tx, batch.id, tag.id);
  const facts = (await tagsById(tx, [tag.id])).get(tag.id);
  if (facts !== undefined) await life.repositories.request(tx, [facts], change, null, batch.owner);
  return { tag: tag.id, target: name, clean };
}

function targetOf(item: PlannedItem, target: TargetFacts, side: Side | undefined, all: boolean): string {
  if (side === undefined || (item.stage === 'usual' && !all)) return target.name;
  return item.stage === 'clean' && !all ? side.clean : side.target;
}

function optionsOf(item: PlannedItem, { bump, options }: RebuildRequest, dist: string): BuildOptions {
  const own = options?.dist ?? (bump?.how === 'dist' ? `${dist}${bump.suffix}` : undefined);
  const raised = bump?.how === 'release' ? { bump: { author: bump.author, text: bump.text } } : {};
  if (item.stage !== 'bootstrap')
    return { ...options, ...raised, ...(own === undefined ? {} : { dist: own }) };
  return {
    ...options,
    ...raised,
    // By its name everybody sees that it is not for release, and every clean build of it is newer.
    dist: `${own ?? dist}~bootstrap`,
    ...(item.breaks ? { with: [...(options?.with ?? []), 'bootstrap'] } : {}),
  };
}
