/**
 * What package lists say of a package, as a tag sees it.
 *
 * Invariant: pure. The first entry on the way through the ancestors decides, wherever the builds are: a child's block
 * hides its parent's builds, and an entry of the child that does not block shows what its parent blocks. Without an
 * entry, a package is shown in a tag whose list is open, and not in one whose list is closed (Koji's are all closed).
 */
import type { TagSettings } from '@moromi/contract';
import { passes } from './filters.ts';
import type { Visit } from './inheritance.ts';

export interface ListedPackage {
  tag: number;
  package: string;
  blocked: boolean;
  owner: string;
  /** Beside the tag's. */
  extraArches: string[];
}

/** @returns for each package its nearest entry */
export function nearestEntries(
  visits: readonly Visit[],
  entries: readonly ListedPackage[],
): Map<string, ListedPackage> {
  const nearest = new Map<string, ListedPackage>();
  const ofTag = Map.groupBy(entries, (entry) => entry.tag);
  for (const { tag, filters } of visits)
    for (const entry of ofTag.get(tag) ?? [])
      if (!nearest.has(entry.package) && passes(entry.package, filters)) nearest.set(entry.package, entry);
  return nearest;
}

/** Whether builds of a package are shown. @param entry its nearest one */
export function isShown(list: TagSettings['packageList'], entry: ListedPackage | undefined): boolean {
  return entry === undefined ? list === 'open' : !entry.blocked;
}
