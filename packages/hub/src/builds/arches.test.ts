import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { planArches, type SourceArches } from './arches.ts';

const of = (base: readonly string[]) => ({ base, optional: [], additional: [] });
const anywhere: SourceArches = { buildArchs: [], exclusiveArch: [], excludeArch: [] };
const arches = fc.subarray(['x86_64', 'i686', 'aarch64']);
const source = fc.record({
  buildArchs: fc.subarray(['noarch', 'x86_64']),
  exclusiveArch: fc.subarray(['x86_64', 'i686', 'noarch']),
  excludeArch: fc.subarray(['x86_64', 'i686']),
});

describe('the plan of architectures', () => {
  test('has every architecture that was asked for, in order, unless the package is only noarch', () => {
    fc.assert(
      fc.property(source, arches, (one, wanted) => {
        const plan = planArches(one, of(wanted));
        if (one.buildArchs.join() === 'noarch' && plan.some((each) => each.excluded === null))
          expect(plan).toHaveLength(1);
        else expect(plan.map((each) => each.arch)).toEqual(wanted);
      }),
    );
  });

  test('builds nowhere that the package excludes', () => {
    fc.assert(
      fc.property(source, arches, (one, wanted) => {
        for (const { arch, excluded } of planArches(one, of(wanted))) {
          const exclusive = one.exclusiveArch.filter((each) => each !== 'noarch');
          const allowed =
            (exclusive.length === 0 || exclusive.includes(arch)) && !one.excludeArch.includes(arch);
          expect(excluded === null).toBe(allowed);
        }
      }),
    );
  });

  test('says why it leaves one out', () => {
    expect(planArches({ ...anywhere, exclusiveArch: ['x86_64'] }, of(['x86_64', 'i686']))).toEqual([
      { arch: 'x86_64', target: null, excluded: null, noarch: false },
      { arch: 'i686', target: null, excluded: 'ExclusiveArch has x86_64 and not i686', noarch: false },
    ]);
  });

  test('builds a noarch package where it is allowed', () => {
    const one = { ...anywhere, buildArchs: ['noarch'], excludeArch: ['x86_64'] };
    expect(planArches(one, of(['x86_64', 'i686']))).toEqual([
      { arch: 'i686', target: null, excluded: null, noarch: true },
    ]);
  });

  test('builds on an optional architecture only what names it in ExclusiveArch', () => {
    const wanted = { base: ['x86_64'], optional: ['i686'], additional: [] };
    expect(planArches(anywhere, wanted).map((one) => one.arch)).toEqual(['x86_64']);
    const named = { ...anywhere, exclusiveArch: ['x86_64', 'i686'] };
    expect(planArches(named, wanted).map((one) => one.arch)).toEqual(['x86_64', 'i686']);
  });

  test('builds a kernel for what it wants beside the target, and once more as noarch', () => {
    const wanted = { base: ['x86_64'], optional: [], additional: ['i686', 'noarch'] };
    expect(planArches(anywhere, wanted)).toEqual([
      { arch: 'x86_64', target: null, excluded: null, noarch: false },
      { arch: 'i686', target: null, excluded: null, noarch: false },
      { arch: 'x86_64', target: 'noarch', excluded: null, noarch: true },
    ]);
  });

  test('prefers a place that has a builder for what is only noarch', () => {
    const one = { ...anywhere, buildArchs: ['noarch'] };
    expect(planArches(one, of(['x86_64', 'aarch64']), (arch) => arch === 'aarch64')[0]?.arch).toBe('aarch64');
    expect(planArches(one, of(['x86_64', 'aarch64']), () => false)[0]?.arch).toBe('x86_64');
  });
});
