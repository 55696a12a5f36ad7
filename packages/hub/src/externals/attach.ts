/**
 * Which external repositories a tag merges: how that changes.
 *
 * Invariant: every change of it is a numbered change of the catalogue, and the tags that may show something else get new
 * revisions in its transaction.
 */
import { type NewAttachment, Problem } from '@moromi/contract';
import {
  beginChange,
  edges,
  inheritors,
  lockCatalogue,
  newestChange,
  requireOwn,
  requireTag,
  requireUnlocked,
  type TagFacts,
  tagsById,
} from '../catalog/index.ts';
import { hint, type Reader, type Tx, tell } from '../ledger/index.ts';
import { requireExternal } from './definition.ts';
import { attachmentsAt, endAttachment, externalsById, putAttachment } from './queries.ts';

export interface Change {
  /** Null where all was so already. */
  change: number | null;
  altered: TagFacts[];
}

const usual = { priority: 50, mode: 'koji' as const, arches: null };

export async function attach(
  tx: Tx,
  actor: string,
  name: string,
  { force = false, ...said }: NewAttachment & { force?: boolean },
): Promise<Change> {
  await lockCatalogue(tx);
  const tag = await requireTag(tx, name);
  await requireOwn(tx, tag);
  requireUnlocked(tag, force);
  const external = await requireExternal(tx, said.external);
  const before = (await attachmentsAt(tx, [tag.id], await newestChange(tx))).find(
    (one) => one.external === external.id,
  );
  const { priority, mode, arches } = { ...usual, ...before, ...said };
  const same =
    before?.priority === priority && before.mode === mode && String(before.arches) === String(arches);
  if (same) return { change: null, altered: [] };
  const change = await beginChange(tx, actor, `let ${name} merge ${said.external}`);
  await putAttachment(tx, { tag: tag.id, external: external.id, priority, mode, arches }, change);
  tell(tx, {
    type: 'tag.external-attached',
    subject: `tag:${name}`,
    actor,
    data: { change, external: said.external, priority, mode, arches },
  });
  hint(tx, 'tags');
  return { change, altered: await below(tx, tag, change) };
}

export async function detach(
  tx: Tx,
  actor: string,
  name: string,
  externalName: string,
  force: boolean,
): Promise<Change> {
  await lockCatalogue(tx);
  const tag = await requireTag(tx, name);
  await requireOwn(tx, tag);
  requireUnlocked(tag, force);
  const external = await requireExternal(tx, externalName);
  const own = await attachmentsAt(tx, [tag.id], await newestChange(tx));
  if (!own.some((one) => one.external === external.id))
    throw new Problem('not_attached', `${name} does not merge ${externalName} itself`);
  const change = await beginChange(tx, actor, `let ${name} merge ${externalName} no more`);
  await endAttachment(tx, tag.id, external.id, change);
  tell(tx, {
    type: 'tag.external-detached',
    subject: `tag:${name}`,
    actor,
    data: { change, external: externalName },
  });
  hint(tx, 'tags');
  return { change, altered: await below(tx, tag, change) };
}

/** What a tag itself merges, as it would be said again. */
export async function ownAttachments(
  reader: Reader,
  tag: Pick<TagFacts, 'id'>,
  change: number,
): Promise<Required<NewAttachment>[]> {
  const said = await attachmentsAt(reader, [tag.id], change);
  const known = await externalsById(
    reader,
    said.map((one) => one.external),
  );
  return said
    .map(({ external, priority, mode, arches }) => ({
      external: known.get(external)?.name ?? '',
      priority,
      mode,
      arches,
    }))
    .toSorted((a, b) => a.priority - b.priority || (a.external < b.external ? -1 : 1));
}

/** Lets a tag itself merge exactly these, within a change that has begun. */
export async function attachExactly(
  tx: Tx,
  change: number,
  actor: string,
  tag: TagFacts,
  wanted: readonly NewAttachment[],
): Promise<void> {
  const before = new Map(
    (await attachmentsAt(tx, [tag.id], await newestChange(tx))).map((one) => [one.external, one]),
  );
  const kept = new Set<number>();
  let altered = false;
  for (const one of wanted) {
    const external = await requireExternal(tx, one.external);
    if (kept.has(external.id)) throw new Problem('bad_request', `${one.external} stands there twice`);
    kept.add(external.id);
    const { priority, mode, arches } = { ...usual, ...one };
    const was = before.get(external.id);
    if (was?.priority === priority && was.mode === mode && String(was.arches) === String(arches)) continue;
    await putAttachment(tx, { tag: tag.id, external: external.id, priority, mode, arches }, change);
    altered = true;
  }
  for (const id of before.keys()) {
    if (kept.has(id)) continue;
    await endAttachment(tx, tag.id, id, change);
    altered = true;
  }
  if (!altered) return;
  tell(tx, {
    type: 'tag.externals-set',
    subject: `tag:${tag.name}`,
    actor,
    data: { change, externals: [...wanted] },
  });
}

async function below(tx: Tx, tag: TagFacts, change: number): Promise<TagFacts[]> {
  return [...(await tagsById(tx, inheritors(await edges(tx, change), tag.id))).values()];
}
