/**
 * Flavours in the catalogue.
 *
 * Invariant: a flavour with external repositories has a tag that merges them for every architecture of the platforms that
 * allow it, and so a repository of that tag; one without has no repository. Its settings count for builds that ask for it
 * and nowhere else.
 */
import { isDeepStrictEqual } from 'node:util';
import { type FlavourEdit, type NewFlavour, Problem } from '@moromi/contract';
import {
  type Bundle,
  beginChange,
  buildsWithFlavour,
  dropTag,
  endBundle,
  findBundle,
  findTag,
  lockCatalogue,
  makeBundleTag,
  newestChange,
  type OnAltered,
  platformSettings,
  platformsAllowing,
  putBundle,
  rootArches,
  sayBundleTag,
  settingsOf,
  type TagFacts,
  tagsById,
} from '../catalog/index.ts';
import { attachExactly, ownAttachments } from '../externals/index.ts';
import { type Reader, type Tx, tell } from '../ledger/index.ts';
import { type SaidFlavour, saidOfFlavour, unlikeFlavours } from './said.ts';

interface Change {
  change: number;
  actor: string;
}

export const tagOfFlavour = (name: string): string => `${name}-flavour`;

export async function requireFlavour(tx: Reader, name: string): Promise<Bundle<'flavour'>> {
  const found = await findBundle(tx, 'flavour', name);
  if (found === undefined) throw new Problem('unknown_flavour', `there is no flavour ${name}`);
  return found;
}

export async function saidFlavourNow(tx: Reader, { tag, words }: Bundle<'flavour'>): Promise<SaidFlavour> {
  return { words, externals: await ownAttachments(tx, { id: tag }, await newestChange(tx)) };
}

export async function addFlavour(
  tx: Tx,
  actor: string,
  wanted: NewFlavour,
  onAltered: OnAltered,
): Promise<Bundle<'flavour'>> {
  await lockCatalogue(tx);
  const said = saidOfFlavour(wanted);
  const before = await findBundle(tx, 'flavour', wanted.name);
  if (before !== undefined) {
    if (unlikeFlavours(said, await saidFlavourNow(tx, before)).length > 0)
      throw new Problem('flavour_exists', `there is a flavour ${wanted.name} that says something else`);
    return before;
  }
  const change = await beginChange(tx, actor, `add flavour ${wanted.name}`);
  const altered = await placeFlavour(tx, { change, actor }, wanted.name, said, null);
  await onAltered(tx, altered, change, null, actor);
  return await requireFlavour(tx, wanted.name);
}

export async function editFlavour(
  tx: Tx,
  actor: string,
  name: string,
  { externals, ...words }: FlavourEdit,
  onAltered: OnAltered,
): Promise<Bundle<'flavour'>> {
  await lockCatalogue(tx);
  const before = await requireFlavour(tx, name);
  requireByHand(before);
  const now = await saidFlavourNow(tx, before);
  const settings = { ...now.words.settings, ...words.settings };
  const said = { words: { ...now.words, ...words, settings }, externals: externals ?? now.externals };
  const { settings: has } = await requireTagOf(tx, before.tag);
  const arches = said.externals.length > 0 ? await archesOf(tx, name) : [];
  // Tags of its platforms may have other architectures by now.
  if (unlikeFlavours(said, now).length === 0 && isDeepStrictEqual(has.arches ?? [], arches)) return before;
  const change = await beginChange(tx, actor, `edit flavour ${name}`);
  const altered = await placeFlavour(tx, { change, actor }, name, said, null);
  await onAltered(tx, altered, change, null, actor);
  return await requireFlavour(tx, name);
}

export async function removeFlavour(tx: Tx, actor: string, name: string): Promise<void> {
  await lockCatalogue(tx);
  requireByHand(await requireFlavour(tx, name));
  const change = await beginChange(tx, actor, `remove flavour ${name}`);
  await dropFlavour(tx, { change, actor }, name);
}

/** @throws Problem `git_governed` */
export function requireByHand({ kind, name, governor }: Bundle): void {
  if (governor !== null) throw new Problem('git_governed', `the ${kind} ${name} is ${governor}`);
}

/** Puts all that a flavour says in place, within a change that has begun. */
export async function placeFlavour(
  tx: Tx,
  { change, actor }: Change,
  name: string,
  { words, externals }: SaidFlavour,
  governor: string | null,
): Promise<TagFacts[]> {
  const before = await findBundle(tx, 'flavour', name);
  const tag =
    before === undefined
      ? await makeBundleTag(tx, change, actor, {
          name: tagOfFlavour(name),
          settings: {},
          reason: `it merges what the flavour ${name} adds`,
        })
      : await requireTagOf(tx, before.tag);
  await putBundle(tx, { kind: 'flavour', name, tag: tag.id, words, governor }, change);
  await attachExactly(tx, change, actor, tag, externals);
  tell(tx, {
    type: before === undefined ? 'flavour.added' : 'flavour.edited',
    subject: `flavour:${name}`,
    actor,
    data: { change, words, ...(governor === null ? {} : { governor }) },
  });
  await reachFlavours(tx, { change, actor }, new Set([name]));
  return [await requireTagOf(tx, tag.id)];
}

/** @throws Problem `flavour_in_use` */
export async function dropFlavour(tx: Tx, { change, actor }: Change, name: string): Promise<void> {
  const flavour = await requireFlavour(tx, name);
  const allowing = await platformsAllowing(tx, name);
  if (allowing.length > 0)
    throw new Problem(
      'flavour_in_use',
      `${name} is allowed by ${allowing.map((one) => one.name).join(', ')}`,
    );
  const [running] = await buildsWithFlavour(tx, name);
  if (running !== undefined) throw new Problem('flavour_in_use', `build ${running} runs with ${name}`);
  const tag = await requireTagOf(tx, flavour.tag);
  await attachExactly(tx, change, actor, tag, []);
  await endBundle(tx, 'flavour', name, change);
  await dropTag(tx, change, actor, tag);
  tell(tx, { type: 'flavour.removed', subject: `flavour:${name}`, actor, data: { change } });
}

/**
 * Gives flavours' tags the architectures of the platforms that allow them.
 * @returns the tags that have others now
 */
export async function reachFlavours(
  tx: Tx,
  { change, actor }: Change,
  names: ReadonlySet<string>,
): Promise<TagFacts[]> {
  const altered: TagFacts[] = [];
  for (const name of names) {
    const flavour = await findBundle(tx, 'flavour', name);
    if (flavour === undefined) continue;
    const tag = await requireTagOf(tx, flavour.tag);
    const adds = (await ownAttachments(tx, tag, change)).length > 0;
    const arches = adds ? await archesOf(tx, name) : [];
    if (isDeepStrictEqual(tag.settings.arches ?? [], arches)) continue;
    await sayBundleTag(tx, change, actor, tag, { arches });
    altered.push(await requireTagOf(tx, tag.id));
  }
  return altered;
}

/** Those of the platforms, and those that were said to tags below them by hand. */
async function archesOf(tx: Tx, flavour: string): Promise<string[]> {
  const arches = new Set<string>();
  for (const { words } of await platformsAllowing(tx, flavour)) {
    for (const arch of platformSettings(words).arches ?? []) arches.add(arch);
    for (const arch of words.settings.optionalArches ?? []) arches.add(arch);
    for (const { buildTag } of words.targets) {
      const tag = await findTag(tx, buildTag);
      if (tag !== undefined) for (const arch of rootArches(await settingsOf(tx, tag))) arches.add(arch);
    }
  }
  return [...arches].toSorted();
}

async function requireTagOf(tx: Reader, id: number): Promise<TagFacts> {
  const tag = (await tagsById(tx, [id])).get(id);
  if (tag === undefined) throw new Error(`there is no tag ${id}`);
  return tag;
}
