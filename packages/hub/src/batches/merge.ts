/**
 * What a batch has built in its side tag goes to its destination, all of it in one change or nothing.
 *
 * Invariant: nothing of a bootstrap stage is ever merged.
 */
import { Problem } from '@moromi/contract';
import { type BuildFacts, type BuildLife, findBuild } from '../builds/index.ts';
import { requireTarget } from '../catalog/index.ts';
import { type Tx, tell } from '../ledger/index.ts';
import { tagBuilds } from './engine.ts';
import { itemsOf, lockBatch, setMerged } from './queries.ts';
import type { RebuildRequest } from './rebuild.ts';

export async function mergeBatch(
  tx: Tx,
  life: BuildLife,
  id: number,
  force: boolean,
  actor: string,
): Promise<void> {
  const batch = await lockBatch(tx, id);
  if (batch === undefined) throw new Problem('unknown_batch', `there is no batch ${id}`);
  const request = batch.request as RebuildRequest | null;
  if (batch.sideTag === null || request?.side !== true || batch.mergedAt !== null)
    throw new Problem(
      'nothing_to_merge',
      batch.mergedAt === null ? `batch ${id} has no side tag` : `batch ${id} is merged`,
    );
  if (!['done', 'failed', 'canceled'].includes(batch.state))
    throw new Problem('batch_running', `batch ${id} is ${batch.state}`);
  const items = await itemsOf(tx, id);
  const open = items.filter((item) => item.state !== 'done' && item.state !== 'skipped');
  if (open.length > 0 && !force)
    throw new Problem(
      'batch_failed',
      `${open.length} of ${items.length} of batch ${id} were not built, ${open[0]?.label} among them`,
    );
  const builds: BuildFacts[] = [];
  for (const item of items) {
    if (item.state !== 'done' || item.stage === 'bootstrap' || item.build === null) continue;
    const build = await findBuild(tx, item.build);
    if (build !== undefined) builds.push(build);
  }
  if (builds.length === 0) throw new Problem('nothing_to_merge', `batch ${id} has built nothing`);
  const { destTag } = await requireTarget(tx, request.target);
  await tagBuilds(tx, life, destTag.id, builds, actor);
  await setMerged(tx, id);
  tell(tx, {
    type: 'batch.merged',
    subject: `batch:${id}`,
    actor,
    data: { builds: builds.length, from: batch.sideTag.name, to: destTag.name },
  });
}
