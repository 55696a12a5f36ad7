/**
 * The tags of platforms and flavours, and the targets of platforms.
 *
 * Invariant: a bundle's own tag holds its words and nothing else, and is locked. What a person changed of other tags and
 * of targets stays: an edit makes, changes and removes what differs between what the platform said and what it says.
 */
import { type PlatformTarget, type PlatformWords, Problem } from '@moromi/contract';
import { hint, type Tx, tell } from '../ledger/index.ts';
import { listBundles } from './bundle-queries.ts';
import { requireTag, requireUnlocked } from './look-up.ts';
import {
  edgesOf,
  endParent,
  findTag,
  insertTag,
  putParent,
  replaceSettings,
  setLocked,
  type TagFacts,
} from './queries.ts';
import type { OwnSettings } from './settings.ts';
import { lineageOf } from './sight.ts';
import { makeTag } from './tags.ts';
import { findTarget, runningBuilds, type TargetFacts } from './target-queries.ts';
import { alterTarget, dropTarget, makeTarget } from './targets.ts';

const mostPlatforms = 100_000;
/** Behind all that a tag inherits otherwise. */
const last = 1000;

/** Whose tag it is, and what it is to say. */
export interface BundleTag {
  name: string;
  settings: OwnSettings;
  /** Why nobody else changes it. */
  reason: string;
}

export async function makeBundleTag(
  tx: Tx,
  change: number,
  actor: string,
  made: BundleTag,
): Promise<TagFacts> {
  if ((await findTag(tx, made.name)) !== undefined)
    throw new Problem('tag_exists', `there is a tag ${made.name} already`);
  const id = await insertTag(tx, made.name, made.settings, change);
  await setLocked(tx, id, true, made.reason, change);
  tell(tx, { type: 'tag.added', subject: `tag:${made.name}`, actor, data: { change } });
  return { id, name: made.name, settings: made.settings, locked: true };
}

export async function sayBundleTag(
  tx: Tx,
  change: number,
  actor: string,
  tag: Pick<TagFacts, 'id' | 'name'>,
  settings: OwnSettings,
): Promise<void> {
  await replaceSettings(tx, tag.id, settings, change);
  tell(tx, { type: 'tag.edited', subject: `tag:${tag.name}`, actor, data: { change, settings } });
  hint(tx, 'tags');
}

/** What a platform's tag says. A weak architecture is one of the tag's, and tolerated. */
export function platformSettings({
  dist,
  vendor,
  packager,
  arches,
  weakArches,
  settings,
}: PlatformWords): OwnSettings {
  const named = Object.entries({ dist, vendor, packager }).filter(([, value]) => value !== null);
  const macros = { ...settings.macros, ...(Object.fromEntries(named) as Record<string, string>) };
  return {
    ...settings,
    macros,
    arches: [...new Set([...arches, ...weakArches])],
    toleratedArches: [...weakArches],
  };
}

const same = (one: PlatformTarget, other: PlatformTarget): boolean =>
  one.name === other.name && one.buildTag === other.buildTag && one.destTag === other.destTag;

const leads = (target: TargetFacts, said: PlatformTarget): boolean =>
  same({ name: target.name, buildTag: target.buildTag.name, destTag: target.destTag.name }, said);

/** Targets that other platforms name. */
async function saidElsewhere(tx: Tx, platform: TagFacts): Promise<Set<string>> {
  const others = (await listBundles(tx, 'platform', '', mostPlatforms)).filter(
    (one) => one.tag !== platform.id,
  );
  return new Set(others.flatMap(({ words }) => words.targets.map((target) => target.name)));
}

/**
 * Makes what a platform says newly of targets, and ends what it says no more.
 * @throws Problem `target_exists` where a target of that name leads elsewhere by somebody's word
 */
export async function placeTargets(
  tx: Tx,
  change: number,
  actor: string,
  platform: TagFacts,
  before: readonly PlatformTarget[],
  now: readonly PlatformTarget[],
): Promise<void> {
  const ending = before.filter((gone) => now.every((one) => one.name !== gone.name));
  const elsewhere = ending.length === 0 ? new Set<string>() : await saidElsewhere(tx, platform);
  for (const gone of ending) {
    // A platform that has got another name, or has given the target to another, does not take it along.
    if (elsewhere.has(gone.name)) continue;
    const target = await findTarget(tx, { name: gone.name });
    if (target === undefined || !leads(target, gone)) continue;
    const [running] = await runningBuilds(tx, { target: target.id });
    if (running !== undefined)
      throw new Problem('target_in_use', `build ${running} of the target ${target.name} is running`);
    await dropTarget(tx, change, actor, target);
  }
  for (const fresh of now) {
    const said = before.find((one) => one.name === fresh.name);
    if (said !== undefined && same(said, fresh)) continue;
    const dest = await below(tx, change, actor, platform, fresh.destTag, platform.name);
    await below(tx, change, actor, platform, fresh.buildTag, dest.name);
    const target = await findTarget(tx, { name: fresh.name });
    if (target === undefined) await makeTarget(tx, change, actor, fresh);
    else if (said !== undefined && leads(target, said))
      await alterTarget(tx, change, actor, target.name, { buildTag: fresh.buildTag, destTag: fresh.destTag });
    else if (!leads(target, fresh))
      throw new Problem(
        'target_exists',
        `the target ${target.name} leads from ${target.buildTag.name} to ${target.destTag.name} already`,
      );
  }
  const kept = new Set(now.flatMap((one) => [one.buildTag, one.destTag]));
  for (const name of new Set(before.flatMap((one) => [one.buildTag, one.destTag]))) {
    const tag = kept.has(name) ? undefined : await findTag(tx, name);
    if (tag !== undefined) await endParent(tx, tag.id, platform.id, change);
  }
}

/** A tag below the platform's: made where there is none, and let inherit behind its other parents where it does not. */
async function below(
  tx: Tx,
  change: number,
  actor: string,
  platform: TagFacts,
  name: string,
  parent: string,
): Promise<TagFacts> {
  const found = await findTag(tx, name);
  if (found === undefined) {
    const priority = parent === platform.name ? last : 0;
    return await makeTag(tx, change, actor, { name, inherits: [{ parent, priority }] });
  }
  if ((await lineageOf(tx, found)).tags.has(platform.id)) return found;
  requireUnlocked(found, false);
  const priority = Math.max(last, ...(await edgesOf(tx, found.id)).map((edge) => edge.priority + 1));
  await putParent(
    tx,
    {
      tag: found.id,
      parent: platform.id,
      priority,
      maxdepth: null,
      intransitive: false,
      noconfig: false,
      filter: null,
    },
    change,
  );
  tell(tx, {
    type: 'tag.parent-added',
    subject: `tag:${name}`,
    actor,
    data: { change, parent: platform.name, priority },
  });
  hint(tx, 'tags');
  return await requireTag(tx, name);
}
