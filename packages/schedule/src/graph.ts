/**
 * What must be built before what.
 *
 * Invariant: pure. Nodes are numbers from 0 on; an edge that leads outside of them is an error of the caller's. Nothing
 * here recurses: real graphs have chains longer than a stack.
 */

/** For each node the nodes that it needs. */
export type Graph = readonly (readonly number[])[];

/** For each node the nodes that need it. */
export function reverse(graph: Graph): number[][] {
  const users: number[][] = graph.map(() => []);
  for (const [node, needs] of graph.entries()) for (const need of needs) users[need]?.push(node);
  return users;
}

/**
 * The strongly connected components that are cycles (more than one node, or one that needs itself), by Tarjan's
 * algorithm; each sorted, and sorted by their first node.
 */
export function cycles(graph: Graph): number[][] {
  const index = new Int32Array(graph.length).fill(-1);
  const low = new Int32Array(graph.length);
  const onStack = new Uint8Array(graph.length);
  const stack: number[] = [];
  const found: number[][] = [];
  let counter = 0;
  for (let root = 0; root < graph.length; root++) {
    if (index[root] !== -1) continue;
    const work: { node: number; next: number }[] = [{ node: root, next: 0 }];
    for (let frame = work.at(-1); frame !== undefined; frame = work.at(-1)) {
      const { node } = frame;
      if (frame.next === 0) {
        index[node] = counter;
        low[node] = counter++;
        stack.push(node);
        onStack[node] = 1;
      }
      const need = graph[node]?.[frame.next];
      if (need !== undefined) {
        frame.next++;
        if (index[need] === -1) work.push({ node: need, next: 0 });
        else if (onStack[need] === 1) low[node] = Math.min(low[node] ?? 0, index[need] ?? 0);
        continue;
      }
      work.pop();
      const above = work.at(-1);
      if (above !== undefined) low[above.node] = Math.min(low[above.node] ?? 0, low[node] ?? 0);
      if (low[node] !== index[node]) continue;
      const part = stack.splice(stack.lastIndexOf(node));
      for (const one of part) onStack[one] = 0;
      if (part.length > 1 || graph[node]?.includes(node) === true) found.push(part.toSorted((a, b) => a - b));
    }
  }
  return found.toSorted((a, b) => (a[0] ?? 0) - (b[0] ?? 0));
}

/** One way round, for people: the shortest from a node back to itself inside its component. */
export function wayRound(graph: Graph, part: readonly number[]): number[] {
  const inside = new Set(part);
  let best: number[] = [];
  for (const start of part.slice(0, 50)) {
    const cameFrom = new Map<number, number>();
    const queue = [start];
    search: for (const node of queue) {
      for (const need of graph[node] ?? []) {
        if (need === start) {
          const way = [node];
          for (let at = node; at !== start; ) {
            at = cameFrom.get(at) ?? start;
            way.push(at);
          }
          way.reverse();
          if (best.length === 0 || way.length < best.length) best = way;
          break search;
        }
        if (!inside.has(need) || cameFrom.has(need)) continue;
        cameFrom.set(need, node);
        queue.push(need);
      }
    }
  }
  return best;
}

/** Nodes in an order in which each comes after what it needs; undefined where there is a cycle. */
export function buildOrder(graph: Graph): number[] | undefined {
  const users = reverse(graph);
  const open = graph.map((needs) => needs.length);
  const order = graph.flatMap((needs, node) => (needs.length === 0 ? [node] : []));
  for (const node of order) {
    for (const user of users[node] ?? []) {
      const left = (open[user] ?? 0) - 1;
      open[user] = left;
      if (left === 0) order.push(user);
    }
  }
  return order.length === graph.length ? order : undefined;
}

/**
 * For each node the seconds of the longest chain that begins with it and goes on with those that need it.
 * @throws where there is a cycle
 */
export function longestPaths(graph: Graph, seconds: readonly number[]): number[] {
  const order = buildOrder(graph);
  if (order === undefined) throw new Error('a graph with a cycle has no longest path');
  const users = reverse(graph);
  const paths = new Array<number>(graph.length).fill(0);
  for (const node of order.toReversed()) {
    let after = 0;
    for (const user of users[node] ?? []) after = Math.max(after, paths[user] ?? 0);
    paths[node] = (seconds[node] ?? 0) + after;
  }
  return paths;
}

/** The chain that a longest path stands for, from the node that has it. */
export function longestChain(graph: Graph, paths: readonly number[]): number[] {
  const users = reverse(graph);
  const chain: number[] = [];
  let at = paths.reduce((best, path, node) => (path > (paths[best] ?? 0) ? node : best), 0);
  for (let next: number | undefined = graph.length > 0 ? at : undefined; next !== undefined; ) {
    chain.push(next);
    at = next;
    next = (users[at] ?? []).reduce<number | undefined>(
      (best, user) => (best === undefined || (paths[user] ?? 0) > (paths[best] ?? 0) ? user : best),
      undefined,
    );
  }
  return chain;
}
