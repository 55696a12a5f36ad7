import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type ClosedPackage, Visible } from './index.ts';
import { closed } from './testing/closed.ts';

const SEED = 20261121;

function seen(...added: [nevra: string, priority: number][]): string[] {
  const visible = new Visible<ClosedPackage>();
  for (const [nevra, priority] of added) visible.add(closed(nevra), priority);
  return visible.list().map(({ name, version, arch }) => `${name}-${version}.${arch}`);
}

test('the better repository hides all packages of a name, older or of another architecture', () => {
  expect(seen(['a-2-1.x86_64', 50], ['a-1-1.noarch', 10], ['a-3-1.i686', 50], ['b-1-1.i686', 99])).toEqual([
    'a-1.noarch',
    'b-1.i686',
  ]);
});

test('of one priority the newest of each architecture is seen, and never a source', () => {
  expect(seen(['a-1-1.i686', 5], ['a-1:0-1.i686', 5], ['a-2-1.i686', 5], ['a-1-1.noarch', 5])).toEqual([
    'a-0.i686',
    'a-1.noarch',
  ]);
  expect(seen(['a-1-1.noarch', 5], ['a-2-1.src', 1], ['b-2-1.nosrc', 1])).toEqual(['a-1.noarch']);
});

test('what is seen does not depend on the order in which packages were added', () => {
  const nevra = fc
    .tuple(
      fc.constantFrom('a', 'b'),
      fc.constantFrom('1-1', '2-1', '1:1-1'),
      fc.constantFrom('i686', 'noarch'),
    )
    .map(([name, evr, arch]) => `${name}-${evr}.${arch}`);
  const added = fc.array(fc.tuple(nevra, fc.constantFrom(1, 2, 3)), { maxLength: 10 });
  const shuffled = added.chain((all) =>
    fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
  );
  fc.assert(
    fc.property(shuffled, ([one, other]) => {
      expect(seen(...other)).toEqual(seen(...one));
    }),
    { seed: SEED, numRuns: 200 },
  );
});
