/** Batches in the contract's form. */
import type { Batch, BatchDetail, Waiting } from '@moromi/contract';
import { findTarget, settingsOf } from '../catalog/index.ts';
import { ledgerTime, type Reader } from '../ledger/index.ts';
import { explain, findTask, tasksOfBuild } from '../tasks/index.ts';
import { fleetOf, secondsLeft } from './forecast.ts';
import { type BatchFacts, countsOf, type ItemFacts, itemsOf, type NeedRow, needsOf } from './queries.ts';
import { verdictOf } from './verdict.ts';

export async function showBatches(
  reader: Reader,
  found: readonly BatchFacts[],
  url: string,
): Promise<Batch[]> {
  const counts = await countsOf(
    reader,
    found.map((one) => one.id),
  );
  const shown: Batch[] = [];
  for (const batch of found) shown.push(await show(reader, batch, counts.get(batch.id) ?? {}, url));
  return shown;
}

async function show(
  reader: Reader,
  batch: BatchFacts,
  counts: Record<string, number>,
  url: string,
): Promise<Batch> {
  const isOpen = ['planning', 'running', 'paused'].includes(batch.state);
  const items = isOpen ? await itemsOf(reader, batch.id) : [];
  return {
    id: batch.id,
    kind: batch.kind,
    owner: batch.owner,
    state: batch.state,
    targets: batch.targets,
    onFailure: batch.onFailure,
    counts,
    waiting: isOpen ? await whyBatchWaits(reader, batch, items) : null,
    estimate:
      batch.state === 'running' ? await estimate(reader, items, await needsOf(reader, batch.id)) : null,
    sideTag: batch.sideTag?.name ?? null,
    failure: batch.failure,
    createdAt: batch.createdAt.toISOString(),
    endedAt: batch.endedAt?.toISOString() ?? null,
    url: `${url}/api/v1/batches/${batch.id}`,
  };
}

export async function showBatchDetail(reader: Reader, batch: BatchFacts, url: string): Promise<BatchDetail> {
  const [shown] = await showBatches(reader, [batch], url);
  if (shown === undefined) throw new Error(`batch ${batch.id} is not shown`);
  const items = await itemsOf(reader, batch.id);
  const needs = Map.groupBy(await needsOf(reader, batch.id), (one) => one.item);
  return {
    ...shown,
    plan: batch.plan,
    verdict:
      batch.kind === 'try' && ['done', 'failed'].includes(batch.state) && items.length > 0
        ? verdictOf(items, batch.closure)
        : null,
    items: items.map((item) => {
      const mine = needs.get(item.id) ?? [];
      return {
        id: item.id,
        label: item.label,
        target: item.target,
        stage: item.stage,
        state: item.state,
        build: item.build,
        needs: mine.map((one) => one.needs),
        blockedBy: mine.filter((one) => one.open).map((one) => one.needs),
        failure: item.failure,
      };
    }),
  };
}

/** The reason of the build that comes first, where nothing of the batch runs. */
async function whyBatchWaits(
  reader: Reader,
  batch: BatchFacts,
  items: readonly ItemFacts[],
): Promise<Waiting | null> {
  if (batch.state === 'planning') return await whyTaskWaits(reader, batch.planTask, 'Its plan');
  const building = items
    .filter((item) => item.state === 'building')
    .toSorted((a, b) => b.after - a.after || a.id - b.id);
  for (const item of building.slice(0, 20)) {
    const tasks = item.build === null ? [] : await tasksOfBuild(reader, item.build);
    if (tasks.some((task) => task.state === 'leased')) return null;
  }
  const [first] = building;
  if (first?.build !== undefined && first.build !== null) {
    const said = await explain(reader, await tasksOfBuild(reader, first.build));
    const [waiting] = [...said.values()].map((one) => one.waiting);
    if (waiting !== undefined)
      return { ...waiting, reason: `Build ${first.build} (${first.label}): ${waiting.reason}` };
  }
  if (batch.closureTask !== null)
    return await whyTaskWaits(reader, batch.closureTask, 'Its look at what can be installed');
  if (batch.state === 'paused')
    return {
      code: 'paused',
      reason: 'The batch is paused; what ran has ended.',
      change: `\`moromi unpause-batch ${batch.id}\` goes on with it.`,
      estimate: null,
    };
  return {
    code: 'starting',
    reason: `${items.filter((item) => item.state === 'ready').length} of its builds are about to be submitted.`,
    change: 'Nothing is to be done.',
    estimate: (await ledgerTime(reader)).toISOString(),
  };
}

/** Of a task that the whole batch waits for. */
async function whyTaskWaits(reader: Reader, id: number | null, what: string): Promise<Waiting | null> {
  const task = id === null ? undefined : await findTask(reader, id);
  if (task === undefined || task.state !== 'free') return null;
  const waiting = (await explain(reader, [task])).get(task.id)?.waiting;
  return waiting === undefined ? null : { ...waiting, reason: `${what}, task ${task.id}: ${waiting.reason}` };
}

async function estimate(
  reader: Reader,
  items: readonly ItemFacts[],
  needs: readonly NeedRow[],
): Promise<string | null> {
  const left = items.filter((item) => ['waiting', 'ready', 'building'].includes(item.state));
  const arches = new Map<string, string[]>();
  for (const name of new Set(left.map((item) => item.target))) {
    const target = await findTarget(reader, { name });
    arches.set(name, target === undefined ? [] : (await settingsOf(reader, target.buildTag)).arches);
  }
  const open = Map.groupBy(
    needs.filter((one) => one.open),
    (one) => one.item,
  );
  const fleet = await fleetOf(reader);
  const seconds = secondsLeft(
    left.map((item) => ({
      id: item.id,
      seconds: item.seconds,
      after: item.after,
      needs: (open.get(item.id) ?? []).map((one) => one.needs),
      arches: (arches.get(item.target) ?? []).filter((arch) => item.options.arches?.includes(arch) ?? true),
    })),
    fleet,
  );
  if (seconds === null || left.length === 0) return null;
  return new Date((await ledgerTime(reader)).getTime() + seconds * 1000).toISOString();
}
