/**
 * A platform in the catalogue: what it says is put where it counts.
 *
 * Invariant: it is one change with all that follows from it. The same words again change nothing.
 */
import { type NewPlatform, type PlatformEdit, type PlatformWords, Problem } from '@moromi/contract';
import {
  type Bundle,
  beginChange,
  dropTag,
  edges,
  endBundle,
  findBundle,
  inheritors,
  lockCatalogue,
  makeBundleTag,
  newestChange,
  type OnAltered,
  placeTargets,
  platformSettings,
  putBundle,
  requireUnused,
  sayBundleTag,
  type TagFacts,
  tagsById,
} from '../catalog/index.ts';
import { attachExactly, ownAttachments } from '../externals/index.ts';
import { type Reader, type Tx, tell } from '../ledger/index.ts';
import { ownKeys, wantExactly } from '../signing/index.ts';
import { reachFlavours, requireByHand } from './flavour.ts';
import { type Said, saidOf, unlikePlatforms } from './said.ts';

export interface Placing {
  change: number;
  actor: string;
  /** `from git: COMMIT` where it is said there. */
  governor: string | null;
}

export const tagOfPlatform = (name: string): string => `${name}-platform`;

export async function requirePlatform(
  tx: Reader,
  name: string,
  change?: number,
): Promise<Bundle<'platform'>> {
  const found = await findBundle(tx, 'platform', name, change);
  if (found === undefined) throw new Problem('unknown_platform', `there is no platform ${name}`);
  return found;
}

/** What a platform says now. */
export async function saidPlatformNow(tx: Reader, { tag, words }: Bundle<'platform'>): Promise<Said> {
  const externals = await ownAttachments(tx, { id: tag }, await newestChange(tx));
  return { words, externals, keys: await ownKeys(tx, tag) };
}

export async function addPlatform(
  tx: Tx,
  actor: string,
  wanted: NewPlatform,
  onAltered: OnAltered,
): Promise<Bundle<'platform'>> {
  await lockCatalogue(tx);
  const said = saidOf(wanted);
  const before = await findBundle(tx, 'platform', wanted.name);
  if (before !== undefined) {
    if (unlikePlatforms(said, await saidPlatformNow(tx, before)).length > 0)
      throw new Problem('platform_exists', `there is a platform ${wanted.name} that says something else`);
    return before;
  }
  const change = await beginChange(tx, actor, `add platform ${wanted.name}`);
  const altered = await placePlatform(tx, { change, actor, governor: null }, wanted.name, said);
  await onAltered(tx, altered, change, null, actor);
  return await requirePlatform(tx, wanted.name);
}

export async function editPlatform(
  tx: Tx,
  actor: string,
  name: string,
  { externals, keys, ...words }: PlatformEdit,
  onAltered: OnAltered,
): Promise<Bundle<'platform'>> {
  await lockCatalogue(tx);
  const before = await requirePlatform(tx, name);
  requireByHand(before);
  const now = await saidPlatformNow(tx, before);
  const said = {
    words: { ...now.words, ...words, settings: { ...now.words.settings, ...words.settings } },
    externals: externals ?? now.externals,
    keys: keys ?? now.keys,
  };
  if (unlikePlatforms(said, now).length === 0) return before;
  const change = await beginChange(tx, actor, `edit platform ${name}`);
  const altered = await placePlatform(tx, { change, actor, governor: null }, name, said);
  await onAltered(tx, altered, change, null, actor);
  return await requirePlatform(tx, name);
}

export async function removePlatform(
  tx: Tx,
  actor: string,
  name: string,
  onAltered: OnAltered,
): Promise<void> {
  await lockCatalogue(tx);
  requireByHand(await requirePlatform(tx, name));
  const change = await beginChange(tx, actor, `remove platform ${name}`);
  const altered = await dropPlatform(tx, { change, actor, governor: null }, name);
  await onAltered(tx, altered, change, null, actor);
}

/**
 * Puts all that a platform says in place, within a change that has begun.
 * @returns the tags that may show something else
 */
export async function placePlatform(
  tx: Tx,
  { change, actor, governor }: Placing,
  name: string,
  said: Said,
): Promise<TagFacts[]> {
  const { words, externals, keys } = said;
  checkTwice(words);
  for (const flavour of words.flavours)
    if ((await findBundle(tx, 'flavour', flavour)) === undefined)
      throw new Problem('unknown_flavour', `there is no flavour ${flavour}`);
  const before = await findBundle(tx, 'platform', name);
  const now = before === undefined ? undefined : await saidPlatformNow(tx, before);
  const keysDiffer = now === undefined ? keys.length > 0 : unlikePlatforms(said, now).includes('keys');
  const settings = platformSettings(words);
  const tag =
    before === undefined
      ? await makeBundleTag(tx, change, actor, {
          name: tagOfPlatform(name),
          settings,
          reason: `it says what the platform ${name} says`,
        })
      : await requireTagOf(tx, before.tag);
  const was = before === undefined ? [] : await below(tx, tag);
  if (before !== undefined) await sayBundleTag(tx, change, actor, tag, settings);
  await putBundle(tx, { kind: 'platform', name, tag: tag.id, words, governor }, change);
  await attachExactly(tx, change, actor, tag, externals);
  await placeTargets(tx, change, actor, tag, before?.words.targets ?? [], words.targets);
  if (keysDiffer) await wantExactly(tx, change, actor, tag, keys);
  const reached = await reachFlavours(
    tx,
    { change, actor },
    new Set([...words.flavours, ...(before?.words.flavours ?? [])]),
  );
  tell(tx, {
    type: before === undefined ? 'platform.added' : 'platform.edited',
    subject: `platform:${name}`,
    actor,
    data: { change, words, ...(governor === null ? {} : { governor }) },
  });
  return once([...was, ...(await below(tx, tag)), ...reached]);
}

/** Ends a platform with its targets; tags that it made stay, with what they hold and say themselves. */
export async function dropPlatform(tx: Tx, { change, actor }: Placing, name: string): Promise<TagFacts[]> {
  const { tag: id, words } = await requirePlatform(tx, name);
  const tag = await requireTagOf(tx, id);
  const was = await below(tx, tag);
  await placeTargets(tx, change, actor, tag, words.targets, []);
  await attachExactly(tx, change, actor, tag, []);
  if ((await ownKeys(tx, tag.id)).length > 0) await wantExactly(tx, change, actor, tag, []);
  await endBundle(tx, 'platform', name, change);
  const reached = await reachFlavours(tx, { change, actor }, new Set(words.flavours));
  // Somebody may have let another tag inherit from it.
  await requireUnused(tx, tag, false);
  await dropTag(tx, change, actor, tag);
  tell(tx, { type: 'platform.removed', subject: `platform:${name}`, actor, data: { change } });
  return once([...was, ...reached]);
}

function checkTwice({ targets, arches, weakArches }: PlatformWords): void {
  const names = targets.map((one) => one.name);
  if (new Set(names).size < names.length) throw new Problem('bad_request', 'a target stands there twice');
  const both = weakArches.find((arch) => arches.includes(arch));
  if (both !== undefined) throw new Problem('bad_request', `${both} is said to be strong and weak`);
}

async function requireTagOf(tx: Reader, id: number): Promise<TagFacts> {
  const tag = (await tagsById(tx, [id])).get(id);
  if (tag === undefined) throw new Error(`there is no tag ${id}`);
  return tag;
}

/** The platform's own tag is for saying things, and needs no repository. */
async function below(tx: Reader, tag: TagFacts): Promise<TagFacts[]> {
  const ids = inheritors(await edges(tx, await newestChange(tx)), tag.id).filter((id) => id !== tag.id);
  return [...(await tagsById(tx, ids)).values()];
}

const once = (tags: readonly TagFacts[]): TagFacts[] => [
  ...new Map(tags.map((tag) => [tag.id, tag])).values(),
];
