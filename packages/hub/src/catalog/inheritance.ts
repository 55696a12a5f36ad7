/**
 * The order in which a tag looks at its ancestors, and what it takes from each.
 *
 * Invariant: pure. Koji's order (its `readFullInheritance`): depth first, the lower priority number first; an
 * intransitive link counts only where the tag that looks has it itself; `maxdepth` says how many links may still follow,
 * and the least one on a way counts; filters add up on the way. A tag that is reached again stands there again only if
 * something comes through by the second way that did not come by the first. A loop is cut where it closes.
 *
 * Unlike in Koji, nothing behind a `noconfig` link gives settings: there that holds of the link's own parent alone, and
 * by oversight of the siblings that follow it.
 */

export interface Edge {
  tag: number;
  parent: number;
  priority: number;
  /** How many links may follow this one; null: any number. */
  maxdepth: number | null;
  intransitive: boolean;
  /** Builds and packages come through, settings do not. */
  noconfig: boolean;
  /** What packages' names must match; null: nothing. */
  filter: string | null;
}

/** One stop on the way through the ancestors. */
export interface Visit {
  tag: number;
  /** How many links away. */
  depth: number;
  /** All of them must match a package's name for it to be seen here. */
  filters: readonly string[];
  /** Settings do not come through. */
  noconfig: boolean;
  /** The last link of the way here; null for the tag itself. */
  edge: Edge | null;
}

/** More stops than any sound inheritance has; filters can make their number grow with each parent twofold. */
export const mostVisits = 1000;

export class TooWide extends Error {}

interface Step extends Visit {
  /** Links that may still follow. */
  left: number;
}

/**
 * @returns the tag itself, then its ancestors, nearest first, one of them several times where its ways differ
 * @throws TooWide
 */
export function visits(edges: readonly Edge[], tag: number): Visit[] {
  const parents = group(edges, (edge) => edge.tag);
  const order: Step[] = [];
  const before = new Map<number, Step[]>();
  const above = new Set<number>();
  const visit = (step: Step): void => {
    if (order.length >= mostVisits) throw new TooWide(`tag ${tag} inherits by more than ${mostVisits} ways`);
    order.push(step);
    before.set(step.tag, [...(before.get(step.tag) ?? []), step]);
    if (step.left < 1) return;
    above.add(step.tag);
    const up = (parents.get(step.tag) ?? []).toSorted(
      (a, b) => a.priority - b.priority || a.parent - b.parent,
    );
    for (const edge of up) {
      if (above.has(edge.parent) || (edge.intransitive && step.edge !== null)) continue;
      const next = follow(step, edge);
      if (!before.get(edge.parent)?.some((one) => covers(one, next))) visit(next);
    }
    above.delete(step.tag);
  };
  visit({ tag, depth: 0, filters: [], noconfig: false, edge: null, left: Infinity });
  return order;
}

function follow(step: Step, edge: Edge): Step {
  const limit = Math.min(edge.maxdepth ?? Infinity, step.left);
  return {
    tag: edge.parent,
    depth: step.depth + 1,
    filters:
      edge.filter === null || step.filters.includes(edge.filter)
        ? step.filters
        : [...step.filters, edge.filter],
    noconfig: step.noconfig || edge.noconfig,
    edge,
    // Koji takes one off an inherited limit and leaves one that begins here as it is.
    left: step.left === Infinity ? limit : limit - 1,
  };
}

/** Whether all that comes through by one way has come through by an earlier one. */
function covers(before: Step, now: Step): boolean {
  return (
    before.left >= now.left &&
    (!before.noconfig || now.noconfig) &&
    before.filters.every((one) => now.filters.includes(one))
  );
}

/** @returns the tag itself, then its ancestors, nearest first, each once */
export function inheritanceOrder(edges: readonly Edge[], tag: number): number[] {
  return [...new Set(visits(edges, tag).map((one) => one.tag))];
}

/** @returns the tag itself, then those of its ancestors that give it settings, nearest first, each once */
export function settingsOrder(edges: readonly Edge[], tag: number): number[] {
  return [
    ...new Set(
      visits(edges, tag)
        .filter((one) => !one.noconfig)
        .map((one) => one.tag),
    ),
  ];
}

/** @returns the tag itself and every tag that has it above itself, whatever comes through */
export function inheritors(edges: readonly Edge[], tag: number): number[] {
  const children = group(edges, (edge) => edge.parent);
  const seen = new Set<number>([tag]);
  for (const one of seen) for (const edge of children.get(one) ?? []) seen.add(edge.tag);
  return [...seen].toSorted((a, b) => a - b);
}

function group(edges: readonly Edge[], key: (edge: Edge) => number): Map<number, Edge[]> {
  return Map.groupBy(edges, key);
}
