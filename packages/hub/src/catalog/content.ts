/**
 * What a tag shows at a change, and what may differ between two.
 *
 * Invariant: it is a function of the tag and the change alone, and costs what is asked for: of a few packages their rows
 * alone are read, however many others the tag holds.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Reader } from '../ledger/index.ts';
import { entriesOfBlocked, listedPackages, taggedBuilds, touchedPackages } from './content-queries.ts';
import { latestBuilds, shownBuilds, type TaggedBuildFacts } from './latest.ts';
import type { ListedPackage } from './listed.ts';
import type { TagFacts } from './queries.ts';
import { type Seen, sightOf } from './sight.ts';

type AnyTag = Pick<TagFacts, 'id'>;

/** What a tag shows at a change: the latest build of each package, inherited ones included. */
export async function contentAt(tx: Reader, tag: AnyTag, change: number): Promise<TaggedBuildFacts[]> {
  const sight = await sightOf(tx, tag, change);
  return latestBuilds(
    sight,
    await entriesFor(tx, sight, change),
    await taggedBuilds(tx, sight.order, change),
  );
}

/** As `contentAt`, of some packages alone. */
export async function contentOf(
  tx: Reader,
  tag: AnyTag,
  change: number,
  packages: readonly string[],
): Promise<TaggedBuildFacts[]> {
  const sight = await sightOf(tx, tag, change);
  return latestBuilds(
    sight,
    await listedPackages(tx, sight.order, change, packages),
    await taggedBuilds(tx, sight.order, change, packages),
  );
}

export interface Wanted {
  inherit: boolean;
  latest: boolean;
  package?: string | undefined;
}

/** Builds in a tag as they are listed for people: by name-version-release, the one tagged last first. */
export async function listedAt(
  tx: Reader,
  tag: AnyTag,
  change: number,
  { inherit, latest, package: name }: Wanted,
): Promise<TaggedBuildFacts[]> {
  const sight = await sightOf(tx, tag, change);
  const packages = name === undefined ? undefined : [name];
  const entries =
    packages === undefined
      ? await entriesFor(tx, sight, change)
      : await listedPackages(tx, sight.order, change, packages);
  const tagged = await taggedBuilds(tx, inherit ? sight.order : [tag.id], change, packages);
  return (latest ? latestBuilds : shownBuilds)(sight, entries, tagged).toSorted(
    (a, b) => (a.nvr < b.nvr ? -1 : a.nvr > b.nvr ? 1 : 0) || b.added - a.added,
  );
}

/** The entries of package lists by which it is decided what is shown. */
async function entriesFor(tx: Reader, sight: Seen, change: number): Promise<ListedPackage[]> {
  return sight.packageList === 'closed'
    ? await listedPackages(tx, sight.order, change)
    : await entriesOfBlocked(tx, sight.order, change);
}

/**
 * The packages whose latest build may differ between two changes; `all` where inheritance, or a setting that speaks of
 * all of them, is another. Architectures and other settings of the tag are no part of this.
 */
export async function changedPackages(
  tx: Reader,
  tag: AnyTag,
  since: number,
  until: number,
): Promise<string[] | 'all'> {
  const [first, last] = since <= until ? [since, until] : [until, since];
  const before = await sightOf(tx, tag, first);
  const after = await sightOf(tx, tag, last);
  if (
    before.latest !== after.latest ||
    before.packageList !== after.packageList ||
    !isDeepStrictEqual(ways(before), ways(after))
  )
    return 'all';
  return await touchedPackages(tx, after.order, first, last);
}

const ways = ({ visits }: Seen) => visits.map(({ tag, filters }) => [tag, filters]);
