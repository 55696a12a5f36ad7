import { buildOrder } from '@moromi/schedule';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { unfold } from './cycles.ts';

const names = (count: number) => Array.from({ length: count }, (_, n) => `p${n}`);
const shown = (unfolded: ReturnType<typeof unfold>) =>
  unfolded.items.map((item) =>
    `p${item.package}${item.stage === 'usual' ? '' : `/${item.stage}`} < ${item.needs
      .map((need) => {
        const one = unfolded.items[need];
        return `p${one?.package}${one?.stage === 'usual' ? '' : `/${one?.stage}`}`;
      })
      .join(' ')}`.trim(),
  );

// p0 needs p1, p1 needs p0; p2 needs p1, and p0 needs p3.
const graph = [[1, 3], [0], [1], []];

test('a cycle without a declared bootstrap is named, with one way round', () => {
  expect(unfold(names(4), graph, [], 'refuse').cycles).toEqual([
    { packages: ['p0', 'p1'], way: ['p0', 'p1'], broken: 'not' },
  ]);
});

test('a declared bootstrap builds the cycle aside, then all of it clean; others need the clean builds', () => {
  const unfolded = unfold(names(4), graph, [{ package: 'p0' }], 'refuse');
  expect(unfolded.cycles).toMatchObject([{ broken: 'bootstrap' }]);
  expect(shown(unfolded)).toEqual([
    'p0/bootstrap < p3',
    'p1/bootstrap < p0/bootstrap',
    'p0/clean < p1/bootstrap p3',
    'p1/clean < p0/clean',
    'p2 < p1/clean',
    'p3 <',
  ]);
  expect(unfolded.items.filter((item) => item.breaks).map((item) => item.package)).toEqual([0]);
});

test('a bootstrap that does not drop what closes the cycle does not break it', () => {
  expect(unfold(names(4), graph, [{ package: 'p0', drops: ['p3'] }], 'refuse').cycles).toMatchObject([
    { way: ['p0', 'p1'], broken: 'not' },
  ]);
});

test('by the present builds a cycle loses as few needs as leaves it none', () => {
  const unfolded = unfold(names(4), graph, [], 'old');
  expect(unfolded.cycles).toMatchObject([{ broken: 'old' }]);
  expect(unfolded.items.every((item) => item.stage === 'usual')).toBe(true);
  expect(buildOrder(unfolded.items.map((item) => item.needs))).toBeDefined();
});

test('a package that needs itself needs an older build of itself, and that is no cycle', () => {
  expect(unfold(names(1), [[0]], [], 'refuse')).toEqual({
    items: [{ package: 0, stage: 'usual', breaks: false, needs: [] }],
    cycles: [],
  });
});

test('whatever the graph, what comes out has an order, and nothing clean stands on less than what it needs', () => {
  const scene = fc.integer({ min: 1, max: 14 }).chain((size) =>
    fc.record({
      graph: fc.array(fc.uniqueArray(fc.nat(size - 1), { maxLength: 4 }), {
        minLength: size,
        maxLength: size,
      }),
      declared: fc.subarray(names(size)),
    }),
  );
  fc.assert(
    fc.property(scene, ({ graph: some, declared }) => {
      const list = declared.map((name) => ({ package: name }));
      const { items, cycles } = unfold(names(some.length), some, list, 'old');
      const order = buildOrder(items.map((item) => item.needs));
      expect(order).toBeDefined();
      expect(cycles.every((one) => one.broken !== 'not')).toBe(true);
      const old = new Set(cycles.filter((one) => one.broken === 'old').flatMap((one) => one.packages));
      for (const item of items.filter((one) => one.stage !== 'bootstrap' && !old.has(`p${one.package}`))) {
        const met = new Set(item.needs.map((need) => items[need]?.package));
        for (const need of some[item.package] ?? [])
          if (need !== item.package) expect(met.has(need)).toBe(true);
        // What is not of a cycle stands on nothing that will not be released.
        if (item.stage === 'usual')
          for (const need of item.needs) expect(items[need]?.stage).not.toBe('bootstrap');
      }
    }),
  );
});
