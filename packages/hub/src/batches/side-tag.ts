/** The tag in which a batch builds aside, with the targets that lead into it. */
import type { BuildLife } from '../builds/index.ts';
import { addTag, addTarget, freeSideName, markSide, type TargetFacts, tagsById } from '../catalog/index.ts';
import type { Tx } from '../ledger/index.ts';
import { type BatchFacts, setSideTag } from './queries.ts';

export interface Side {
  tag: number;
  /** Builds in the side tag and goes there. */
  target: string;
  /** Builds in the side tag and goes where the target's builds go. */
  clean: string;
}

export async function makeSide(
  tx: Tx,
  life: BuildLife,
  batch: BatchFacts,
  target: TargetFacts,
): Promise<Side> {
  const name = await freeSideName(tx, target.name, batch.id);
  const inherits = [{ parent: target.buildTag.name, priority: 0 }];
  const { tag, change } = await addTag(tx, batch.owner, { name, inherits });
  await markSide(tx, tag, { kind: 'batch', owner: batch.owner, base: target.buildTag.id });
  await addTarget(tx, batch.owner, { name, buildTag: name, destTag: name });
  const clean = `${name}-clean`;
  await addTarget(tx, batch.owner, { name: clean, buildTag: name, destTag: target.destTag.name });
  await setSideTag(tx, batch.id, tag.id);
  const facts = (await tagsById(tx, [tag.id])).get(tag.id);
  if (facts !== undefined) await life.repositories.request(tx, [facts], change, null, batch.owner);
  return { tag: tag.id, target: name, clean };
}
