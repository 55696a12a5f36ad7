/**
 * Tags that become as another is or was.
 *
 * Invariant: it is one change, and costs rows of what differs: what the tag has already, in the same order, stays.
 */
import { Problem } from '@moromi/contract';
import { hint, type Tx, tell } from '../ledger/index.ts';
import { type Altered, alteredBy, together } from './altered.ts';
import {
  endPackages,
  endTaggedBuilds,
  insertTaggedBuilds,
  listedPackages,
  putPackages,
  taggedBuilds,
} from './content-queries.ts';
import { requireOwn, requireOwnWords } from './governed.ts';
import { visits } from './inheritance.ts';
import { latestBuilds, type Sight, shownBuilds, type TaggedBuildFacts } from './latest.ts';
import { requireWays } from './links.ts';
import { type ListedPackage, nearestEntries } from './listed.ts';
import { requireTag, requireThen, requireUnlocked } from './look-up.ts';
import {
  beginChange,
  edgesOf,
  endParent,
  findTag,
  lockCatalogue,
  newestChange,
  putParent,
  replaceSettings,
  type TagFacts,
} from './queries.ts';
import { type Seen, sightOf } from './sight.ts';
import { makeTag } from './tags.ts';

/** What is taken over; all of it where nothing is said. */
export interface CloneWish {
  to: string;
  /** As the tag was then. */
  change?: number | undefined;
  at?: string | undefined;
  settings?: boolean | undefined;
  inheritance?: boolean | undefined;
  packages?: boolean | undefined;
  builds?: boolean | undefined;
  latest?: boolean | undefined;
  inherit?: boolean | undefined;
  force?: boolean | undefined;
}

export async function cloneTag(tx: Tx, actor: string, from: string, wish: CloneWish): Promise<Altered> {
  const { to, latest = false, inherit = false, force = false } = wish;
  await lockCatalogue(tx);
  const { tag: source, change: at } = await requireThen(tx, from, wish);
  const sight = await sightOf(tx, source, at);
  const some = [wish.settings, wish.inheritance, wish.packages, wish.builds].some((one) => one === true);
  const takes = (one: boolean | undefined): boolean => (some ? one === true : true);
  const found = await findTag(tx, to);
  if (found?.id === source.id && at === (await newestChange(tx)))
    throw new Problem('bad_request', 'a tag is as it is');
  if (found !== undefined) {
    await (takes(wish.settings) ? requireOwnWords(tx, found) : requireOwn(tx, found));
    requireUnlocked(found, force);
  }
  const change = await beginChange(tx, actor, `clone ${from} at change ${at} to ${to}`);
  const dest = found ?? (await makeTag(tx, change, actor, { name: to }));
  const own = sight.lineage.tags.get(source.id)?.settings ?? {};
  if (takes(wish.settings)) await replaceSettings(tx, dest.id, own, change);
  if (takes(wish.inheritance)) await takeParents(tx, change, source, dest, sight);
  if (takes(wish.packages)) {
    const entries = await listedPackages(tx, inherit ? sight.order : [source.id], at);
    await takePackages(
      tx,
      change,
      dest,
      inherit ? [...nearestEntries(sight.visits, entries).values()] : entries,
    );
  }
  if (takes(wish.builds)) {
    const seen = inherit ? sight : itself(sight, source);
    const tagged = await taggedBuilds(
      tx,
      seen.visits.map((one) => one.tag),
      at,
    );
    const entries = inherit ? await listedPackages(tx, sight.order, at) : [];
    await takeBuilds(tx, change, dest, (latest ? latestBuilds : shownBuilds)(seen, entries, tagged), inherit);
  }
  tell(tx, { type: 'tag.cloned', subject: `tag:${to}`, actor, data: { change, from, at } });
  hint(tx, 'tags');
  return { change, altered: await alteredBy(tx, dest) };
}

/** Two tags exchange their builds and package lists; whoever looks sees each with the one or the other. */
export async function swapTags(
  tx: Tx,
  actor: string,
  one: string,
  other: string,
  force: boolean,
): Promise<Altered> {
  await lockCatalogue(tx);
  const first = await requireTag(tx, one);
  const second = await requireTag(tx, other);
  if (first.id === second.id) throw new Problem('bad_request', 'a tag exchanges its content with another');
  for (const tag of [first, second]) await requireOwn(tx, tag);
  requireUnlocked(first, force);
  requireUnlocked(second, force);
  const now = await newestChange(tx);
  const ofFirst = await ownContent(tx, first, now);
  const ofSecond = await ownContent(tx, second, now);
  const change = await beginChange(tx, actor, `swap ${one} and ${other}`);
  for (const [tag, content] of [
    [first, ofSecond],
    [second, ofFirst],
  ] as const) {
    await takePackages(tx, change, tag, content.entries);
    await takeBuilds(tx, change, tag, content.builds);
  }
  tell(tx, { type: 'tag.swapped', subject: `tag:${one}`, actor, data: { change, with: other } });
  tell(tx, { type: 'tag.swapped', subject: `tag:${other}`, actor, data: { change, with: one } });
  hint(tx, 'tags');
  return { change, altered: together(await alteredBy(tx, first), await alteredBy(tx, second)) };
}

/** All builds that a tag itself has, hidden ones too, as they were tagged. */
const itself = ({ latest }: Pick<Sight, 'latest'>, tag: TagFacts): Sight => ({
  visits: visits([], tag.id),
  latest,
  packageList: 'open',
});

async function ownContent(tx: Tx, tag: TagFacts, change: number) {
  const tagged = await taggedBuilds(tx, [tag.id], change);
  return {
    entries: await listedPackages(tx, [tag.id], change),
    builds: shownBuilds(itself({ latest: 'tagged' }, tag), [], tagged),
  };
}

async function takeParents(
  tx: Tx,
  change: number,
  source: TagFacts,
  dest: TagFacts,
  { lineage }: Seen,
): Promise<void> {
  const wanted = lineage.edges.filter((edge) => edge.tag === source.id);
  // The source may be above the tag, or the other way round; what leads from its parents down to the tag is a loop.
  for (const edge of wanted)
    if (edge.parent === dest.id || (await sightOf(tx, { id: edge.parent })).lineage.tags.has(dest.id))
      throw new Problem('inheritance_loop', `${dest.name} would inherit from itself`);
  for (const edge of await edgesOf(tx, dest.id))
    if (!wanted.some((one) => one.parent === edge.parent)) await endParent(tx, dest.id, edge.parent, change);
  for (const edge of wanted) await putParent(tx, { ...edge, tag: dest.id }, change);
  await requireWays(tx, dest.id);
}

async function takePackages(
  tx: Tx,
  change: number,
  dest: TagFacts,
  wanted: readonly ListedPackage[],
): Promise<void> {
  const now = new Map((await listedPackages(tx, [dest.id], change)).map((one) => [one.package, one]));
  const names = new Set(wanted.map((one) => one.package));
  const gone = [...now.keys()].filter((name) => !names.has(name));
  const put = wanted.filter((one) => signOf(one) !== signOf(now.get(one.package)));
  if (gone.length > 0) await endPackages(tx, dest.id, gone, change);
  if (put.length > 0) await putPackages(tx, dest.id, put, change);
}

const signOf = (one: ListedPackage | undefined): string =>
  one === undefined ? '' : JSON.stringify([one.blocked, one.owner, one.extraArches]);

/**
 * Gives a tag exactly these builds, in their order.
 * @param wanted of each package the newest first
 * @param twice the same build may stand there from several tags
 */
async function takeBuilds(
  tx: Tx,
  change: number,
  dest: TagFacts,
  wanted: readonly TaggedBuildFacts[],
  twice = false,
): Promise<void> {
  const tagged = await taggedBuilds(tx, [dest.id], change);
  const now = Map.groupBy(shownBuilds(itself({ latest: 'tagged' }, dest), [], tagged), (one) => one.package);
  const list = twice
    ? [...new Map(wanted.toReversed().map((one) => [one.build, one])).values()].toReversed()
    : wanted;
  const next = Map.groupBy(list, (one) => one.package);
  const end: number[] = [];
  const add: TaggedBuildFacts[] = [];
  for (const name of new Set([...now.keys(), ...next.keys()])) {
    const before = (now.get(name) ?? []).toReversed();
    const after = (next.get(name) ?? []).toReversed();
    let same = 0;
    while (same < before.length && before[same]?.build === after[same]?.build) same++;
    end.push(...before.slice(same).map((one) => one.build));
    add.push(...after.slice(same));
  }
  if (end.length > 0) await endTaggedBuilds(tx, dest.id, end, change);
  if (add.length > 0) await insertTaggedBuilds(tx, dest.id, add, change);
}
