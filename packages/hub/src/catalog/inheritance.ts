/**
 * The order in which a tag looks at its ancestors, and who looks at it.
 *
 * Invariant: pure. Depth first, lower priority number first (Koji's order); a tag that is reached twice counts where
 * it was reached first.
 */
export interface Edge {
  tag: number;
  parent: number;
  priority: number;
}

/** @returns the tag itself, then its ancestors, nearest first */
export function inheritanceOrder(edges: readonly Edge[], tag: number): number[] {
  const parents = group(edges, (edge) => edge.tag);
  const seen = new Set<number>();
  const visit = (one: number): void => {
    if (seen.has(one)) return;
    seen.add(one);
    const up = (parents.get(one) ?? []).toSorted((a, b) => a.priority - b.priority || a.parent - b.parent);
    for (const edge of up) visit(edge.parent);
  };
  visit(tag);
  return [...seen];
}

/** @returns the tag itself and every tag that inherits from it, however far */
export function inheritors(edges: readonly Edge[], tag: number): number[] {
  const children = group(edges, (edge) => edge.parent);
  const seen = new Set<number>([tag]);
  for (const one of seen) for (const edge of children.get(one) ?? []) seen.add(edge.tag);
  return [...seen].toSorted((a, b) => a - b);
}

function group(edges: readonly Edge[], key: (edge: Edge) => number): Map<number, Edge[]> {
  return Map.groupBy(edges, key);
}
