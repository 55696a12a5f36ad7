/**
 * What a batch has built in its side tag goes to its destination, all of it in one change or nothing.
 *
 * Invariant: nothing of a bootstrap stage is ever merged.
 */
import { type BatchItem, Problem, type Verdict } from '@moromi/contract';
import { type BuildFacts, type BuildLife, findBuild } from '../builds/index.ts';
import { contentAt, lockCatalogue, newestChange, requireTarget, type TagFacts } from '../catalog/index.ts';
import { type Tx, tell } from '../ledger/index.ts';
import { type ItemFacts, itemsOf, setMerged } from './queries.ts';
import type { RebuildRequest } from './rebuild-request.ts';
import { requireLocked } from './state.ts';
import { tagBuilds } from './tagging.ts';
import { verdictOf } from './verdict.ts';

const unmerged: ReadonlySet<BatchItem['stage']> = new Set(['bootstrap', 'baseline']);

export async function mergeBatch(
  tx: Tx,
  life: BuildLife,
  id: number,
  force: boolean,
  actor: string,
): Promise<void> {
  const batch = await requireLocked(tx, id);
  const request = batch.request as RebuildRequest | null;
  if (batch.sideTag === null || request?.side !== true || batch.mergedAt !== null)
    throw new Problem(
      'nothing_to_merge',
      batch.mergedAt === null ? `batch ${id} has no side tag` : `batch ${id} is merged`,
    );
  if (!['done', 'failed', 'canceled'].includes(batch.state))
    throw new Problem('batch_running', `batch ${id} is ${batch.state}`);
  const items = await itemsOf(tx, id);
  const why = batch.kind === 'try' ? whyBad(verdictOf(items, batch.closure)) : whyOpen(items);
  if (why !== undefined && !force) throw new Problem('batch_failed', `of batch ${id} ${why}`);
  const builds: BuildFacts[] = [];
  for (const item of items) {
    if (item.state !== 'done' || unmerged.has(item.stage) || item.build === null) continue;
    const build = await findBuild(tx, item.build);
    if (build !== undefined) builds.push(build);
  }
  if (builds.length === 0) throw new Problem('nothing_to_merge', `batch ${id} has built nothing`);
  const { destTag } = await requireTarget(tx, request.target);
  // Nobody else changes the catalogue between the look and the merge.
  await lockCatalogue(tx);
  if (!force && request.since !== undefined) await demandUnmoved(tx, destTag, request.since, builds);
  await tagBuilds(tx, life, destTag.id, builds, actor);
  await setMerged(tx, id);
  tell(tx, {
    type: 'batch.merged',
    subject: `batch:${id}`,
    actor,
    data: { builds: builds.length, from: batch.sideTag.name, to: destTag.name },
  });
}

function whyOpen(items: readonly ItemFacts[]): string | undefined {
  const open = items.filter((item) => item.state !== 'done' && item.state !== 'skipped');
  const [first] = open;
  return first === undefined
    ? undefined
    : `${open.length} of ${items.length} were not built, ${first.label} among them`;
}

function whyBad({ good, changes, broke, unclear, closure }: Verdict): string | undefined {
  if (good) return undefined;
  const [change] = changes;
  if (change !== undefined) return `${change.package} itself does not build`;
  const [first] = [...broke, ...unclear];
  if (first !== undefined)
    return `${broke.length} packages broke and of ${unclear.length} nobody can say, ${first.package} among them`;
  const unmet = closure?.unmet.find((one) => !one.before);
  if (unmet !== undefined) return `${unmet.package} would lack ${unmet.requirement} on ${unmet.arch}`;
  return 'it was not found out what could be installed with it';
}

/** What was tried was tried on what there was; nobody's newer build is to be hidden by an older one. */
async function demandUnmoved(
  tx: Tx,
  tag: TagFacts,
  since: number,
  builds: readonly BuildFacts[],
): Promise<void> {
  const then = new Map((await contentAt(tx, tag, since)).map((one) => [one.package, one]));
  const now = new Map((await contentAt(tx, tag, await newestChange(tx))).map((one) => [one.package, one]));
  const moved = builds.find(({ id, name }) => {
    const shown = now.get(name)?.build;
    return shown !== then.get(name)?.build && shown !== id;
  });
  if (moved !== undefined)
    throw new Problem(
      'tag_moved',
      `${tag.name} has ${now.get(moved.name)?.nvr ?? 'no build'} of ${moved.name} now, and had ${then.get(moved.name)?.nvr ?? 'none'} when the batch began`,
    );
}
