/**
 * Builds come into tags and go out of them.
 *
 * Invariant: only builds that are complete and not scratch are tagged by hand. What a locked tag holds does not change, and
 * a package that the tag's list does not show gets no build there, unless an administrator forces it, which also lists it.
 * A build that is on its way is asked of this when it is submitted and not at its end: what was let in comes in.
 */
import { Problem } from '@moromi/contract';
import { hint, type Tx, tell } from '../ledger/index.ts';
import { type Altered, alteredBy, together } from './altered.ts';
import {
  type BuildToTag,
  buildToTag,
  endTaggedBuilds,
  insertTaggedBuilds,
  putPackages,
  type Taggable,
  taggedOf,
} from './content-queries.ts';
import { isShown } from './listed.ts';
import { requireTag, requireUnlocked } from './look-up.ts';
import { entriesOf, requireListed } from './package-lists.ts';
import { beginChange, lockCatalogue, type TagFacts } from './queries.ts';

/** Whether builds of a package may go into a tag. @param force an administrator says so */
export async function requireOpen(tx: Tx, tag: TagFacts, name: string, force = false): Promise<void> {
  requireUnlocked(tag, force);
  if (!force) await requireListed(tx, tag, [name]);
}

/** Puts a build into a tag. @returns the change, and every tag whose content that alters, itself included */
export async function tagBuild(tx: Tx, actor: string, tag: TagFacts, one: Taggable): Promise<Altered> {
  const change = await beginChange(tx, actor, `tag ${one.nvr} into ${tag.name}`);
  return await putBuilds(tx, change, actor, tag, [one]);
}

/** As `tagBuild`, of several in one change, the last of them the latest. */
export async function tagBuilds(
  tx: Tx,
  actor: string,
  tag: TagFacts,
  builds: readonly Taggable[],
): Promise<Altered> {
  const change = await beginChange(tx, actor, `tag ${named(builds)} into ${tag.name}`);
  return await putBuilds(tx, change, actor, tag, builds);
}

async function putBuilds(
  tx: Tx,
  change: number,
  actor: string,
  tag: TagFacts,
  builds: readonly Taggable[],
): Promise<Altered> {
  await insertTaggedBuilds(tx, tag.id, builds, change);
  tellOf(tx, 'tag.build-added', change, actor, tag, builds);
  return { change, altered: await alteredBy(tx, tag, packagesOf(builds)) };
}

async function takeBuilds(
  tx: Tx,
  change: number,
  actor: string,
  tag: TagFacts,
  builds: readonly Taggable[],
): Promise<TagFacts[]> {
  await endTaggedBuilds(tx, tag.id, idsOf(builds), change);
  tellOf(tx, 'tag.build-removed', change, actor, tag, builds);
  return await alteredBy(tx, tag, packagesOf(builds));
}

/** Tags builds by hand. @param force also into a locked tag, of unlisted packages, and once more what is in it */
export async function tagByHand(
  tx: Tx,
  actor: string,
  name: string,
  which: readonly string[],
  force: boolean,
): Promise<Altered> {
  await lockCatalogue(tx);
  const tag = await requireTag(tx, name);
  requireUnlocked(tag, force);
  const builds = await requireBuilds(tx, which);
  const change = await beginChange(tx, actor, `tag ${named(builds)} into ${tag.name}`);
  await admit(tx, change, actor, tag, builds, force);
  return await putBuilds(tx, change, actor, tag, builds);
}

export async function untagByHand(
  tx: Tx,
  actor: string,
  name: string,
  which: readonly string[],
  force: boolean,
): Promise<Altered> {
  await lockCatalogue(tx);
  const tag = await requireTag(tx, name);
  requireUnlocked(tag, force);
  const builds = await requireBuilds(tx, which, false);
  await requireTagged(tx, tag, builds);
  const change = await beginChange(tx, actor, `untag ${named(builds)} from ${tag.name}`);
  return { change, altered: await takeBuilds(tx, change, actor, tag, builds) };
}

/** Out of one tag and into another: whoever looks sees the builds in one of them, and never in none. */
export async function moveByHand(
  tx: Tx,
  actor: string,
  from: string,
  to: string,
  which: readonly string[],
  force: boolean,
): Promise<Altered> {
  await lockCatalogue(tx);
  const source = await requireTag(tx, from);
  const dest = await requireTag(tx, to);
  if (source.id === dest.id) throw new Problem('bad_request', 'a build is moved from one tag to another');
  requireUnlocked(source, force);
  requireUnlocked(dest, force);
  const builds = await requireBuilds(tx, which);
  await requireTagged(tx, source, builds);
  const change = await beginChange(tx, actor, `move ${named(builds)} from ${from} to ${to}`);
  await admit(tx, change, actor, dest, builds, force);
  const left = await takeBuilds(tx, change, actor, source, builds);
  const { altered } = await putBuilds(tx, change, actor, dest, builds);
  return { change, altered: together(left, altered) };
}

/** What must hold before builds go into a tag by hand, or is made to hold where it is forced. */
async function admit(
  tx: Tx,
  change: number,
  actor: string,
  tag: TagFacts,
  builds: readonly Taggable[],
  force: boolean,
): Promise<void> {
  const there = await taggedOf(tx, tag.id, idsOf(builds));
  const first = builds.find((one) => there.includes(one.build));
  if (first !== undefined && !force)
    throw new Problem('already_tagged', `${first.nvr} is in ${tag.name} already`);
  const packages = packagesOf(builds);
  if (!force) return await requireListed(tx, tag, packages);
  if (there.length > 0) await endTaggedBuilds(tx, tag.id, there, change);
  const { nearest, sight } = await entriesOf(tx, tag, packages);
  const hidden = packages.filter((one) => !isShown(sight.packageList, nearest.get(one)));
  if (hidden.length === 0) return;
  await putPackages(
    tx,
    tag.id,
    hidden.map((one) => ({
      package: one,
      blocked: false,
      owner: nearest.get(one)?.owner ?? actor,
      extraArches: nearest.get(one)?.extraArches ?? [],
    })),
    change,
  );
}

/** @param whole only those that may be tagged */
async function requireBuilds(tx: Tx, which: readonly string[], whole = true): Promise<BuildToTag[]> {
  const found = new Map<number, BuildToTag>();
  for (const one of which) {
    const build = await buildToTag(tx, one);
    if (build === undefined) throw new Problem('unknown_build', `there is no build ${one}`);
    if (whole && (build.state !== 'complete' || build.scratch || build.nvr === ''))
      throw new Problem(
        'build_not_complete',
        `build ${one} is ${build.scratch ? 'a scratch build' : build.state}, and is not tagged`,
      );
    found.set(build.build, build);
  }
  return [...found.values()];
}

async function requireTagged(tx: Tx, tag: TagFacts, builds: readonly Taggable[]): Promise<void> {
  const there = await taggedOf(tx, tag.id, idsOf(builds));
  const missing = builds.find((one) => !there.includes(one.build));
  if (missing !== undefined) throw new Problem('not_tagged', `${missing.nvr} is not in ${tag.name}`);
}

function tellOf(
  tx: Tx,
  type: 'tag.build-added' | 'tag.build-removed',
  change: number,
  actor: string,
  tag: TagFacts,
  builds: readonly Taggable[],
): void {
  for (const { build, nvr } of builds)
    tell(tx, {
      type,
      subject: `tag:${tag.name}`,
      actor,
      cause: `build:${build}`,
      build,
      data: { change, nvr },
    });
  hint(tx, 'tags');
}

const idsOf = (builds: readonly Taggable[]): number[] => builds.map((one) => one.build);
const packagesOf = (builds: readonly Taggable[]): string[] => [...new Set(builds.map((one) => one.package))];
const named = (builds: readonly Taggable[]): string =>
  builds.length === 1 ? (builds[0]?.nvr ?? '') : `${builds.length} builds`;
