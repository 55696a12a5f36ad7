/**
 * A commit's state, put in force.
 *
 * Invariant: all that differs is one change of the catalogue, or nothing is; what the commit says no more of what git said
 * before goes. Nothing that git does not say is touched.
 */
import { type CatalogueDifference, type ErrorCode, Problem } from '@moromi/contract';
import {
  type Bundle,
  beginChange,
  edges,
  endGitTag,
  findBundle,
  findTag,
  gitTags,
  inheritors,
  listBundles,
  lockCatalogue,
  newestChange,
  type OnAltered,
  putGitTag,
  replaceSettings,
  requireOwn,
  type TagFacts,
  tagsById,
} from '../../catalog/index.ts';
import { hint, type Tx, tell } from '../../ledger/index.ts';
import { dropFlavour, placeFlavour, saidFlavourNow } from '../flavour.ts';
import { dropPlatform, placePlatform, saidPlatformNow } from '../place.ts';
import { saidOf, saidOfFlavour, unlike, unlikeFlavours, unlikePlatforms } from '../said.ts';
import type { Catalogue, Stated } from './read.ts';

export interface Applied {
  change: number | null;
  differences: CatalogueDifference[];
}

const most = 100_000;

export async function applyCommit(
  tx: Tx,
  actor: string,
  commit: string,
  stated: Catalogue,
  onAltered: OnAltered,
): Promise<Applied> {
  await lockCatalogue(tx);
  const { platforms, flavours, tags } = stated;
  const governed = {
    platforms: (await listBundles(tx, 'platform', '', most)).filter(isGits),
    flavours: (await listBundles(tx, 'flavour', '', most)).filter(isGits),
    tags: await gitTags(tx),
  };
  const differences: CatalogueDifference[] = [];
  const work: ((change: number) => Promise<TagFacts[]>)[] = [];
  const governor = `from git: ${commit}`;

  const goes = (kind: 'platform' | 'flavour', name: string, drop: (typeof work)[number]): void => {
    differences.push({ kind, name, what: 'removed', keys: [] });
    work.push((change) =>
      placed(
        () => commit,
        `${kind}s.${name} is said no more`,
        () => drop(change),
      ),
    );
  };

  // Before others are placed, which may take over its targets; flavours go when no platform has them any more.
  for (const { name } of governed.platforms.filter((one) => !isStated(platforms, one.name))) {
    goes('platform', name, (change) => dropPlatform(tx, { change, actor, governor }, name));
  }
  for (const { name, said, at } of flavours) {
    const wanted = saidOfFlavour(said);
    const before = await findBundle(tx, 'flavour', name);
    const keys = before === undefined ? [] : unlikeFlavours(wanted, await saidFlavourNow(tx, before));
    if (before !== undefined && keys.length === 0 && isGits(before)) continue;
    differences.push({ kind: 'flavour', name, what: before === undefined ? 'added' : 'edited', keys });
    work.push((change) =>
      placed(at, `flavours.${name}`, () => placeFlavour(tx, { change, actor }, name, wanted, governor)),
    );
  }
  for (const { name, said, at } of platforms) {
    const wanted = saidOf({ name, ...said });
    const before = await findBundle(tx, 'platform', name);
    const keys = before === undefined ? [] : unlikePlatforms(wanted, await saidPlatformNow(tx, before));
    if (before !== undefined && keys.length === 0 && isGits(before)) continue;
    differences.push({ kind: 'platform', name, what: before === undefined ? 'added' : 'edited', keys });
    work.push((change) =>
      placed(at, `platforms.${name}`, () => placePlatform(tx, { change, actor, governor }, name, wanted)),
    );
  }
  for (const { name } of governed.flavours.filter((one) => !isStated(flavours, one.name))) {
    goes('flavour', name, async (change) => {
      await dropFlavour(tx, { change, actor }, name);
      return [];
    });
  }
  for (const { name, said, at } of tags) {
    const before = await findTag(tx, name);
    const keys = unlike(said, before?.settings ?? {});
    const isKnown = governed.tags.some((one) => one.id === before?.id);
    if (isKnown && keys.length === 0) continue;
    differences.push({ kind: 'tag', name, what: isKnown ? 'edited' : 'added', keys });
    work.push((change) =>
      placed(at, `tags.${name}`, async () => {
        // A platform of the same commit may have brought it.
        const tag = await findTag(tx, name);
        if (tag === undefined) throw new Problem('unknown_tag', `there is no tag ${name}`);
        await requireOwn(tx, tag);
        await putGitTag(tx, tag.id, commit, change);
        return await say(tx, change, actor, tag, said);
      }),
    );
  }
  for (const tag of governed.tags.filter((one) => !isStated(tags, one.name))) {
    differences.push({ kind: 'tag', name: tag.name, what: 'removed', keys: Object.keys(tag.settings) });
    work.push(async (change) => {
      await endGitTag(tx, tag.id, change);
      return await say(tx, change, actor, tag, {});
    });
  }
  if (work.length === 0) return { change: null, differences };
  const change = await beginChange(tx, actor, `take over git ${commit}`);
  const altered = new Map<number, TagFacts>();
  for (const one of work) for (const tag of await one(change)) altered.set(tag.id, tag);
  // One that a later step has removed wants no repository.
  const there = [];
  for (const tag of altered.values()) if ((await findTag(tx, tag.name)) !== undefined) there.push(tag);
  await onAltered(tx, there, change, null, actor);
  return { change, differences };
}

/** Under which key the cause of a refusal stands. */
const causes: Partial<Record<ErrorCode, string>> = {
  unknown_external: 'externals',
  unknown_key: 'keys',
  key_revoked: 'keys',
  key_expired: 'keys',
  key_unfit: 'keys',
  form_differs: 'keys',
  unknown_flavour: 'flavours',
  target_exists: 'targets',
  target_in_use: 'targets',
};

/** Tells of a refusal where in git its cause stands. */
async function placed(
  at: (key?: string) => string,
  what: string,
  work: () => Promise<TagFacts[]>,
): Promise<TagFacts[]> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const key = causes[error.code];
    const named = key === undefined ? what : `${what}.${key}`;
    throw new Problem('catalogue_wrong', `${at(key)}: ${named}: ${error.message}`, { cause: error.code });
  }
}

async function say(
  tx: Tx,
  change: number,
  actor: string,
  tag: TagFacts,
  settings: object,
): Promise<TagFacts[]> {
  await replaceSettings(tx, tag.id, settings, change);
  tell(tx, { type: 'tag.edited', subject: `tag:${tag.name}`, actor, data: { change, settings } });
  hint(tx, 'tags');
  return [...(await tagsById(tx, inheritors(await edges(tx, await newestChange(tx)), tag.id))).values()];
}

const isGits = (one: Bundle): boolean => one.governor !== null;

const isStated = (list: readonly Stated<unknown>[], name: string): boolean =>
  list.some((one) => one.name === name);
