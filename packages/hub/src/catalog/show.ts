/** The catalogue as it is shown. */
import type { Changed, SideTag, TagConfiguration, TaggedBuild, Target } from '@moromi/contract';
import type { Reader } from '../ledger/index.ts';
import type { MaybeAltered } from './altered.ts';
import { actorsOf } from './content-queries.ts';
import { governorOf } from './governed.ts';
import { settingsOrder } from './inheritance.ts';
import type { TaggedBuildFacts } from './latest.ts';
import { saidOf } from './links.ts';
import { edgesBelow, lockReason, type TagFacts, tagsById } from './queries.ts';
import { findSide, type SideFacts } from './side-queries.ts';
import { settingsOf, sightOf } from './sight.ts';
import { type TargetFacts, targetsOfTag } from './target-queries.ts';

export function showChanged({ change, altered }: MaybeAltered): Changed {
  return { change, altered: altered.map((tag) => tag.name) };
}

export async function showTarget(tx: Reader, target: TargetFacts): Promise<Target> {
  const { arches } = await settingsOf(tx, target.buildTag);
  const { name, buildTag, destTag, aliases } = target;
  return { name, buildTag: buildTag.name, destTag: destTag.name, arches, aliases };
}

export async function showSide(tx: Reader, side: SideFacts): Promise<SideTag> {
  const targets = await targetsOfTag(tx, side.tag);
  return {
    name: side.name,
    kind: side.kind,
    owner: side.owner,
    base: side.base?.name ?? null,
    target: targets.find((one) => one === side.name) ?? null,
    endsAt: side.endsAt?.toISOString() ?? null,
  };
}

export async function showTagged(tx: Reader, found: readonly TaggedBuildFacts[]): Promise<TaggedBuild[]> {
  const names = await tagsById(tx, [...new Set(found.map((one) => one.tag))]);
  const actors = await actorsOf(tx, [...new Set(found.map((one) => one.added))]);
  return found.map((one) => ({
    build: one.build,
    nvr: one.nvr,
    package: one.package,
    tag: names.get(one.tag)?.name ?? '',
    owner: one.owner,
    taggedAt: one.taggedAt.toISOString(),
    change: one.added,
    place: one.place,
    taggedBy: actors.get(one.added) ?? '',
  }));
}

/** What the catalogue itself holds of a tag at a change; what hangs on it, as it is now. */
export async function showConfiguration(
  tx: Reader,
  tag: TagFacts,
  change: number,
): Promise<TagConfiguration> {
  const { lineage, settings } = await sightOf(tx, tag, change);
  const then = lineage.tags.get(tag.id) ?? tag;
  const below = await edgesBelow(tx, tag.id);
  const children = await tagsById(
    tx,
    below.filter((edge) => edge.parent === tag.id).map((edge) => edge.tag),
  );
  const side = await findSide(tx, tag.id);
  const from: Record<string, string> = {};
  const said = settingsOrder(lineage.edges, tag.id).flatMap((id) => lineage.tags.get(id) ?? []);
  for (const key of Object.keys(settings)) {
    const who = said.find((one) => (one.settings as Record<string, unknown>)[key] != null);
    if (who !== undefined && who.id !== tag.id) from[key] = who.name;
  }
  return {
    name: tag.name,
    locked: tag.locked,
    lockReason: tag.locked ? await lockReason(tx, tag.id) : null,
    inherits: lineage.edges
      .filter((edge) => edge.tag === tag.id)
      .toSorted((a, b) => a.priority - b.priority || a.parent - b.parent)
      .map((edge) => saidOf(edge, lineage.tags.get(edge.parent)?.name ?? '')),
    children: [...children.values()].map((one) => one.name).toSorted(),
    targets: await targetsOfTag(tx, tag.id),
    own: then.settings,
    settings,
    from,
    side: side === undefined ? null : await showSide(tx, side),
    governor: await governorOf(tx, tag),
    change,
  };
}
