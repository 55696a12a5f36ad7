import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Edge, inheritanceOrder, inheritors } from './inheritance.ts';
import { latestBuilds, type TaggedBuildFacts } from './latest.ts';

/** Edges that lead from higher to lower tags, so that there is no loop. */
const edges = fc.uniqueArray(
  fc
    .record({
      tag: fc.integer({ min: 2, max: 9 }),
      parent: fc.integer({ min: 1, max: 8 }),
      priority: fc.nat(5),
    })
    .filter((edge) => edge.parent < edge.tag),
  { selector: (edge) => `${edge.tag} ${edge.parent}`, maxLength: 20 },
);

describe('the order of inheritance', () => {
  test('starts with the tag, has every ancestor once and nothing else', () => {
    fc.assert(
      fc.property(edges, fc.integer({ min: 1, max: 9 }), (all, tag) => {
        const order = inheritanceOrder(all, tag);
        expect(order[0]).toBe(tag);
        expect(new Set(order).size).toBe(order.length);
        const above = Array.from({ length: 9 }, (_, n) => n + 1).filter((one) =>
          inheritors(all, one).includes(tag),
        );
        expect(order.toSorted()).toEqual(above);
      }),
    );
  });

  test('does not depend on the order in which edges are listed', () => {
    fc.assert(
      fc.property(edges, (all) => {
        expect(inheritanceOrder(all.toReversed(), 9)).toEqual(inheritanceOrder(all, 9));
      }),
    );
  });

  test('ends where somebody has made a loop', () => {
    const loop: Edge[] = [
      { tag: 1, parent: 2, priority: 0 },
      { tag: 2, parent: 1, priority: 0 },
    ];
    expect(inheritanceOrder(loop, 1)).toEqual([1, 2]);
    expect(inheritors(loop, 1)).toEqual([1, 2]);
  });

  test('goes up the parent of the lowest priority number first, and all the way', () => {
    const all: Edge[] = [
      { tag: 1, parent: 2, priority: 20 },
      { tag: 1, parent: 3, priority: 10 },
      { tag: 3, parent: 4, priority: 90 },
    ];
    expect(inheritanceOrder(all, 1)).toEqual([1, 3, 4, 2]);
  });
});

const tagged = fc.uniqueArray(
  fc.record({
    tag: fc.integer({ min: 1, max: 4 }),
    package: fc.constantFrom('a', 'b', 'c'),
    added: fc.nat(99),
  }),
  { selector: (one) => one.added, maxLength: 20 },
);
const facts = (list: { tag: number; package: string; added: number }[]): TaggedBuildFacts[] =>
  list.map((one) => ({
    ...one,
    build: one.added,
    nvr: `${one.package}-${one.added}`,
    owner: 'o',
    taggedAt: new Date(0),
  }));

describe('the latest build', () => {
  test('of a package is the last that was tagged in the nearest tag that has it', () => {
    fc.assert(
      fc.property(tagged, fc.shuffledSubarray([1, 2, 3, 4], { minLength: 4 }), (list, order) => {
        const shown = latestBuilds(order, facts(list));
        for (const name of new Set(list.map((one) => one.package))) {
          const having = order.find((tag) => list.some((one) => one.tag === tag && one.package === name));
          const added = list
            .filter((one) => one.tag === having && one.package === name)
            .map((one) => one.added);
          expect(shown.find((one) => one.package === name)?.build).toBe(Math.max(...added));
        }
        expect(shown).toHaveLength(new Set(list.map((one) => one.package)).size);
      }),
    );
  });

  test('does not depend on the order in which builds are listed', () => {
    fc.assert(
      fc.property(tagged, (list) => {
        const order = [1, 2, 3, 4];
        expect(latestBuilds(order, facts(list.toReversed()))).toEqual(latestBuilds(order, facts(list)));
      }),
    );
  });
});
