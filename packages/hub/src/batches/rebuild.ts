/**
 * A mass rebuild from its request to its first builds.
 *
 * Invariant: the plan decides what is built in which order; it is made once and kept, and what begins is what it says.
 */
import { type BuildOptions, type Failure, type PlanResult, Problem } from '@moromi/contract';
import { type BuildLife, wantedArches } from '../builds/index.ts';
import { isAncestor, requireTarget, settingsOf, type TargetFacts } from '../catalog/index.ts';
import { hint, type Tx, tell } from '../ledger/index.ts';
import { createTask } from '../tasks/index.ts';
import { narrow } from './affected.ts';
import type { PlannedItem } from './cycles.ts';
import { type Draft, draftOf } from './draft.ts';
import { settle, settleAgain } from './engine.ts';
import {
  type BatchFacts,
  failBatch,
  holdUsers,
  insertBatch,
  insertItems,
  itemsOf,
  keepPlan,
  keepRequest,
  letGo,
  type NewBatchRow,
  type NewItemRow,
  setPlanTask,
} from './queries.ts';
import type { RebuildRequest } from './rebuild-request.ts';
import { makeSide, type Side } from './side-tag.ts';
import { changeState, requireBatch, requireLocked } from './state.ts';

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
  const settings = await settingsOf(tx, target.buildTag);
  for (const { name } of request.packages) wantedArches(settings, request.options ?? {}, name);
  const { onFailure = 'hold', tried } = request;
  const kind = tried === undefined ? 'rebuild' : 'try';
  const row: NewBatchRow = {
    kind,
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
      label:
        tried === undefined
          ? `rebuild of ${request.packages.length} packages for ${target.name}`
          : `try of ${tried.names[0]}${tried.names.length > 1 ? ` and ${tried.names.length - 1} more` : ''} for ${target.name}`,
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
    data: { kind, target: target.name, packages: request.packages.length, task },
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
  const request = narrow(batch.request as RebuildRequest, result);
  const target = await requireTarget(tx, request.target);
  const draft = await draftOf(tx, target, request, request.result);
  await keepPlan(tx, id, draft.plan);
  await keepRequest(tx, id, request);
  if (request.dryRun === true) return await changeState(tx, id, 'planned', actor);
  await begin(tx, life, batch, target, request, draft);
}

export async function startPlanned(tx: Tx, life: BuildLife, id: number, actor: string): Promise<void> {
  const batch = await requireLocked(tx, id);
  if (batch.kind === 'try' && batch.state === 'failed' && batch.failure !== null && batch.plan !== null)
    return await settleAgain(tx, batch, actor);
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
  const again = { ...request, ...versionsOf(request, batch.id) };
  const rows = draft.items.map((item, at): NewItemRow => {
    const { name, sourceName, sourceSha256 } = request.packages[item.package] ?? {
      name: '',
      sourceName: '',
      sourceSha256: '',
    };
    const stage = request.tried?.names.includes(name) === true ? 'change' : item.stage;
    // What is tried together may bring what the repositories lack; its own root says whether it does.
    const isTogether = stage === 'change' && (request.tried?.names.length ?? 0) > 1;
    const failure = isTogether ? undefined : draft.failures.get(item.package);
    return {
      label: name,
      target: targetOf(item, target, side, request.side === true),
      sourceName,
      sourceSha256,
      // What is tried is as it was handed in.
      options: stage === 'change' ? (request.options ?? {}) : optionsOf(item, again, macros['dist'] ?? ''),
      seconds: draft.seconds[at] ?? 0,
      after: (draft.paths[at] ?? 0) - (draft.seconds[at] ?? 0),
      needs: item.needs,
      stage,
      alsoTag: item.stage === 'clean' && request.side !== true ? (side?.tag ?? null) : null,
      ...(failure === undefined ? {} : { failure }),
    };
  });
  await insertItems(tx, batch.id, rows);
  await changeState(tx, batch.id, 'running', batch.owner);
  for (const item of await itemsOf(tx, batch.id)) {
    if (item.state !== 'failed') continue;
    // What could not be built before a try is no reason not to build the rest.
    if (batch.kind === 'try' && item.stage !== 'change') await letGo(tx, item.id);
    else await holdUsers(tx, item.id);
  }
  await settle(tx, batch.id, 'hub');
  hint(tx, 'batches');
}

function targetOf(item: PlannedItem, target: TargetFacts, side: Side | undefined, all: boolean): string {
  if (side === undefined || (item.stage === 'usual' && !all)) return target.name;
  return item.stage === 'clean' && !all ? side.clean : side.target;
}

/** Every try has versions of its own of what it builds again, whatever %dist it was given. */
function versionsOf(
  { bump, options, tried }: RebuildRequest,
  batch: number,
): Pick<RebuildRequest, 'bump' | 'options'> {
  if (tried === undefined || bump?.how === 'release') return { bump, options };
  const given = bump?.how === 'dist' ? bump.suffix : '';
  const own = `.t${batch}`;
  if (options?.dist === undefined) return { bump: { how: 'dist', suffix: `${given}${own}` }, options };
  return { bump, options: { ...options, dist: `${options.dist}${own}` } };
}

function optionsOf(
  item: PlannedItem,
  { bump, options, skipIdentical }: Pick<RebuildRequest, 'bump' | 'options' | 'skipIdentical'>,
  dist: string,
): BuildOptions {
  const own = options?.dist ?? (bump?.how === 'dist' ? `${dist}${bump.suffix}` : undefined);
  const raised = bump?.how === 'release' ? { bump: { author: bump.author, text: bump.text } } : {};
  // Of a broken cycle nothing is skipped: what is clean must follow what was built before it.
  const skips = item.stage === 'usual' && skipIdentical === true ? { skipIdentical } : {};
  if (item.stage !== 'bootstrap')
    return { ...options, ...raised, ...(own === undefined ? {} : { dist: own }), ...skips };
  return {
    ...options,
    ...raised,
    // By its name everybody sees that it is not for release, and every clean build of it is newer.
    dist: `${own ?? dist}~bootstrap`,
    ...(item.breaks ? { with: [...(options?.with ?? []), 'bootstrap'] } : {}),
  };
}
