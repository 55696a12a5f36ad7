/**
 * Which builds of each package a tag shows.
 *
 * Invariant: pure. The nearest tag on the way through the ancestors that has the package decides; within it the build
 * that was tagged last (Koji's meaning of latest), or the one of the highest version where the tag that looks says so.
 */
import type { TagSettings } from '@moromi/contract';
import { compareEvr, parseNvr } from '@moromi/rpm';
import { passes } from './filters.ts';
import type { Visit } from './inheritance.ts';
import { isShown, type ListedPackage, nearestEntries } from './listed.ts';

export interface TaggedBuildFacts {
  tag: number;
  build: number;
  package: string;
  nvr: string;
  epoch: number | null;
  owner: string;
  /** Number of the catalogue change that tagged it, and its place among what that change tagged. */
  added: number;
  place: number;
  taggedAt: Date;
}

/** How a tag looks at itself and its ancestors. */
export interface Sight {
  visits: readonly Visit[];
  latest: TagSettings['latest'];
  packageList: TagSettings['packageList'];
}

/** @returns all builds that are shown, each once: packages by name, of each the latest first */
export function shownBuilds(
  { visits, latest, packageList }: Sight,
  listed: readonly ListedPackage[],
  tagged: readonly TaggedBuildFacts[],
): TaggedBuildFacts[] {
  const entries = nearestEntries(visits, listed);
  const ofTag = Map.groupBy(tagged, (one) => one.tag);
  const shown = new Map<string, TaggedBuildFacts[]>();
  const seen = new Set<TaggedBuildFacts>();
  const newer = latest === 'evr' ? byVersion : byTagging;
  for (const { tag, filters } of visits) {
    const here = (ofTag.get(tag) ?? []).filter(
      (one) =>
        !seen.has(one) && isShown(packageList, entries.get(one.package)) && passes(one.package, filters),
    );
    for (const [name, builds] of Map.groupBy(here, (one) => one.package)) {
      for (const one of builds) seen.add(one);
      shown.set(name, [...(shown.get(name) ?? []), ...builds.toSorted(newer)]);
    }
  }
  return [...shown.keys()].toSorted().flatMap((name) => shown.get(name) ?? []);
}

/** @returns the latest build of each package, by its name */
export function latestBuilds(
  sight: Sight,
  listed: readonly ListedPackage[],
  tagged: readonly TaggedBuildFacts[],
): TaggedBuildFacts[] {
  const all = shownBuilds(sight, listed, tagged);
  return all.filter((one, index) => all[index - 1]?.package !== one.package);
}

/** Of those that one change has tagged, Koji too takes the newest build where nothing else decides. */
function byTagging(a: TaggedBuildFacts, b: TaggedBuildFacts): number {
  return b.added - a.added || b.place - a.place || b.build - a.build;
}

function byVersion(a: TaggedBuildFacts, b: TaggedBuildFacts): number {
  return compareEvr(evrOf(b), evrOf(a)) || byTagging(a, b);
}

function evrOf({ nvr, epoch }: TaggedBuildFacts) {
  const { version, release } = parseNvr(nvr);
  return { epoch, version, release };
}
