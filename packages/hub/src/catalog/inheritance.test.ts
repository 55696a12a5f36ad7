import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { passes } from './filters.ts';
import { type Edge, inheritanceOrder, inheritors, settingsOrder, TooWide, visits } from './inheritance.ts';

const plain = { maxdepth: null, intransitive: false, noconfig: false, filter: null };

/** Edges that lead from higher to lower tags, so that there is no loop. */
const edges = (terms: fc.Arbitrary<Partial<Edge>>): fc.Arbitrary<Edge[]> =>
  fc.uniqueArray(
    fc
      .record({
        tag: fc.integer({ min: 2, max: 9 }),
        parent: fc.integer({ min: 1, max: 8 }),
        priority: fc.nat(5),
      })
      .filter((edge) => edge.parent < edge.tag)
      .chain((edge) => terms.map((more) => ({ ...plain, ...edge, ...more }))),
    { selector: (edge) => `${edge.tag} ${edge.parent}`, maxLength: 20 },
  );
const bare = edges(fc.constant({}));
const packages = ['bash', 'bash-doc', 'glibc', 'zlib'];
const conditional = edges(
  fc.record({
    maxdepth: fc.option(fc.nat(3)),
    intransitive: fc.boolean(),
    noconfig: fc.boolean(),
    filter: fc.option(fc.constantFrom('bash', 'bash$', 'glibc|zlib', '.*lib')),
  }),
);

/** Every way up that the links' terms permit: what may be seen at all, found without regard to any order. */
function everyWay(all: readonly Edge[], tag: number): { tag: number; path: Edge[] }[] {
  const found: { tag: number; path: Edge[] }[] = [];
  const walk = (at: number, path: Edge[], left: number): void => {
    found.push({ tag: at, path });
    if (left < 1) return;
    for (const edge of all.filter((one) => one.tag === at)) {
      if (edge.intransitive && path.length > 0) continue;
      const own = edge.maxdepth ?? Infinity;
      walk(edge.parent, [...path, edge], left === Infinity ? own : Math.min(own, left) - 1);
    }
  };
  walk(tag, [], Infinity);
  return found;
}

describe('the order of inheritance', () => {
  test('starts with the tag, has every ancestor once and nothing else', () => {
    fc.assert(
      fc.property(bare, fc.integer({ min: 1, max: 9 }), (all, tag) => {
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
      fc.property(conditional, (all) => {
        expect(visits(all.toReversed(), 9)).toEqual(visits(all, 9));
      }),
    );
  });

  test('ends where somebody has made a loop', () => {
    const loop: Edge[] = [
      { ...plain, tag: 1, parent: 2, priority: 0 },
      { ...plain, tag: 2, parent: 1, priority: 0 },
    ];
    expect(inheritanceOrder(loop, 1)).toEqual([1, 2]);
    expect(inheritors(loop, 1)).toEqual([1, 2]);
  });

  test('goes up the parent of the lowest priority number first, and all the way', () => {
    const all: Edge[] = [
      { ...plain, tag: 1, parent: 2, priority: 20 },
      { ...plain, tag: 1, parent: 3, priority: 10 },
      { ...plain, tag: 3, parent: 4, priority: 90 },
    ];
    expect(inheritanceOrder(all, 1)).toEqual([1, 3, 4, 2]);
  });

  test('lets a package through to a tag exactly where some way there lets it through', () => {
    fc.assert(
      fc.property(conditional, (all) => {
        const ways = everyWay(all, 9);
        for (const name of packages) {
          const open = new Set(
            ways
              .filter(({ path }) => path.every((edge) => edge.filter === null || passes(name, [edge.filter])))
              .map((one) => one.tag),
          );
          const seen = visits(all, 9).filter((one) => passes(name, one.filters));
          expect(new Set(seen.map((one) => one.tag))).toEqual(open);
        }
      }),
    );
  });

  test('takes settings from a tag exactly where some way there is without noconfig', () => {
    fc.assert(
      fc.property(conditional, (all) => {
        const open = everyWay(all, 9)
          .filter(({ path }) => path.every((edge) => !edge.noconfig))
          .map((one) => one.tag);
        expect(new Set(settingsOrder(all, 9))).toEqual(new Set(open));
      }),
    );
  });
});

describe('the terms of a link', () => {
  const chain = (...terms: Partial<Edge>[]): Edge[] =>
    terms.map((one, index) => ({ ...plain, tag: index + 1, parent: index + 2, priority: 0, ...one }));

  test('maxdepth says how many links may follow', () => {
    expect(inheritanceOrder(chain({}, { maxdepth: 0 }, {}, {}), 1)).toEqual([1, 2, 3]);
    expect(inheritanceOrder(chain({}, { maxdepth: 1 }, {}, {}), 1)).toEqual([1, 2, 3, 4]);
    expect(inheritanceOrder(chain({ maxdepth: 2 }, { maxdepth: 9 }, {}, {}), 1)).toEqual([1, 2, 3, 4]);
  });

  test('an intransitive link counts for the tag that has it and for none below', () => {
    expect(inheritanceOrder(chain({}, { intransitive: true }, {}), 2)).toEqual([2, 3, 4]);
    expect(inheritanceOrder(chain({}, { intransitive: true }, {}), 1)).toEqual([1, 2]);
  });

  test('behind noconfig there are builds and no settings, and siblings keep theirs', () => {
    const all = [...chain({ noconfig: true }, {}), { ...plain, tag: 1, parent: 9, priority: 5 }];
    expect(inheritanceOrder(all, 1)).toEqual([1, 2, 3, 9]);
    expect(settingsOrder(all, 1)).toEqual([1, 9]);
  });

  test('a filter matches from the beginning of a name and need not reach its end, and filters add up', () => {
    expect(passes('bash-completion', ['bash'])).toBe(true);
    expect(passes('bash-completion', ['bash$'])).toBe(false);
    expect(passes('libbash', ['bash'])).toBe(false);
    expect(passes('libbash', ['.*bash', 'lib'])).toBe(true);
    expect(passes('bash', ['.*bash', 'lib'])).toBe(false);
  });

  test('a pattern that is made to take forever takes no time', () => {
    const started = performance.now();
    expect(passes('a'.repeat(200), ['(a+)+b', '(a|a?)+$x', '.*.*.*.*.*.*.*.*x'])).toBe(false);
    expect(performance.now() - started).toBeLessThan(1000);
  });

  test('ways that double with each parent are refused before they take forever', () => {
    const all = Array.from({ length: 30 }, (_, n): Edge[] => [
      { ...plain, tag: 3 * n, parent: 3 * n + 1, priority: 0, filter: `a${n}` },
      { ...plain, tag: 3 * n, parent: 3 * n + 2, priority: 1, filter: `b${n}` },
      { ...plain, tag: 3 * n + 1, parent: 3 * n + 3, priority: 0 },
      { ...plain, tag: 3 * n + 2, parent: 3 * n + 3, priority: 0 },
    ]).flat();
    expect(() => visits(all, 0)).toThrow(TooWide);
    // Without filters the same net is walked once.
    expect(
      visits(
        all.map((edge) => ({ ...edge, filter: null })),
        0,
      ),
    ).toHaveLength(91);
  });
});
