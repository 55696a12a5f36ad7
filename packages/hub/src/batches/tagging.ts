/** Builds of a batch go into one more tag, in the transaction in which that is decided. */
import type { BuildFacts, BuildLife } from '../builds/index.ts';
import { tagBuild, tagsById } from '../catalog/index.ts';
import type { Tx } from '../ledger/index.ts';

/** Tags builds into one more tag; each tag that shows them gets one new revision. */
export async function tagBuilds(
  tx: Tx,
  life: BuildLife,
  tagId: number,
  builds: readonly BuildFacts[],
  actor: string,
): Promise<void> {
  const tag = (await tagsById(tx, [tagId])).get(tagId);
  if (tag === undefined) throw new Error(`there is no tag ${tagId}`);
  let last: Awaited<ReturnType<typeof tagBuild>> | undefined;
  for (const { id, nvr, name, owner } of builds)
    if (nvr !== null) last = await tagBuild(tx, actor, tag, { build: id, package: name, nvr, owner });
  if (last !== undefined)
    await life.repositories.request(tx, last.altered, last.change, builds.at(-1)?.id ?? null, actor);
}
