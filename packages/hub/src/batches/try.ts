/**
 * What a try does when its builds end: a build without the change of all that fails with it, then a look at what can
 * still be installed, then its verdict.
 *
 * Invariant: a try is over when a verdict can be given; it is done where that is good, and failed where it is not. What
 * is built once more takes the verdict back.
 */
import type { ClosureResult, Failure } from '@moromi/contract';
import { type BuildFacts, findBuild, type Turn } from '../builds/index.ts';
import { hint, type Tx, tell } from '../ledger/index.ts';
import { createTask } from '../tasks/index.ts';
import {
  type BatchFacts,
  buildOfSource,
  type ItemFacts,
  insertItems,
  itemsOf,
  keepClosure,
  setClosureTask,
  tellFailure,
} from './queries.ts';
import type { RebuildRequest } from './rebuild-request.ts';
import { changeState, requireBatch } from './state.ts';
import { verdictOf } from './verdict.ts';

/** A name that is taken is nobody's fault, and a scratch build never meets one. */
const taken = new Set(['nvr_exists', 'nevra_exists']);

/** Whether a build's end may be the change's doing, which a build without it tells. */
export function mayBlameChange({ to, failure }: Turn): boolean {
  return to === 'failed' && failure?.fault === 'package' && !taken.has(failure.code);
}

/** A scratch build of the same source where the change is not. */
export async function buildWithout(tx: Tx, batch: BatchFacts, item: ItemFacts): Promise<void> {
  const known = (await itemsOf(tx, batch.id)).some(
    (one) => one.stage === 'baseline' && one.label === item.label,
  );
  if (known) return;
  const { target, options } = batch.request as RebuildRequest;
  const { label, sourceName, sourceSha256, seconds } = item;
  const scratch = { ...options, scratch: true };
  await insertItems(tx, batch.id, [
    {
      label,
      target,
      sourceName,
      sourceSha256,
      options: scratch,
      seconds,
      after: 0,
      needs: [],
      stage: 'baseline',
    },
  ]);
  hint(tx, 'batches');
}

/** A complete build of what is tried, in the root that is asked for now or in that of another try for the target. */
export async function madeBefore(
  tx: Tx,
  item: ItemFacts,
  batch: BatchFacts,
): Promise<BuildFacts | undefined> {
  const { target, tried } = batch.request as RebuildRequest;
  const { priority: _, ...options } = item.options;
  const found = await buildOfSource(tx, item.sourceSha256, target, options, tried?.names ?? []);
  return found === null ? undefined : await findBuild(tx, found);
}

/** Something of it is built once more: what was found out of the whole holds no longer. */
export async function lookAgain(tx: Tx, id: number): Promise<void> {
  await setClosureTask(tx, id, null);
  await keepClosure(tx, id, null);
  await tellFailure(tx, id, null);
}

/** Called when nothing of a try is still to be built. */
export async function settleTry(tx: Tx, batch: BatchFacts, actor: string): Promise<void> {
  const verdict = verdictOf(await itemsOf(tx, batch.id), batch.closure);
  if (verdict.changes.length > 0 || batch.closure !== null || batch.failure !== null)
    return await changeState(tx, batch.id, verdict.good ? 'done' : 'failed', actor);
  if (batch.closureTask !== null || batch.sideTag === null) return;
  const task = await createTask(
    tx,
    {
      kind: 'closure',
      label: `what can be installed with ${batch.sideTag.name}`,
      arch: null,
      owner: batch.owner,
      priority: (batch.request as RebuildRequest).options?.priority ?? closurePriority,
      build: null,
      parent: null,
      request: { batch: batch.id },
      tag: batch.sideTag.id,
    },
    batch.owner,
    `batch:${batch.id}`,
  );
  await setClosureTask(tx, batch.id, task);
  tell(tx, {
    type: 'batch.comparing',
    subject: `batch:${batch.id}`,
    actor: 'hub',
    data: { task, sideTag: batch.sideTag.name },
  });
}

/** It is short, and a whole try waits for it. */
const closurePriority = 15;

/** The look at what can be installed has ended. */
export async function compared(
  tx: Tx,
  id: number,
  task: number,
  found: { closure: ClosureResult } | { failure: Failure },
): Promise<void> {
  const batch = await requireBatch(tx, id);
  if (batch.closureTask !== task || !['running', 'paused'].includes(batch.state)) return;
  if ('closure' in found) await keepClosure(tx, id, found.closure);
  else await tellFailure(tx, id, found.failure);
}
