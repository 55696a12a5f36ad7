/** Builds of a batch go into one more tag, in the transaction in which that is decided. */
import type { BuildFacts, BuildLife } from '../builds/index.ts';
import { tagsById, tagBuilds as tagTogether } from '../catalog/index.ts';
import type { Tx } from '../ledger/index.ts';

/** Tags builds into one more tag, in one change; each tag that shows them gets one new revision. */
export async function tagBuilds(
  tx: Tx,
  life: BuildLife,
  tagId: number,
  builds: readonly BuildFacts[],
  actor: string,
): Promise<void> {
  const tag = (await tagsById(tx, [tagId])).get(tagId);
  if (tag === undefined) throw new Error(`there is no tag ${tagId}`);
  const taggable = builds.flatMap(({ id, nvr, name, owner }) =>
    nvr === null ? [] : [{ build: id, package: name, nvr, owner }],
  );
  if (taggable.length === 0) return;
  const { change, altered } = await tagTogether(tx, actor, tag, taggable);
  await life.repositories.request(tx, altered, change, builds.at(-1)?.id ?? null, actor);
}
