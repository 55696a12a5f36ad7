/**
 * Graphs of builds: made by a seed in the shape of real ones, or read from a file.
 *
 * The shape is that of two public spec collections: 1,091 packages with 4,463 edges and 3,063 with 15,093 (four to five
 * needs each), longest chains of 24, a few packages that a third of all need, and durations that are log-normal with a
 * middle of two minutes and a tail of hours.
 */
import { readFileSync } from 'node:fs';
import { cycles, type Graph } from '@moromi/schedule';

export interface BuildGraph {
  names: string[];
  graph: Graph;
  /** Seconds of each node on an even worker. */
  seconds: number[];
}

/** Numbers in [0, 1) by a seed: mulberry32, which is in the public domain. */
export function dice(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function makeGraph(seed: number, count = 1200): BuildGraph {
  const roll = dice(seed);
  const deepest = 20 + Math.floor(roll() * 8);
  // Most packages stand low; few stand high, on long chains.
  const levels = Array.from({ length: count }, () =>
    Math.min(deepest, Math.floor(-Math.log(1 - roll()) * 5)),
  );
  const byLevel = Map.groupBy(
    levels.map((_, node) => node),
    (node) => levels[node] ?? 0,
  );
  const below = Array.from({ length: deepest + 1 }, (_, level) =>
    Array.from({ length: level }, (_, lower) => byLevel.get(lower) ?? []).flat(),
  );
  const graph = levels.map((level) => {
    const lower = below[level] ?? [];
    if (lower.length === 0) return [];
    const needs = new Set<number>();
    const direct = byLevel.get(level - 1) ?? [];
    if (direct.length > 0) needs.add(direct[Math.floor(roll() * direct.length)] ?? 0);
    const more = Math.floor(-Math.log(1 - roll()) * 4.5);
    for (let n = 0; n < more; n++) needs.add(lower[Math.floor(lower.length * roll() ** 4)] ?? 0);
    return [...needs].toSorted((a, b) => a - b);
  });
  return shuffled(
    {
      names: levels.map((_, node) => `p${node}`),
      graph,
      seconds: levels.map(() =>
        Math.round(Math.min(20_000, Math.max(4, 120 * Math.exp(1.2 * normal(roll))))),
      ),
    },
    roll,
  );
}

/** A file with `packages: [{ name, seconds, needs: [name] }]`; cycles are broken at the edge that closes them. */
export function readGraph(path: string): BuildGraph {
  const { packages } = JSON.parse(readFileSync(path, 'utf8')) as {
    packages: { name: string; seconds: number; needs: string[] }[];
  };
  const number = new Map(packages.map((one, node) => [one.name, node]));
  const graph = packages.map((one) => one.needs.flatMap((name) => number.get(name) ?? []));
  for (const part of cycles(graph)) {
    const inside = new Set(part);
    for (const node of part)
      graph[node] = (graph[node] ?? []).filter((need) => !inside.has(need) || need < node);
  }
  return { names: packages.map((one) => one.name), graph, seconds: packages.map((one) => one.seconds) };
}

/** Names and numbers in an order that says nothing. */
function shuffled({ graph, seconds }: BuildGraph, roll: () => number): BuildGraph {
  const keys = graph.map(() => roll());
  const order = graph.map((_, node) => node).toSorted((a, b) => (keys[a] ?? 0) - (keys[b] ?? 0));
  const place = new Array<number>(graph.length);
  for (const [at, node] of order.entries()) place[node] = at;
  return {
    names: order.map((_, at) => `p${String(at).padStart(5, '0')}`),
    graph: order.map((node) => (graph[node] ?? []).map((need) => place[need] ?? 0)),
    seconds: order.map((node) => seconds[node] ?? 0),
  };
}

export function normal(roll: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - roll())) * Math.cos(2 * Math.PI * roll());
}
