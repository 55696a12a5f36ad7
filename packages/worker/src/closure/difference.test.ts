import type { ClosureResult } from '@moromi/contract';
import type { ClosedPackage } from '@moromi/repodata';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { closed } from '../../../repodata/src/testing/closed.ts';
import { Breath } from '../plan/breath.ts';
import { compare } from './difference.ts';
import { Report } from './report.ts';

const SEED = 20261121;
const never = new AbortController().signal;

async function difference(
  before: readonly ClosedPackage[],
  after: readonly ClosedPackage[],
): Promise<ClosureResult> {
  const report = new Report();
  await compare(
    { arch: 'x86_64', before: new Set(before), after: new Set(after) },
    report,
    new Breath(never),
  );
  return report.result;
}

const shown = ({ unmet, gone, added }: ClosureResult) => ({
  unmet: unmet.map((one) => `${one.package} ${one.requirement}${one.before ? ' as before' : ''}`),
  gone: gone.map(({ soname, users }) => [soname, ...users].join(' ')),
  added: added.map(({ soname }) => soname),
});

test('a requirement is the same whatever the version of its package, and new ones are told first', async () => {
  const before = [
    closed('a-1-1.noarch', { requires: ['x', 'y'] }),
    closed('b-1-1.noarch', { requires: ['z'] }),
    closed('c-1-1.noarch', { requires: ['x'] }),
  ];
  const after = [
    closed('a-2-1.noarch', { requires: ['x', 'w'] }),
    closed('b-1-1.i686', { requires: ['z'] }),
    closed('d-1-1.noarch', { requires: ['d', 'e'], provides: ['e'] }),
  ];
  const found = await difference(before, after);
  expect(shown(found).unmet).toEqual(['a-2-1.noarch w', 'b-1-1.i686 z', 'a-2-1.noarch x as before']);
  // One is not required any more, and two are of packages that are gone.
  expect(found.counts).toEqual({ unmet: 3, unmetBefore: 1, mended: 3 });
});

test('a soname is gone with its last version of a symbol, and whoever wants it is named', async () => {
  const lib = (...provides: string[]) => closed('lib-1-1.x86_64', { provides });
  const user = closed('user-1-1.x86_64', { requires: ['liba.so.1(A_2)(64bit)', 'liba.so.1()(64bit)'] });
  const maybe = closed('maybe-1-1.x86_64', { requires: ['(liba.so.1()(64bit) or x)', '(x if libb.so.1)'] });
  const found = await difference(
    [lib('liba.so.1()(64bit)', 'liba.so.1(A_1)(64bit)', 'libb.so.1', 'libc.so.6(C_1)(64bit)')],
    [lib('liba.so.1', 'liba.so.2()(64bit)', 'libc.so.6()(64bit)'), user, maybe],
  );
  expect(shown(found)).toMatchObject({
    gone: ['liba.so.1()(64bit) user-1-1.x86_64 maybe-1-1.x86_64', 'libb.so.1'],
    added: ['liba.so.1', 'liba.so.2()(64bit)'],
  });
});

test('what finds no room is counted', async () => {
  const numbers = (count: number, text: string) => Array.from({ length: count }, (_, at) => `${text}${at}`);
  const long = 'x'.repeat(2000);
  const app = closed('app-1-1.noarch', { requires: [long, ...numbers(3000, 'old')] });
  const newer = closed('app-2-1.noarch', {
    requires: [long, ...numbers(3000, 'old'), ...numbers(3000, 'new')],
  });
  const libs = closed('lib-1-1.noarch', { provides: numbers(2500, 'libx.so.') });
  const users = numbers(150, 'user').map((name) =>
    closed(`${name}-1-1.noarch`, { requires: ['libx.so.2400'] }),
  );
  const found = await difference([app, libs], [newer, ...users]);
  expect(found.counts).toEqual({ unmet: 6151, unmetBefore: 3001, mended: 0 });
  expect(found.unmet).toHaveLength(5000);
  expect(found.unmet.map(({ before }) => before).lastIndexOf(false)).toBe(3149);
  expect(found.unmet.find(({ before }) => before)?.requirement).toBe('x'.repeat(1000));
  expect(found.gone).toHaveLength(2000);
  expect(found.gone[0]).toMatchObject({ soname: 'libx.so.2400', users: { length: 100 } });
  expect((await difference([], [libs])).added).toHaveLength(2000);
});

const capability = fc.constantFrom('x', 'y', 'liba.so.1()(64bit)', 'liba.so.1(A)(64bit)', 'libb.so.2');
const packages = fc
  .uniqueArray(
    fc.record({
      name: fc.constantFrom('a', 'b', 'c', 'd'),
      version: fc.constantFrom('1', '2'),
      provides: fc.array(capability, { maxLength: 2 }),
      requires: fc.array(capability, { maxLength: 3 }),
    }),
    { selector: ({ name }) => name },
  )
  .map((all) => all.map(({ name, version, ...has }) => closed(`${name}-${version}-1.noarch`, has)));

test('between equal sides nothing is new, mended, gone or added, in whatever order they come', async () => {
  await fc.assert(
    fc.asyncProperty(packages, async (all) => {
      const { unmet, counts, gone, added } = await difference(all, all.toReversed());
      expect(unmet.filter(({ before }) => !before)).toEqual([]);
      expect(counts).toEqual({ unmet: unmet.length, unmetBefore: unmet.length, mended: 0 });
      expect([...gone, ...added]).toEqual([]);
    }),
    { seed: SEED, numRuns: 100 },
  );
});

test('what a change breaks its return mends, and what it takes its return brings', async () => {
  await fc.assert(
    fc.asyncProperty(packages, packages, async (before, after) => {
      const there = await difference(before, after);
      const back = await difference(after, before);
      expect(back.counts.unmetBefore).toBe(there.counts.unmetBefore);
      expect(back.counts.mended).toBe(there.counts.unmet - there.counts.unmetBefore);
      expect(back.added.map(({ soname }) => soname)).toEqual(there.gone.map(({ soname }) => soname).sort());
    }),
    { seed: SEED, numRuns: 100 },
  );
});
