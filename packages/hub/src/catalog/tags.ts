/**
 * The rules of tags and targets.
 *
 * Invariant: every change of the catalogue is made under its one lock and numbered; nothing that a tag held at a past
 * change is ever altered.
 */
import { type NewTag, type NewTarget, Problem, type TagSettings } from '@moromi/contract';
import { hint, isUniqueViolation, type Reader, type Tx, tell } from '../ledger/index.ts';
import { inheritanceOrder, inheritors } from './inheritance.ts';
import { latestBuilds, type TaggedBuildFacts } from './latest.ts';
import {
  beginChange,
  edges,
  findTag,
  findTarget,
  insertParent,
  insertTag,
  insertTaggedBuild,
  insertTarget,
  lineage,
  type TagFacts,
  type TargetFacts,
  taggedBuilds,
  tagsById,
  updateSettings,
} from './queries.ts';
import { effectiveSettings, type OwnSettings } from './settings.ts';

export async function requireTag(tx: Reader, name: string): Promise<TagFacts> {
  const tag = await findTag(tx, name);
  if (tag === undefined) throw new Problem('unknown_tag', `there is no tag ${name}`);
  return tag;
}

export async function requireTarget(tx: Reader, name: string): Promise<TargetFacts> {
  const target = await findTarget(tx, { name });
  if (target === undefined) throw new Problem('unknown_target', `there is no target ${name}`);
  return target;
}

export async function addTag(
  tx: Tx,
  actor: string,
  wanted: NewTag,
): Promise<{ tag: TagFacts; change: number }> {
  const change = await beginChange(tx, actor, `add tag ${wanted.name}`);
  if ((await findTag(tx, wanted.name)) !== undefined)
    throw new Problem('tag_exists', `there is a tag ${wanted.name} already`);
  const settings = wanted.settings ?? {};
  const id = await insertTag(tx, wanted.name, settings, change);
  const parents = (wanted.inherits ?? []).map((one) => one.parent);
  // A new tag has no children yet, so the only loop that can come of its parents is itself.
  if (parents.includes(wanted.name))
    throw new Problem('inheritance_loop', `${wanted.name} would inherit from itself`);
  if (new Set(parents).size < parents.length) throw new Problem('bad_request', 'a parent stands there twice');
  for (const { parent, priority } of wanted.inherits ?? []) {
    await insertParent(tx, id, (await requireTag(tx, parent)).id, priority, change);
  }
  tell(tx, { type: 'tag.added', subject: `tag:${wanted.name}`, actor, data: { change } });
  return { tag: { id, name: wanted.name, settings }, change };
}

export async function editTag(
  tx: Tx,
  actor: string,
  name: string,
  settings: OwnSettings,
): Promise<{ tag: TagFacts; change: number; down: TagFacts[] }> {
  const change = await beginChange(tx, actor, `edit tag ${name}`);
  const tag = await requireTag(tx, name);
  await updateSettings(tx, tag.id, settings, change);
  tell(tx, { type: 'tag.edited', subject: `tag:${name}`, actor, data: { change, settings } });
  hint(tx, 'tags');
  const down = inheritors(await edges(tx, change), tag.id);
  const byId = await tagsById(tx, down);
  return { tag: await requireTag(tx, name), change, down: down.flatMap((id) => byId.get(id) ?? []) };
}

export async function addTarget(tx: Tx, actor: string, wanted: NewTarget): Promise<TargetFacts> {
  const change = await beginChange(tx, actor, `add target ${wanted.name}`);
  const buildTag = await requireTag(tx, wanted.buildTag);
  const destTag = await requireTag(tx, wanted.destTag);
  try {
    await insertTarget(tx, wanted.name, buildTag.id, destTag.id, change);
  } catch (error) {
    if (isUniqueViolation(error, 'targets_name_key'))
      throw new Problem('target_exists', `there is a target ${wanted.name} already`);
    throw error;
  }
  tell(tx, { type: 'target.added', subject: `target:${wanted.name}`, actor, data: { change } });
  return await requireTarget(tx, wanted.name);
}

/** Puts a build into a tag. @returns the change, and every tag whose content that alters, itself included */
export async function tagBuild(
  tx: Tx,
  actor: string,
  tag: TagFacts,
  one: { build: number; package: string; nvr: string; owner: string },
): Promise<{ change: number; altered: TagFacts[] }> {
  const change = await beginChange(tx, actor, `tag ${one.nvr} into ${tag.name}`);
  await insertTaggedBuild(tx, tag.id, one, change);
  tell(tx, {
    type: 'tag.build-added',
    subject: `tag:${tag.name}`,
    actor,
    cause: `build:${one.build}`,
    build: one.build,
    data: { change, nvr: one.nvr },
  });
  hint(tx, 'tags');
  const down = inheritors(await edges(tx, change), tag.id);
  const byId = await tagsById(tx, down);
  return { change, altered: down.flatMap((id) => byId.get(id) ?? []) };
}

/** The tag and its ancestors at a change, nearest first. */
async function chain(tx: Reader, tag: TagFacts, change?: number): Promise<TagFacts[]> {
  const found = await lineage(tx, tag.id, change);
  const byId = new Map(found.map((one) => [one.id, one]));
  const order = inheritanceOrder(
    found.flatMap((one) => one.edges),
    tag.id,
  );
  return order.flatMap((id) => byId.get(id) ?? []);
}

/** A tag and all that it inherits from, nearest first. */
export async function ancestors(tx: Reader, tag: TagFacts): Promise<number[]> {
  return (await chain(tx, tag)).map((one) => one.id);
}

/** Whether a tag is another or inherits from it. */
export async function isAncestor(tx: Reader, tag: TagFacts, other: TagFacts): Promise<boolean> {
  return (await chain(tx, tag)).some((one) => one.id === other.id);
}

/** @param change the newest one where it is not said */
export async function settingsOf(tx: Reader, tag: TagFacts, change?: number): Promise<TagSettings> {
  return effectiveSettings((await chain(tx, tag, change)).map((one) => one.settings));
}

/** What a tag shows at a change: the latest build of each package, inherited ones included. */
export async function contentAt(tx: Reader, tag: TagFacts, change: number): Promise<TaggedBuildFacts[]> {
  const order = (await chain(tx, tag, change)).map((one) => one.id);
  return latestBuilds(order, await taggedBuilds(tx, order, change));
}
