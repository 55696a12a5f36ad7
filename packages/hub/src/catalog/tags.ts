/**
 * The rules of tags.
 *
 * Invariant: every change of the catalogue is made under its one lock and numbered; nothing that a tag held at a past
 * change is ever altered. A lock holds what a tag itself has, its builds, its package list and its parents; what it
 * inherits and what it says of buildroots may go on to change, as in Koji.
 */
import { type NewTag, Problem, type SettingsEdit } from '@moromi/contract';
import { hint, type Tx, tell } from '../ledger/index.ts';
import type { Altered } from './altered.ts';
import { requireOwn, requireOwnWords } from './governed.ts';
import { inheritors } from './inheritance.ts';
import { linkOf, requireWays } from './links.ts';
import { requireTag, requireUnlocked } from './look-up.ts';
import {
  beginChange,
  edges,
  edgesBelow,
  endTag,
  findTag,
  insertTag,
  lockCatalogue,
  newestChange,
  putParent,
  setLocked,
  renameTag as setName,
  statedAt,
  type TagFacts,
  tagsById,
  updateSettings,
} from './queries.ts';
import { deleteSide } from './side-queries.ts';
import { followersOf, runningBuilds, targetsOfTag } from './target-queries.ts';

export async function addTag(
  tx: Tx,
  actor: string,
  wanted: NewTag,
): Promise<{ tag: TagFacts; change: number }> {
  const change = await beginChange(tx, actor, `add tag ${wanted.name}`);
  return { tag: await makeTag(tx, change, actor, wanted), change };
}

/** As `addTag`, within a change that has begun. */
export async function makeTag(tx: Tx, change: number, actor: string, wanted: NewTag): Promise<TagFacts> {
  const { name, settings = {}, inherits = [] } = wanted;
  if ((await findTag(tx, name)) !== undefined)
    throw new Problem('tag_exists', `there is a tag ${name} already`);
  const parents = inherits.map((one) => one.parent);
  // A new tag has no children yet, so the only loop that can come of its parents is itself.
  if (parents.includes(name)) throw new Problem('inheritance_loop', `${name} would inherit from itself`);
  if (new Set(parents).size < parents.length) throw new Problem('bad_request', 'a parent stands there twice');
  const id = await insertTag(tx, name, settings, change);
  for (const one of inherits)
    await putParent(tx, linkOf(id, (await requireTag(tx, one.parent)).id, one), change);
  await requireWays(tx, id);
  tell(tx, { type: 'tag.added', subject: `tag:${name}`, actor, data: { change } });
  return { id, name, settings, locked: false };
}

export async function editTag(
  tx: Tx,
  actor: string,
  name: string,
  settings: SettingsEdit,
  seen?: number,
): Promise<{ tag: TagFacts; change: number; down: TagFacts[] }> {
  const change = await beginChange(tx, actor, `edit tag ${name}`);
  const tag = await requireTag(tx, name);
  if (seen !== undefined && (await statedAt(tx, tag.id)) > seen)
    throw new Problem('tag_changed', `the tag ${name} was edited after change ${seen}`);
  await requireOwnWords(tx, tag);
  await sayOf(tx, change, actor, tag, settings);
  const down = inheritors(await edgesBelow(tx, tag.id), tag.id);
  const byId = await tagsById(tx, down);
  return { tag: await requireTag(tx, name), change, down: down.flatMap((id) => byId.get(id) ?? []) };
}

/** As `editTag`, within a change that has begun. */
export async function sayOf(
  tx: Tx,
  change: number,
  actor: string,
  tag: TagFacts,
  settings: SettingsEdit,
): Promise<void> {
  await updateSettings(tx, tag.id, settings, change);
  tell(tx, { type: 'tag.edited', subject: `tag:${tag.name}`, actor, data: { change, settings } });
  hint(tx, 'tags');
}

/** @returns how many builds are on their way into it: they were let in when they were submitted */
export async function lockTag(
  tx: Tx,
  actor: string,
  name: string,
  locked: boolean,
  reason: string | null,
): Promise<{ change: number | null; running: number }> {
  await lockCatalogue(tx);
  const tag = await requireTag(tx, name);
  await requireOwn(tx, tag);
  const running = (await runningBuilds(tx, { tag: tag.id })).length;
  if (tag.locked === locked && reason === null) return { change: null, running };
  const change = await beginChange(tx, actor, `${locked ? 'lock' : 'unlock'} tag ${name}`);
  await setLocked(tx, tag.id, locked, locked ? reason : null, change);
  tell(tx, {
    type: locked ? 'tag.locked' : 'tag.unlocked',
    subject: `tag:${name}`,
    actor,
    data: { change, ...(reason === null ? {} : { reason }) },
  });
  return { change, running };
}

/** The addresses of its repositories change with it; what is in them does not. */
export async function renameTag(
  tx: Tx,
  actor: string,
  name: string,
  to: string,
  force: boolean,
): Promise<Altered> {
  const change = await beginChange(tx, actor, `rename tag ${name} to ${to}`);
  const tag = await requireTag(tx, name);
  await requireOwnWords(tx, tag);
  requireUnlocked(tag, force);
  if ((await findTag(tx, to, true)) !== undefined)
    throw new Problem('tag_exists', `there is, or was, a tag ${to} already`);
  await setName(tx, tag.id, to, change);
  tell(tx, { type: 'tag.renamed', subject: `tag:${to}`, actor, data: { change, from: name } });
  hint(tx, 'tags');
  return { change, altered: [] };
}

/** Ends a tag on which nothing hangs. */
export async function removeTag(tx: Tx, actor: string, name: string, force: boolean): Promise<Altered> {
  const change = await beginChange(tx, actor, `remove tag ${name}`);
  const tag = await requireTag(tx, name);
  await requireOwnWords(tx, tag);
  requireUnlocked(tag, force);
  await requireUnused(tx, tag);
  await dropTag(tx, change, actor, tag);
  return { change, altered: [] };
}

/** @throws Problem `tag_in_use` that names what hangs on the tag */
export async function requireUnused(tx: Tx, tag: TagFacts, targetsToo = true): Promise<void> {
  const change = await newestChange(tx);
  const children = (await edges(tx, change)).filter((edge) => edge.parent === tag.id);
  const names = await tagsById(
    tx,
    children.map((edge) => edge.tag),
  );
  const targets = targetsToo ? await targetsOfTag(tx, tag.id) : [];
  const running = await runningBuilds(tx, { tag: tag.id });
  const followers = await followersOf(tx, tag.id);
  const hangs = [
    ...[...names.values()].map((one) => `the tag ${one.name} inherits from it`),
    ...targets.map((one) => `the target ${one} uses it`),
    ...running.map((id) => `build ${id} is running for it`),
    // It would be empty for all who use it, with the next revision.
    ...followers.map((one) => `the repository ${one} follows it (until dist-repo --no-follow)`),
  ];
  const [first] = hangs;
  if (first !== undefined)
    throw new Problem(
      'tag_in_use',
      `of the tag ${tag.name}, ${first}${hangs.length > 1 ? `, and ${hangs.length - 1} more` : ''}`,
      { hangs: hangs.slice(0, 50) },
    );
}

/** Ends a tag, whatever hangs on it. */
export async function dropTag(tx: Tx, change: number, actor: string, tag: TagFacts): Promise<void> {
  await endTag(tx, tag.id, change);
  await deleteSide(tx, tag.id);
  tell(tx, { type: 'tag.removed', subject: `tag:${tag.name}`, actor, data: { change } });
  hint(tx, 'tags');
}
