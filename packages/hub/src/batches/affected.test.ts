import fc from 'fast-check';
import { expect, test } from 'vitest';
import { affected, narrow } from './affected.ts';

/** b and c need a, d needs c, e needs nobody. */
const needs = [
  { package: 1, needs: 0 },
  { package: 2, needs: 0 },
  { package: 3, needs: 2 },
];

test('what a change touches is it, and what needs it, so far as is asked', () => {
  expect(affected(needs, [0], 0)).toEqual([0]);
  expect(affected(needs, [0], 1)).toEqual([0, 1, 2]);
  expect(affected(needs, [0], null)).toEqual([0, 1, 2, 3]);
  expect(affected(needs, [4], null)).toEqual([4]);
});

test('a circle ends, and one step more never finds less', () => {
  const edge = fc.record({ package: fc.nat(9), needs: fc.nat(9) });
  fc.assert(
    fc.property(fc.array(edge, { maxLength: 40 }), fc.nat(9), fc.nat(9), (edges, changed, depth) => {
      const near = affected(edges, [changed], depth);
      const far = affected(edges, [changed], depth + 1);
      expect(far).toEqual(expect.arrayContaining(near));
      expect(affected(edges, [changed], null)).toEqual(expect.arrayContaining(far));
    }),
    { seed: 20261121 },
  );
});

const packageOf = (name: string) => ({ name, sourceName: `${name}.src.rpm`, sourceSha256: '', requires: [] });
const edge = (one: number, other: number) => ({
  package: one,
  needs: other,
  requirement: 'x',
  guessed: false,
});

test('a plan is narrowed to what is touched, and what is tried waits for nothing else', () => {
  const request = {
    target: 'f1',
    packages: ['other', 'tried', 'user', 'far'].map(packageOf),
    tried: { names: ['tried'], depth: 1 },
  };
  const missing = [
    { package: 2, arch: 'x86_64', requirement: 'gone', nearest: null },
    { package: 3, arch: 'x86_64', requirement: 'gone', nearest: null },
  ];
  const { packages, result } = narrow(request, {
    needs: [edge(1, 0), edge(1, 2), edge(2, 1), edge(3, 2)],
    missing,
  });
  expect(packages.map((one) => one.name)).toEqual(['tried', 'user']);
  expect(result.needs).toEqual([edge(1, 0)]);
  expect(result.missing).toEqual([{ ...missing[0], package: 1 }]);
});

test('the plan of a rebuild stays as it is', () => {
  const request = { target: 'f1', packages: [packageOf('one')] };
  const result = { needs: [edge(0, 0)], missing: [] };
  expect(narrow(request, result)).toEqual({ ...request, result });
});

test('of changes that belong together those that lack something come after the others', () => {
  const request = {
    target: 'f1',
    packages: ['app', 'lib', 'tool'].map(packageOf),
    tried: { names: ['app', 'lib', 'tool'], depth: 1 },
  };
  const missing = [{ package: 0, arch: 'x86_64', requirement: 'lib-devel >= 2', nearest: 'lib-devel' }];
  const { result } = narrow(request, { needs: [], missing });
  expect(result.needs).toEqual([
    { package: 0, needs: 1, requirement: 'lib-devel >= 2', guessed: true },
    { package: 0, needs: 2, requirement: 'lib-devel >= 2', guessed: true },
  ]);
});
