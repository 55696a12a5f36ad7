/**
 * How a graph of packages with cycles becomes a list of builds without any.
 *
 * Invariant: pure. Nothing that was built with a bootstrap build below it is released: a cycle that is broken so is
 * built twice, first all of it on the bootstrap builds, aside, and then all of it clean on that. What needs a package
 * needs its last, clean build. That a package needs itself is no cycle: an older build of it does.
 */
import type { Bootstrap, Plan } from '@moromi/contract';
import { cycles, type Graph, wayRound } from '@moromi/schedule';

export type Stage = 'usual' | 'bootstrap' | 'clean';

export interface PlannedItem {
  /** Place in the list of packages. */
  package: number;
  stage: Stage;
  /** It is one of those that break the cycle: built `--with bootstrap`. */
  breaks: boolean;
  /** Places in the list of items. */
  needs: number[];
}

export interface Unfolded {
  items: PlannedItem[];
  cycles: Plan['cycles'];
}

export function unfold(
  names: readonly string[],
  needs: Graph,
  bootstrap: readonly Bootstrap[],
  policy: 'refuse' | 'old',
): Unfolded {
  const graph = needs.map((list, node) => [...new Set(list)].filter((need) => need !== node));
  const declared = new Map(bootstrap.map((one) => [one.package, one]));
  const found: Plan['cycles'] = [];
  const partOf = new Map<number, ReadonlySet<number>>();
  const dropped = new Map<number, ReadonlySet<number>>();
  for (const part of cycles(graph)) {
    const inside = new Set(part);
    const drops = dropsOf(names, graph, part, declared);
    const left = cycles(without(graph, inside, drops));
    const way = wayRound(graph, left[0] ?? part).map((node) => names[node] ?? '');
    const packages = part.map((node) => names[node] ?? '').toSorted();
    if (drops.size > 0 && left.length === 0) {
      for (const node of part) partOf.set(node, inside);
      for (const [node, list] of drops) dropped.set(node, list);
      found.push({ packages, way, broken: 'bootstrap' });
    } else if (policy === 'old') {
      for (const [node, list] of feedback(graph, part))
        graph[node] = (graph[node] ?? []).filter((need) => !list.has(need));
      found.push({ packages, way, broken: 'old' });
    } else found.push({ packages, way, broken: 'not' });
  }
  return { items: itemsOf(graph, partOf, dropped), cycles: found };
}

/** For each declared package of a cycle what its bootstrap build does not need of that cycle. */
function dropsOf(
  names: readonly string[],
  graph: Graph,
  part: readonly number[],
  declared: ReadonlyMap<string, Bootstrap>,
): Map<number, Set<number>> {
  const inside = new Set(part);
  const drops = new Map<number, Set<number>>();
  for (const node of part) {
    const one = declared.get(names[node] ?? '');
    if (one === undefined) continue;
    const mine = (graph[node] ?? []).filter((need) => inside.has(need));
    drops.set(
      node,
      new Set(one.drops === undefined ? mine : mine.filter((need) => one.drops?.includes(names[need] ?? ''))),
    );
  }
  return drops;
}

/** The cycle alone, without what its bootstrap builds drop. */
function without(
  graph: Graph,
  inside: ReadonlySet<number>,
  drops: ReadonlyMap<number, ReadonlySet<number>>,
): number[][] {
  return graph.map((list, node) =>
    inside.has(node) ? list.filter((need) => inside.has(need) && drops.get(node)?.has(need) !== true) : [],
  );
}

/** Edges that are left out so that a part has no cycle: always those of the node that has the fewest left. */
function feedback(graph: Graph, part: readonly number[]): Map<number, Set<number>> {
  const left = new Set(part);
  const out = new Map<number, Set<number>>();
  while (left.size > 0) {
    let best: { node: number; open: number[] } | undefined;
    for (const node of left) {
      const open = (graph[node] ?? []).filter((need) => left.has(need));
      if (best === undefined || open.length < best.open.length) best = { node, open };
      if (open.length === 0) break;
    }
    if (best === undefined) break;
    if (best.open.length > 0) out.set(best.node, new Set(best.open));
    left.delete(best.node);
  }
  return out;
}

function itemsOf(
  graph: Graph,
  partOf: ReadonlyMap<number, ReadonlySet<number>>,
  dropped: ReadonlyMap<number, ReadonlySet<number>>,
): PlannedItem[] {
  const items: PlannedItem[] = [];
  const early = new Map<number, number>();
  const final = new Map<number, number>();
  const add = (node: number, stage: Stage): number =>
    items.push({ package: node, stage, breaks: stage === 'bootstrap' && dropped.has(node), needs: [] }) - 1;
  for (const node of graph.keys()) if (partOf.has(node)) early.set(node, add(node, 'bootstrap'));
  for (const node of graph.keys()) final.set(node, add(node, partOf.has(node) ? 'clean' : 'usual'));
  for (const item of items) {
    const node = item.package;
    const inside = partOf.get(node);
    for (const need of graph[node] ?? []) {
      const isInside = inside?.has(need) === true;
      if (item.stage === 'bootstrap' && dropped.get(node)?.has(need) === true) continue;
      // The clean build of what breaks the cycle stands on the first builds of the rest; the others on clean ones.
      const isEarly = isInside && (item.stage === 'bootstrap' || dropped.has(node));
      const place = (isEarly ? early : final).get(need);
      if (place !== undefined) item.needs.push(place);
    }
  }
  return items;
}
