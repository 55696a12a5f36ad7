import { compareEvr, parseNvr } from '@moromi/rpm';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Edge, visits } from './inheritance.ts';
import { latestBuilds, type Sight, shownBuilds, type TaggedBuildFacts } from './latest.ts';
import type { ListedPackage } from './listed.ts';

/** Tags 1 to 4, each the parent of the one before. */
const chain: Edge[] = [1, 2, 3].map((tag) => ({
  tag,
  parent: tag + 1,
  priority: 0,
  maxdepth: null,
  intransitive: false,
  noconfig: false,
  filter: null,
}));
const sight = (more: Partial<Sight> = {}): Sight => ({
  visits: visits(chain, 1),
  latest: 'tagged',
  packageList: 'open',
  ...more,
});

const tagged: fc.Arbitrary<TaggedBuildFacts[]> = fc
  .uniqueArray(
    fc.record({
      tag: fc.integer({ min: 1, max: 4 }),
      package: fc.constantFrom('a', 'b', 'c'),
      version: fc.constantFrom('1', '1.2', '1.10', '2~rc1', '2'),
      epoch: fc.option(fc.nat(1)),
      added: fc.nat(99),
    }),
    { selector: (one) => one.added, maxLength: 20 },
  )
  .map((list) =>
    list.map(({ version, ...one }) => ({
      ...one,
      build: one.added,
      nvr: `${one.package}-${version}-1`,
      place: 0,
      owner: 'o',
      taggedAt: new Date(0),
    })),
  );
const entries: fc.Arbitrary<ListedPackage[]> = fc.uniqueArray(
  fc.record({
    tag: fc.integer({ min: 1, max: 4 }),
    package: fc.constantFrom('a', 'b', 'c'),
    blocked: fc.boolean(),
    owner: fc.constant('o'),
    extraArches: fc.constant([]),
  }),
  { selector: (one) => `${one.tag} ${one.package}` },
);

const having = (list: readonly TaggedBuildFacts[], name: string) => {
  const tag = Math.min(...list.filter((one) => one.package === name).map((one) => one.tag));
  return list.filter((one) => one.package === name && one.tag === tag);
};

describe('the latest build', () => {
  test('of a package is the last that was tagged in the nearest tag that has it', () => {
    fc.assert(
      fc.property(tagged, (list) => {
        const shown = latestBuilds(sight(), [], list);
        const names = new Set(list.map((one) => one.package));
        for (const name of names)
          expect(shown.find((one) => one.package === name)?.added).toBe(
            Math.max(...having(list, name).map((one) => one.added)),
          );
        expect(shown).toHaveLength(names.size);
      }),
    );
  });

  test('is the one of the highest version there, where the tag says so', () => {
    fc.assert(
      fc.property(tagged, (list) => {
        for (const one of latestBuilds(sight({ latest: 'evr' }), [], list)) {
          const evr = ({ nvr, epoch }: TaggedBuildFacts) => ({ ...parseNvr(nvr), epoch });
          for (const other of having(list, one.package)) {
            const order = compareEvr(evr(one), evr(other));
            expect(order > 0 || (order === 0 && one.added >= other.added)).toBe(true);
          }
        }
      }),
    );
  });

  test('does not depend on the order in which builds and entries are listed', () => {
    fc.assert(
      fc.property(tagged, entries, fc.constantFrom('open', 'closed'), (list, listed, packageList) => {
        const how = sight({ packageList: packageList as 'open' | 'closed' });
        expect(latestBuilds(how, listed.toReversed(), list.toReversed())).toEqual(
          latestBuilds(how, listed, list),
        );
      }),
    );
  });

  test('of those that one change has tagged is the last of its list', () => {
    const facts = { tag: 1, package: 'a', epoch: null, owner: 'o', taggedAt: new Date(0), added: 7 };
    const list = [
      { ...facts, build: 9, nvr: 'a-9-1', place: 0 },
      { ...facts, build: 3, nvr: 'a-3-1', place: 1 },
    ];
    expect(latestBuilds(sight(), [], list).map((one) => one.nvr)).toEqual(['a-3-1']);
    expect(shownBuilds(sight(), [], list).map((one) => one.nvr)).toEqual(['a-3-1', 'a-9-1']);
  });
});

describe('package lists', () => {
  test('show what the nearest entry does not block, wherever its builds are', () => {
    fc.assert(
      fc.property(tagged, entries, fc.constantFrom('open', 'closed'), (list, listed, packageList) => {
        const how = sight({ packageList: packageList as 'open' | 'closed' });
        const shown = new Set(shownBuilds(how, listed, list).map((one) => one.package));
        for (const name of ['a', 'b', 'c']) {
          const [nearest] = listed.filter((one) => one.package === name).toSorted((a, b) => a.tag - b.tag);
          const open = nearest === undefined ? packageList === 'open' : !nearest.blocked;
          expect(shown.has(name)).toBe(open && list.some((one) => one.package === name));
        }
      }),
    );
  });

  test('come through a link as builds do: only where its filter lets the package through', () => {
    const filtered = chain.map((edge) => (edge.tag === 1 ? { ...edge, filter: 'a' } : edge));
    const how = sight({ visits: visits(filtered, 1) });
    const facts = { epoch: null, place: 0, owner: 'o', taggedAt: new Date(0), added: 7, tag: 2 };
    const list = ['a', 'b'].map((name, build) => ({ ...facts, build, package: name, nvr: `${name}-1-1` }));
    expect(latestBuilds(how, [], list).map((one) => one.package)).toEqual(['a']);
    // The block stands behind the filter, so the tag does not see it: its own build is shown.
    const block = { tag: 2, package: 'b', blocked: true, owner: 'o', extraArches: [] };
    const own = list.map((one) => ({ ...one, tag: 1 }));
    expect(latestBuilds(how, [block], own).map((one) => one.package)).toEqual(['a', 'b']);
  });
});
