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
  requireTag,
  type TagFacts,
  tagsById,
} from '../catalog/index.ts';
import { hint, type Tx, tell } from '../ledger/index.ts';
import { requireExternal } from './definition.ts';
import { attachmentsAt, endAttachment, putAttachment } from './queries.ts';

export interface Change {
  /** Null where all was so already. */
  change: number | null;
  altered: TagFacts[];
}

const usual = { priority: 50, mode: 'koji' as const, arches: null };

export async function attach(tx: Tx, actor: string, name: string, said: NewAttachment): Promise<Change> {
  await lockCatalogue(tx);
  const tag = await requireTag(tx, name);
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

export async function detach(tx: Tx, actor: string, name: string, externalName: string): Promise<Change> {
  await lockCatalogue(tx);
  const tag = await requireTag(tx, name);
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

async function below(tx: Tx, tag: TagFacts, change: number): Promise<TagFacts[]> {
  return [...(await tagsById(tx, inheritors(await edges(tx, change), tag.id))).values()];
}
