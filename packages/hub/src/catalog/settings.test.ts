import fc from 'fast-check';
import { expect, test } from 'vitest';
import { effectiveSettings, type OwnSettings } from './settings.ts';

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
