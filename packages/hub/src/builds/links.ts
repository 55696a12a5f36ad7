/**
 * Builds that are added to the repositories of one build's root.
 *
 * Invariant: the added builds stand in a tag of their own that is named by them and never changes, so builds with the
 * same additions share it. Side builds come before everything else, and dnf hides packages of their names in all that
 * comes after; linked ones stand beside the target's own.
 */
import { createHash } from 'node:crypto';
import type { BuildOptions, TagSettings } from '@moromi/contract';
import { Problem } from '@moromi/contract';
import {
  addTag,
  type Bundle,
  findTag,
  markSide,
  rootArches,
  type TagFacts,
  tagBuild,
  tagsById,
} from '../catalog/index.ts';
import type { Tx } from '../ledger/index.ts';
import type { Repositories } from './neighbours.ts';
import { type BuildFacts, findBuild, findBuildByNvr, type Link } from './queries.ts';

/** dnf's priority of what hides other versions, and of the distribution's own builds. */
const sidePriority = 1;
const linkedPriority = 10;

/** The tags of what a build wants to see, made where they are not there yet. */
export async function linksOf(
  tx: Tx,
  repositories: Repositories,
  settings: TagSettings,
  options: BuildOptions,
  actor: string,
): Promise<Link[]> {
  const links: Link[] = [];
  for (const [wanted, priority] of [
    [options.sideNvrs ?? [], sidePriority],
    [options.linked ?? [], linkedPriority],
  ] as const) {
    if (wanted.length === 0) continue;
    const builds: BuildFacts[] = [];
    for (const which of new Set(wanted)) builds.push(await completeBuild(tx, which));
    const tag = await tagOf(tx, repositories, builds, rootArches(settings), actor);
    // The same builds as side builds come first already.
    if (links.every((one) => one.tag !== tag.id)) links.push({ tag: tag.id, name: tag.name, priority });
  }
  return links;
}

/**
 * The repositories that flavours add.
 * @param arches of the build's roots
 * @throws Problem `unknown_arch` where a flavour has none for one of them
 */
export async function flavourLinks(
  tx: Tx,
  flavours: readonly Bundle<'flavour'>[],
  arches: readonly string[],
): Promise<Link[]> {
  const tags = await tagsById(
    tx,
    flavours.map((one) => one.tag),
  );
  return flavours.flatMap(({ name, tag: id, words }) => {
    const tag = tags.get(id);
    const has = tag?.settings.arches ?? [];
    // One that adds no repository has no architectures either.
    if (tag === undefined || has.length === 0) return [];
    const lacking = arches.find((arch) => !has.includes(arch));
    if (lacking !== undefined)
      throw new Problem(
        'unknown_arch',
        `the flavour ${name} has no repository for ${lacking}: edit-flavour ${name} gives it those that its platforms' tags have now`,
      );
    return [{ tag: id, name: tag.name, priority: words.priority }];
  });
}

async function completeBuild(tx: Tx, which: string): Promise<BuildFacts> {
  const build = /^\d{1,15}$/.test(which)
    ? await findBuild(tx, Number(which))
    : await findBuildByNvr(tx, which);
  if (build === undefined) throw new Problem('unknown_build', `there is no build ${which}`);
  if (build.state !== 'complete' || build.scratch)
    throw new Problem(
      'build_not_complete',
      `build ${which} is ${build.scratch ? 'a scratch build' : build.state}`,
    );
  return build;
}

async function tagOf(
  tx: Tx,
  repositories: Repositories,
  builds: readonly BuildFacts[],
  arches: readonly string[],
  actor: string,
): Promise<TagFacts> {
  const ids = builds.map((one) => one.id).toSorted((a, b) => a - b);
  const hash = createHash('sha256')
    .update(JSON.stringify([ids, arches]))
    .digest('hex');
  const name = `link-${hash.slice(0, 16)}`;
  const found = await findTag(tx, name);
  if (found !== undefined) {
    await markSide(tx, found, { kind: 'link', owner: actor });
    return found;
  }
  const { tag } = await addTag(tx, actor, { name, settings: { arches: [...arches] } });
  await markSide(tx, tag, { kind: 'link', owner: actor });
  let change = 0;
  for (const { id, nvr, name: of, owner } of builds)
    if (nvr !== null) ({ change } = await tagBuild(tx, actor, tag, { build: id, package: of, nvr, owner }));
  await repositories.request(tx, [tag], change, null, actor);
  return tag;
}
