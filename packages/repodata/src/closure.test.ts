import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type ClosedPackage, Closure, namesIn, Requirements, UnknownPaths } from './index.ts';
import { capability, closed, isReadable } from './testing/closed.ts';

const SEED = 20261121;

function closureOf(packages: readonly ClosedPackage[]): Closure {
  const closure = new Closure();
  for (const one of packages) closure.add(one);
  return closure;
}

function unmetIn(packages: readonly ClosedPackage[]): string[] {
  const closure = closureOf(packages);
  return packages.flatMap((pkg) => closure.unmetOf(pkg).map(({ text }) => `${pkg.name}: ${text}`)).sort();
}

const unknownIn = (packages: readonly ClosedPackage[]) => {
  const unknown = new UnknownPaths();
  for (const one of packages) unknown.add(one);
  return unknown;
};

const some = [
  closed('lib-2-1.x86_64', { provides: ['cap = 2', 'both', '/opt/provided'], files: ['/usr/bin/lib'] }),
  closed('lib-1-1.i686', { provides: ['cap = 1'] }),
];

test.each([
  ['lib', true],
  ['lib = 1', true],
  ['lib >= 2-2', false],
  ['cap < 2', true],
  ['cap > 2', false],
  ['nothing', false],
  ['app', true],
  ['own', true],
  ['/usr/bin/lib', true],
  ['/opt/provided', true],
  ['/usr/bin/other', false],
  ['rpmlib(Whatever) <= 9', true],
  ['(nothing or cap = 2)', true],
  ['(nothing or nowhere)', false],
  ['(lib and nothing)', false],
  ['(cap with both)', true],
  ['(cap = 1 with both)', false],
  ['(both without cap)', false],
  ['(nothing if nowhere)', true],
  ['(nothing if lib)', true],
  ['(nothing if lib else nowhere)', false],
  ['(lib', false],
])('whether %s is met: %s', (text, isMet) => {
  const app = closed('app-1-1.noarch', { requires: [text], provides: ['own'] });
  expect(unmetIn([...some, app])).toEqual(isMet ? [] : [`app: ${text}`]);
});

test('a requirement is one whoever has it, and is told as rpm shows it', () => {
  const requirements = new Requirements();
  const zero = { name: 'a', operator: '>=' as const, evr: { epoch: 0, version: '1', release: '2' } };
  const unsaid = { ...zero, evr: { ...zero.evr, epoch: null } };
  expect(requirements.of(zero)).toBe(requirements.of(unsaid));
  expect(requirements.of(zero).text).toBe('a >= 1-2');
  expect(requirements.of(capability('a = 3:1')).text).toBe('a = 3:1');
  expect(requirements.of({ name: 'a >= 1-2', operator: null, evr: null })).not.toBe(requirements.of(zero));
});

test('an expression speaks of all its names, and wants those that it may have installed', () => {
  const one = new Requirements().of(capability('((a with b) and (c without d) and (e if f else g) and (h))'));
  expect(namesIn(one, 'all')).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']);
  expect(namesIn(one, 'wanted')).toEqual(['a', 'b', 'c', 'e', 'g', 'h']);
  expect(namesIn(new Requirements().of(capability('(broken')), 'all')).toEqual([]);
});

test('paths are unknown that are required and nobody has; in expressions they are looked for to the end', () => {
  const app = closed('app-1-1.noarch', {
    requires: [
      '/usr/bin/lib',
      '/opt/provided',
      '/opt/alone',
      '(x or /opt/rich)',
      '/opt/both',
      '(x if /opt/both)',
    ],
  });
  const unknown = unknownIn([app, ...some]);
  expect([...unknown.all].sort()).toEqual(['/opt/alone', '/opt/both', '/opt/rich']);
  for (const path of unknown.all) unknown.found(path);
  expect([...unknown.all].sort()).toEqual(['/opt/both', '/opt/rich']);
});

const name = fc.constantFrom('a', 'b', 'c', '/etc/d', '/opt/e');
const range = fc.constantFrom('', ' = 1', ' >= 2', ' < 2');
const plain = fc.tuple(name, range).map(([one, two]) => (one.startsWith('/') ? one : one + two));
const requirement = fc.oneof(
  plain,
  fc
    .tuple(plain, fc.constantFrom('and', 'or', 'with', 'without', 'if'), plain)
    .map(([a, word, b]) => `(${a} ${word} ${b})`)
    .filter(isReadable),
);
const packages = fc
  .uniqueArray(
    fc.record({
      nevra: fc
        .tuple(fc.constantFrom('a', 'b', 'c', 'app'), fc.constantFrom('noarch', 'i686'))
        .map(([one, arch]) => `${one}-1-1.${arch}`),
      provides: fc.array(plain, { maxLength: 2 }),
      requires: fc.array(requirement, { maxLength: 3 }),
      files: fc.subarray(['/etc/d', '/opt/e']),
    }),
    { selector: ({ nevra }) => nevra, maxLength: 6 },
  )
  .map((all) => all.map(({ nevra, ...has }) => closed(nevra, has)));

test('no answer depends on the order in which packages were added', () => {
  fc.assert(
    fc.property(packages, (all) => {
      const back = all.toReversed();
      expect(unmetIn(back)).toEqual(unmetIn(all));
      expect([...unknownIn(back).all].sort()).toEqual([...unknownIn(all).all].sort());
    }),
    { seed: SEED, numRuns: 200 },
  );
});

test('one more package never breaks what is required outside of expressions', () => {
  const unmet = (all: readonly ClosedPackage[], asked: readonly ClosedPackage[]) => {
    const closure = closureOf(all);
    return asked.flatMap((pkg) =>
      closure
        .unmetOf(pkg)
        .filter(({ dependency }) => dependency?.kind === 'simple')
        .map(({ text }) => `${pkg.location}: ${text}`),
    );
  };
  fc.assert(
    fc.property(packages, (all) => {
      const less = all.slice(1);
      expect(unmet(less, less)).toEqual(expect.arrayContaining(unmet(all, less)));
    }),
    { seed: SEED, numRuns: 200 },
  );
});
