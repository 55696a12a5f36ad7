/**
 * Which build of each package a tag shows.
 *
 * Invariant: pure. The nearest tag of the inheritance order that has the package decides; within it, the build that
 * was tagged last (Koji's meaning of latest).
 */
export interface TaggedBuildFacts {
  tag: number;
  build: number;
  package: string;
  nvr: string;
  owner: string;
  /** Number of the catalogue change that tagged it. */
  added: number;
  taggedAt: Date;
}

export function latestBuilds(
  order: readonly number[],
  tagged: readonly TaggedBuildFacts[],
): TaggedBuildFacts[] {
  const distance = new Map(order.map((tag, index) => [tag, index]));
  const best = new Map<string, TaggedBuildFacts>();
  const nearer = (a: TaggedBuildFacts, b: TaggedBuildFacts): boolean => {
    const apart = (distance.get(a.tag) ?? Infinity) - (distance.get(b.tag) ?? Infinity);
    return apart !== 0 ? apart < 0 : a.added > b.added;
  };
  for (const one of tagged) {
    const kept = best.get(one.package);
    if (kept === undefined || nearer(one, kept)) best.set(one.package, one);
  }
  return [...best.values()].toSorted((a, b) => (a.package < b.package ? -1 : 1));
}
