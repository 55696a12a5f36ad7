/**
 * A batch from its submission to its end.
 *
 * Invariant: an item's state follows from its build's in the transaction in which that ends; builds are submitted by the
 * pump alone, from what stands in the ledger, so whatever is killed in between goes on from there. The batch is locked
 * before its items by all who change them.
 */
import { type NewBatch, Problem } from '@moromi/contract';
import { longestPaths } from '@moromi/schedule';
import {
  type BuildFacts,
  type BuildLife,
  findBuild,
  type OnTurn,
  type Turn,
  wantedArches,
} from '../builds/index.ts';
import { isAncestor, requireTarget, settingsOf } from '../catalog/index.ts';
import { hint, type Tx, tell } from '../ledger/index.ts';
import { expectedBuilds } from '../tasks/index.ts';
import { type Grouped, itemsOfGroups } from './groups.ts';
import {
  type BatchFacts,
  cancelWaiting,
  holdUsers,
  type ItemFacts,
  insertBatch,
  insertItems,
  isAtRest,
  itemOfBuild,
  itemsOf,
  letGo,
  linkItem,
  lockBatch,
  setItem,
  unholdUsers,
} from './queries.ts';
import { changeState, requireBatch, requireLocked } from './state.ts';
import { tagBuilds } from './tagging.ts';
import { buildWithout, lookAgain, mayBlameChange, settleTry } from './try.ts';

/** A source with what its header says it is called. */
export interface NamedSource {
  sha256: string;
  name: string;
  package: string;
  options: NonNullable<NewBatch['options']>;
}

export async function submitBatch(
  tx: Tx,
  wanted: Omit<NewBatch, 'groups'> & { groups: NamedSource[][] },
  owner: string,
  mayHurry: boolean,
): Promise<BatchFacts> {
  for (const name of wanted.targets) await checkTarget(tx, name, wanted);
  const { parallel = false, together = false } = wanted;
  const items = itemsOfGroups(wanted.targets, wanted.groups, { parallel, together });
  const seconds = await expectedSeconds(tx, items);
  const paths = longestPaths(
    items.map((item) => item.needs),
    seconds,
  );
  const { kind, targets, onFailure = 'hold' } = wanted;
  const id = await insertBatch(tx, { kind, owner, targets, onFailure, mayHurry });
  await insertItems(
    tx,
    id,
    items.map(({ source, target, needs }, place) => ({
      label: source.package,
      target,
      sourceName: source.name,
      sourceSha256: source.sha256,
      options: source.options,
      seconds: seconds[place] ?? 0,
      after: (paths[place] ?? 0) - (seconds[place] ?? 0),
      needs,
    })),
  );
  tell(tx, {
    type: 'batch.running',
    subject: `batch:${id}`,
    actor: owner,
    data: { kind, targets, items: items.length },
  });
  hint(tx, 'batches');
  return await requireBatch(tx, id);
}

/** A later build can see an earlier one only if its buildroot's tag has, or inherits, where that goes. */
async function checkTarget(
  tx: Tx,
  name: string,
  wanted: { parallel?: boolean; groups: NamedSource[][] },
): Promise<void> {
  const target = await requireTarget(tx, name);
  const settings = await settingsOf(tx, target.buildTag);
  for (const source of wanted.groups.flat()) wantedArches(settings, source.options, source.package);
  if (wanted.parallel === true || wanted.groups.length < 2) return;
  if (await isAncestor(tx, target.buildTag, target.destTag)) return;
  throw new Problem(
    'not_inherited',
    `the build tag ${target.buildTag.name} of ${name} does not inherit from ${target.destTag.name}, where its builds go`,
  );
}

async function expectedSeconds(tx: Tx, items: readonly Grouped<NamedSource>[]): Promise<number[]> {
  const known = new Map<string, Awaited<ReturnType<typeof expectedBuilds>>>();
  const names = [...new Set(items.map((item) => item.source.package))];
  for (const target of new Set(items.map((item) => item.target))) {
    const { arches } = await settingsOf(tx, (await requireTarget(tx, target)).buildTag);
    known.set(target, await expectedBuilds(tx, names, arches));
  }
  return items.map((item) => known.get(item.target)?.get(item.source.package)?.seconds ?? 0);
}

/** What a batch does when a build of one of its items takes a turn. */
export function onBuildTurn(life: BuildLife): OnTurn {
  return async (tx, build, turn) => {
    const known = turn.instead ?? build.id;
    const found = await itemOfBuild(tx, known);
    if (found === undefined) return;
    const batch = await lockBatch(tx, found.batch);
    const item = await itemOfBuild(tx, known);
    if (batch === undefined || item === undefined) return;
    if (turn.instead !== undefined) await replace(tx, batch, item, build, turn.actor);
    else if (turn.to === 'building') await goOn(tx, batch, item, turn.actor);
    else if (turn.to === 'complete') await done(tx, life, batch, item, build);
    else if (turn.to === 'canceled' && turn.failure?.code === 'identical')
      await skipped(tx, batch, item, turn);
    else await failed(tx, batch, item, build, turn);
    await settle(tx, batch.id, turn.actor);
  };
}

async function done(
  tx: Tx,
  life: BuildLife,
  batch: BatchFacts,
  item: ItemFacts,
  build: BuildFacts,
): Promise<void> {
  await setItem(tx, item.id, 'done');
  if (item.alsoTag !== null) await tagBuilds(tx, life, item.alsoTag, [build], batch.owner);
  await letGo(tx, item.id);
  if (batch.onFailure === 'hold') await unholdUsers(tx, batch.id);
  hint(tx, 'batches');
}

/** Nothing would change by its build: what needs it goes on with what there is. */
async function skipped(tx: Tx, batch: BatchFacts, item: ItemFacts, turn: Turn): Promise<void> {
  await setItem(tx, item.id, 'skipped', turn.failure);
  await letGo(tx, item.id);
  if (batch.onFailure === 'hold') await unholdUsers(tx, batch.id);
  hint(tx, 'batches');
}

/** An item is done by a build that is there already. */
export async function doneBefore(
  tx: Tx,
  life: BuildLife,
  batch: BatchFacts,
  item: ItemFacts,
  build: BuildFacts,
): Promise<void> {
  await linkItem(tx, item.id, build.id);
  if (batch.sideTag !== null) await tagBuilds(tx, life, batch.sideTag.id, [build], batch.owner);
  await done(tx, life, batch, item, build);
}

async function failed(
  tx: Tx,
  batch: BatchFacts,
  item: ItemFacts,
  build: BuildFacts,
  turn: Turn,
): Promise<void> {
  await setItem(tx, item.id, turn.to === 'canceled' ? 'canceled' : 'failed', turn.failure);
  if (batch.kind === 'try' && item.stage === 'usual' && mayBlameChange(turn))
    await buildWithout(tx, batch, item);
  const held = await afterFailure(tx, batch, item);
  if (held > 0)
    tell(tx, {
      type: 'batch.held',
      subject: `batch:${batch.id}`,
      actor: 'hub',
      cause: `build:${build.id}`,
      data: { items: held, label: item.label, build: build.id },
    });
}

/** What became of those that need an item that failed. @returns how many are held for it */
export async function afterFailure(tx: Tx, batch: BatchFacts, item: ItemFacts): Promise<number> {
  // What needs a change that does not build would only be built as it was before.
  if (batch.onFailure === 'hold' || item.stage === 'change') return (await holdUsers(tx, item.id)).length;
  await letGo(tx, item.id);
  hint(tx, 'batches');
  return 0;
}

/** A build that failed is gone on with: what was held for it waits again, and a batch that had failed runs. */
async function goOn(tx: Tx, batch: BatchFacts, item: ItemFacts, actor: string): Promise<void> {
  if (item.state === 'building' || batch.mergedAt !== null) return;
  await setItem(tx, item.id, 'building');
  await unholdUsers(tx, batch.id);
  if (batch.kind === 'try') await lookAgain(tx, batch.id);
  // A try is done although something fails that failed without it too.
  if (batch.state === 'failed' || batch.state === 'done') await changeState(tx, batch.id, 'running', actor);
}

/** What failed is built anew as a whole: the item has another build from now on. */
async function replace(
  tx: Tx,
  batch: BatchFacts,
  item: ItemFacts,
  build: BuildFacts,
  actor: string,
): Promise<void> {
  if (!['failed', 'canceled'].includes(item.state) || build.scratch !== (item.options.scratch ?? false))
    return;
  await goOn(tx, batch, item, actor);
  if (batch.mergedAt === null) await linkItem(tx, item.id, build.id);
}

/** Ends the batch where nothing of it is still to come. */
export async function settle(tx: Tx, id: number, actor: string): Promise<void> {
  const batch = await requireBatch(tx, id);
  if (batch.state !== 'running' && batch.state !== 'paused') return;
  if (!(await isAtRest(tx, id))) return;
  if (batch.kind === 'try') return await settleTry(tx, batch, actor);
  const items = await itemsOf(tx, id);
  const good = items.every((item) => item.state === 'done' || item.state === 'skipped');
  await changeState(tx, id, good ? 'done' : 'failed', actor);
}

/** What was found out of a whole try failed for reasons of its own: it is found out again. */
export async function settleAgain(tx: Tx, batch: BatchFacts, actor: string): Promise<void> {
  await lookAgain(tx, batch.id);
  await changeState(tx, batch.id, 'running', actor);
  await settle(tx, batch.id, actor);
}

export async function cancelBatch(tx: Tx, life: BuildLife, id: number, actor: string): Promise<void> {
  const items = await itemsOf(tx, id);
  const building = items.flatMap((item) =>
    item.state === 'building' && item.build !== null ? [item.build] : [],
  );
  // The builds before the batch, as all who lock both do; one that began meanwhile is found by the second look.
  for (const build of building) {
    const facts = await findBuild(tx, build);
    if (facts?.state === 'building') await life.cancel(tx, build, actor);
  }
  const batch = await requireLocked(tx, id);
  const isOpen = ['planning', 'planned', 'running', 'paused'].includes(batch.state);
  if (!isOpen && building.length === 0) throw new Problem('batch_over', `batch ${id} is ${batch.state}`);
  await cancelWaiting(tx, id);
  // What the pump has begun since; with the next try it is canceled like the others.
  const late = (await itemsOf(tx, id)).some((item) => item.state === 'building');
  if (late) throw Object.assign(new Error('a build began meanwhile'), { code: '40001' });
  await changeState(tx, id, 'canceled', actor);
  for (const task of [batch.planTask, batch.closureTask])
    if (task !== null) await life.cancelTask(tx, task, actor);
}

export async function pauseBatch(tx: Tx, id: number, paused: boolean, actor: string): Promise<void> {
  const batch = await requireLocked(tx, id);
  if (batch.state !== 'running' && batch.state !== 'paused')
    throw new Problem('batch_over', `batch ${id} is ${batch.state}`);
  const state = paused ? 'paused' : 'running';
  if (batch.state !== state) await changeState(tx, id, state, actor);
}
