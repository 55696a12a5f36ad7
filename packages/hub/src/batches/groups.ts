/**
 * Which item of a batch needs which.
 *
 * Invariant: pure. In a target each item of a group needs all items of the group before; where all targets go together
 * those of the other targets too. What is parallel needs nothing.
 */
export interface Grouped<S> {
  source: S;
  target: string;
  /** Places in the list that comes out. */
  needs: number[];
}

export function itemsOfGroups<S>(
  targets: readonly string[],
  groups: readonly (readonly S[])[],
  { parallel, together }: { parallel: boolean; together: boolean },
): Grouped<S>[] {
  const items: Grouped<S>[] = [];
  let before: number[] = [];
  for (const group of groups) {
    const here: number[] = [];
    for (const target of targets) {
      const needs = parallel ? [] : before.filter((place) => together || items[place]?.target === target);
      for (const source of group) here.push(items.push({ source, target, needs }) - 1);
    }
    before = here;
  }
  return items;
}
