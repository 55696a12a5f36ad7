import fc from 'fast-check';
import { expect, test } from 'vitest';
import { buildOrder, cycles, type Graph, longestChain, longestPaths, reverse, wayRound } from './graph.ts';

const graphs = fc
  .integer({ min: 1, max: 25 })
  .chain((size) =>
    fc.array(fc.uniqueArray(fc.nat(size - 1), { maxLength: 4 }), { minLength: size, maxLength: size }),
  );

/** Nodes that can be reached, by walking. */
function reach(graph: Graph, from: number): Set<number> {
  const seen = new Set<number>();
  const queue = [...(graph[from] ?? [])];
  for (const node of queue) {
    if (seen.has(node)) continue;
    seen.add(node);
    queue.push(...(graph[node] ?? []));
  }
  return seen;
}

test('two nodes are in one cycle exactly where each can be reached from the other', () => {
  fc.assert(
    fc.property(graphs, (graph) => {
      const parts = cycles(graph);
      const partOf = (node: number) => parts.findIndex((part) => part.includes(node));
      for (let a = 0; a < graph.length; a++) {
        expect(partOf(a) >= 0).toBe(reach(graph, a).has(a));
        for (let b = 0; b < graph.length; b++)
          if (a !== b && partOf(a) >= 0)
            expect(partOf(a) === partOf(b)).toBe(reach(graph, a).has(b) && reach(graph, b).has(a));
      }
    }),
  );
});

test('the way round a cycle is one, along edges of the graph', () => {
  fc.assert(
    fc.property(graphs, (graph) => {
      for (const part of cycles(graph)) {
        const way = wayRound(graph, part);
        expect(way.length).toBeGreaterThan(0);
        for (const [at, node] of way.entries()) expect(graph[node]).toContain(way[(at + 1) % way.length]);
      }
    }),
  );
});

test('an order exists exactly where there is no cycle, and each node comes after its needs', () => {
  fc.assert(
    fc.property(graphs, (graph) => {
      const order = buildOrder(graph);
      expect(order === undefined).toBe(cycles(graph).length > 0);
      const place = new Map(order?.map((node, at) => [node, at]));
      for (const [node, needs] of graph.entries())
        for (const need of needs)
          if (order !== undefined) expect(place.get(need)).toBeLessThan(place.get(node) ?? -1);
    }),
  );
});

test('a path is as long as the chain that it stands for, and no chain is longer', () => {
  fc.assert(
    fc.property(graphs, (some) => {
      const graph = some.map((needs, node) => needs.filter((need) => need < node));
      const seconds = graph.map((_, node) => (node * 7) % 13);
      const paths = longestPaths(graph, seconds);
      const users = reverse(graph);
      for (const [node, path] of paths.entries())
        expect(path).toBe(
          (seconds[node] ?? 0) + Math.max(0, ...(users[node] ?? []).map((user) => paths[user] ?? 0)),
        );
      const chain = longestChain(graph, paths);
      expect(chain.reduce((sum, node) => sum + (seconds[node] ?? 0), 0)).toBe(Math.max(...paths));
    }),
  );
});

test('a chain of a hundred thousand does not end the stack', () => {
  const long = Array.from({ length: 100_000 }, (_, node) => (node === 0 ? [] : [node - 1]));
  expect(cycles(long)).toEqual([]);
  expect(
    longestPaths(
      long,
      long.map(() => 1),
    )[0],
  ).toBe(100_000);
  expect(cycles([[99_999], ...long.slice(1)])[0]).toHaveLength(100_000);
});
