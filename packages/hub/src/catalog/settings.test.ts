import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { effectiveSettings, type OwnSettings, rootSettings } from './settings.ts';

const macro = fc.constantFrom('dist', 'vendor', 'constructor', 'toString', '__proto__', 'hasOwnProperty');
const own = fc.record(
  {
    arches: fc.subarray(['x86_64', 'i686']),
    macros: fc
      .uniqueArray(fc.tuple(macro, fc.string()), { selector: ([name]) => name })
      .map((pairs) => Object.fromEntries(pairs)),
    timeoutSeconds: fc.integer({ min: 10, max: 999 }),
    externalRepos: fc
      .subarray(['base', 'updates'])
      .map((names) => names.map((name) => ({ name, url: 'http://x', priority: 50 }))),
  },
  { requiredKeys: [] },
);

test('the nearest tag that says something about a macro decides, whatever the macro is called', () => {
  fc.assert(
    fc.property(fc.array(own, { maxLength: 5 }), (chain: OwnSettings[]) => {
      const { macros } = effectiveSettings(chain);
      const names = new Set(chain.flatMap((one) => Object.keys(one.macros ?? {})));
      expect(Object.keys(macros).toSorted()).toEqual([...names].toSorted());
      for (const name of names) {
        const nearest = chain.find((one) => one.macros !== undefined && Object.hasOwn(one.macros, name));
        expect(Object.getOwnPropertyDescriptor(macros, name)?.value).toBe(
          Object.getOwnPropertyDescriptor(nearest?.macros ?? {}, name)?.value,
        );
      }
    }),
  );
});

test('architectures and the time limit come whole from the nearest tag that names some', () => {
  fc.assert(
    fc.property(fc.array(own, { maxLength: 5 }), (chain: OwnSettings[]) => {
      const settings = effectiveSettings(chain);
      expect(settings.arches).toEqual(chain.find((one) => (one.arches?.length ?? 0) > 0)?.arches ?? []);
      const limit = chain.find((one) => one.timeoutSeconds !== undefined)?.timeoutSeconds;
      expect(settings.timeoutSeconds).toBe(limit ?? 86_400);
    }),
  );
});

test('every external repository is there once, as the nearest tag has it', () => {
  fc.assert(
    fc.property(fc.array(own, { maxLength: 5 }), (chain: OwnSettings[]) => {
      const names = effectiveSettings(chain).externalRepos.map((one) => one.name);
      expect(new Set(names)).toEqual(
        new Set(chain.flatMap((one) => one.externalRepos ?? []).map((one) => one.name)),
      );
      expect(new Set(names).size).toBe(names.length);
    }),
  );
});

test('of each condition the nearest tag says whether it is on or off', () => {
  const condition = fc.subarray(['doc', 'tests', 'gui']);
  fc.assert(
    fc.property(
      fc.array(fc.record({ with: condition, without: condition }, { requiredKeys: [] }), { maxLength: 4 }),
      (chain: OwnSettings[]) => {
        const { with: on, without: off } = effectiveSettings(chain);
        for (const name of ['doc', 'tests', 'gui']) {
          const nearest = chain.find((one) => one.with?.includes(name) || one.without?.includes(name));
          // A tag that says both has it off.
          const wanted = nearest === undefined ? undefined : !nearest.without?.includes(name);
          expect([on.includes(name), off.includes(name)]).toEqual([wanted === true, wanted === false]);
        }
      },
    ),
  );
});

describe('a root', () => {
  const settings = effectiveSettings([
    {
      macros: { dist: '.a', vendor: 'v' },
      without: ['doc'],
      timeoutSeconds: 60,
      perArch: { s390x: { macros: { dist: '.s' }, with: ['doc'], network: true } },
      packages: {
        '*': { macros: { dist: '.all' } },
        'kernel*': { macros: { dist: '.k', extra: 'x' }, timeoutSeconds: 90 },
      },
      builds: { 'kernel-6.*': { macros: { dist: '.six' }, without: ['doc'] } },
    },
  ]);

  test('is told what is said of the build before what is said of the package, the architecture and the tag', () => {
    expect(rootSettings(settings, 'x86_64')).toMatchObject({
      macros: { dist: '.a', vendor: 'v' },
      with: [],
      without: ['doc'],
      network: false,
      timeoutSeconds: 60,
    });
    expect(rootSettings(settings, 's390x')).toMatchObject({
      macros: { dist: '.s', vendor: 'v' },
      with: ['doc'],
      without: [],
      network: true,
    });
    expect(rootSettings(settings, 's390x', { name: 'bash' }).macros).toEqual({ dist: '.all', vendor: 'v' });
    const kernel = rootSettings(settings, 's390x', { name: 'kernel', nvr: null });
    expect(kernel).toMatchObject({ macros: { dist: '.k', extra: 'x' }, with: ['doc'], timeoutSeconds: 90 });
    const six = rootSettings(settings, 's390x', { name: 'kernel', nvr: 'kernel-6.1-1' });
    expect(six).toMatchObject({ macros: { dist: '.six', extra: 'x' }, without: ['doc'], with: [] });
  });
});

test('of each module and each option of mock the nearest word counts, and the most exact of a tag', () => {
  const parent: OwnSettings = { modules: ['nodejs:16', 'php:8.1'], mock: { check: true, nosync: true } };
  const own: OwnSettings = {
    modules: ['nodejs:18'],
    mock: { check: false },
    perArch: { i686: { modules: ['php:7.4'] } },
    packages: {
      'node*': { modules: ['nodejs:20'], mock: { excludepkgs: ['x-*'] } },
      nodemon: { modules: ['ruby:3'] },
    },
    builds: { 'nodemon-2-*': { mock: { check: true } } },
  };
  const settings = effectiveSettings([own, parent]);
  expect(settings).toMatchObject({ modules: ['nodejs:18', 'php:8.1'], mock: { check: false, nosync: true } });
  expect(rootSettings(settings, 'i686')).toMatchObject({ modules: ['nodejs:18', 'php:7.4'] });
  expect(rootSettings(settings, 'x86_64', { name: 'nodemon', nvr: 'nodemon-2-1' })).toMatchObject({
    modules: ['nodejs:20', 'php:8.1', 'ruby:3'],
    mock: { check: true, nosync: true, excludepkgs: ['x-*'] },
  });
});

test('groups of a package or build come before those of its tag, each of the two by itself', () => {
  const settings = effectiveSettings([
    {
      groups: { srpmBuild: ['@srpm'], build: ['@build'] },
      perArch: { i686: { groups: { srpmBuild: [], build: ['@build-32'] } } },
      packages: { 'kernel*': { groups: { srpmBuild: ['@kernel'], build: [] } } },
      builds: { 'kernel-6-*': { groups: { srpmBuild: [], build: ['@six'] } } },
    },
  ]);
  expect(rootSettings(settings, 'i686', { name: 'kernel', nvr: 'kernel-5-1' }).groups).toEqual({
    srpmBuild: ['@kernel'],
    build: ['@build-32'],
  });
  expect(rootSettings(settings, 'i686', { name: 'kernel', nvr: 'kernel-6-1' }).groups.build).toEqual([
    '@six',
  ]);
  expect(rootSettings(settings, 'x86_64').groups).toEqual(settings.groups);
});
