import fc from 'fast-check';
import { expect, test } from 'vitest';
import { longestPaths } from './graph.ts';
import { Queue } from './queue.ts';
import { lowerBound, simulate } from './simulate.ts';
import { offer } from './testing/make.ts';

const worker = (name: string, speed = 1, arches = ['x86_64']) => ({
  offer: offer(name, { speed, arches, capacity: 1 }),
  slots: 1,
});
const item = (seconds: number, failures = 0) => ({ seconds: new Map([['x86_64', seconds]]), failures });

test('two workers do a chain beside a lone task in the time of the chain', () => {
  const graph = [[], [0], [1], []];
  const items = [10, 10, 10, 30].map((seconds) => item(seconds));
  const ranking = ({ node }: { node: number }) => ({ rank: [30, 20, 10, 30][node] ?? 0, seconds: 10 });
  expect(simulate(graph, items, [worker('a'), worker('b')], ranking)).toEqual({
    makespan: 30,
    doneAt: [10, 20, 30, 30],
  });
});

test('a build is done when its slowest architecture is, and a failed attempt is made again', () => {
  const both = {
    seconds: new Map([
      ['x86_64', 10],
      ['i686', 25],
    ]),
  };
  const fleet = [worker('a', 1, ['x86_64']), worker('b', 1, ['i686'])];
  expect(simulate([[]], [both], fleet, () => ({ rank: 0, seconds: 1 })).makespan).toBe(25);
  expect(simulate([[]], [item(10, 1)], fleet, () => ({ rank: 0, seconds: 10 })).makespan).toBe(20);
});

test('no order takes less than the lower bound, or more than all work one after the other', () => {
  const scene = fc.record({
    needs: fc.array(fc.tuple(fc.integer({ min: 1, max: 50 }), fc.array(fc.nat(30), { maxLength: 3 })), {
      minLength: 1,
      maxLength: 30,
    }),
    fleet: fc.array(fc.constantFrom(0.5, 1, 2), { minLength: 1, maxLength: 4 }),
    ranks: fc.array(fc.nat(100), { minLength: 30, maxLength: 30 }),
  });
  fc.assert(
    fc.property(scene, ({ needs, fleet, ranks }) => {
      const graph = needs.map(([, some], node) => [...new Set(some)].filter((need) => need < node));
      const items = needs.map(([seconds]) => item(seconds));
      const workers = fleet.map((speed, n) => worker(`w${n}`, speed));
      const { makespan, doneAt } = simulate(graph, items, workers, ({ node }) => ({
        rank: ranks[node] ?? 0,
        seconds: needs[node]?.[0] ?? 0,
      }));
      expect(makespan).toBeGreaterThanOrEqual(lowerBound(graph, items, workers).seconds - 1e-9);
      const slowest = Math.min(...fleet);
      expect(makespan).toBeLessThanOrEqual(
        needs.reduce((sum, [seconds]) => sum + seconds / slowest, 0) + 1e-9,
      );
      for (const [node, some] of graph.entries())
        for (const need of some) expect(doneAt[node]).toBeGreaterThan(doneAt[need] ?? 0);
    }),
  );
});

test('the bound says whether the path or the work bounds it', () => {
  const chain = [[], [0], [1]];
  const items = [item(10), item(10), item(10)];
  expect(lowerBound(chain, items, [worker('a'), worker('b')])).toMatchObject({ seconds: 30, by: 'path' });
  expect(lowerBound([[], [], []], items, [worker('a'), worker('b')])).toMatchObject({
    seconds: 15,
    by: 'work',
  });
  expect(Math.max(...longestPaths(chain, [10, 10, 10]))).toBe(30);
});

test('a queue gives what is soonest, and at one moment what came first', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(20)), (times) => {
      const queue = new Queue<number>();
      for (const [n, at] of times.entries()) queue.add(at, n);
      const given: (readonly [number, number])[] = [];
      for (let one = queue.take(); one !== undefined; one = queue.take()) given.push([one.at, one.value]);
      expect(given).toEqual(
        times.map((at, n) => [at, n] as const).toSorted((a, b) => a[0] - b[0] || a[1] - b[1]),
      );
    }),
  );
});
