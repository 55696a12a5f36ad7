import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Names } from './nearest.ts';

const SEED = 20261121;

/** The distance by its definition. */
function slow(a: string, b: string): number {
  const table = Array.from({ length: a.length + 1 }, (_, i) =>
    Array.from({ length: b.length + 1 }, (_, j) => i || j),
  );
  const at = (i: number, j: number) => table[i]?.[j] ?? 0;
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const row = table[i] ?? [];
      row[j] = Math.min(
        at(i - 1, j) + 1,
        at(i, j - 1) + 1,
        at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1),
        swapped ? at(i - 2, j - 2) + 1 : Infinity,
      );
    }
  }
  return at(a.length, b.length);
}

const name = fc
  .array(fc.constantFrom('a', 'b', 'c', 'A', '1', '2', '-', '(', '/'), { minLength: 1, maxLength: 12 })
  .map((letters) => letters.join(''));

test('the answer is the nearest by definition, whatever the order of the names', () => {
  fc.assert(
    fc.property(fc.uniqueArray(name, { minLength: 1, maxLength: 12 }), name, (names, written) => {
      const limit = Math.min(3, Math.floor(written.length / 3));
      const all = names
        .map((one) => ({ one, off: slow(one.toLowerCase(), written.toLowerCase()) }))
        .map((found) => ({ ...found, longer: Math.abs(found.one.length - written.length) }))
        .filter(({ off }) => off <= limit)
        .sort((a, b) => a.off - b.off || a.longer - b.longer || (a.one < b.one ? -1 : 1));
      const wanted = names.includes(written) ? written : all[0]?.one;
      expect(new Names(names).nearest(written)).toBe(wanted);
      expect(new Names([...names].reverse()).nearest(written)).toBe(wanted);
    }),
    { seed: SEED, numRuns: 200 },
  );
});

test.each([
  ['python-devel', 'python3-devel'],
  ['glibc-devle', 'glibc-devel'],
  ['openssl-dev', 'openssl-devel'],
  ['PkgConfig(gtk)', 'pkgconfig(gtk)'],
  ['/usr/bin/pyton3', '/usr/bin/python3'],
  ['usr/bin/python3', '/usr/bin/python3'],
  ['zlib', undefined],
  ['gca', 'gcc'],
  ['gc', undefined],
])('for %s it is %s', (written, meant) => {
  const names = [
    'python3-devel',
    'glibc-devel',
    'openssl-devel',
    'pkgconfig(gtk)',
    '/usr/bin/python3',
    'gcc',
  ];
  expect(new Names(names).nearest(written)).toBe(meant);
});

test('names that do not count are passed over', () => {
  expect(new Names(['gcc', 'gcd']).nearest('gca', (one) => one !== 'gcc')).toBe('gcd');
});

test('among 100,000 names it takes milliseconds', () => {
  const names = Array.from(
    { length: 100_000 },
    (_, at) => `${['perl(', 'python3-', 'lib', 'rust-'][at % 4]}${at * 7919}-devel`,
  );
  const index = new Names(names);
  const before = process.threadCpuUsage().user;
  for (let at = 0; at < 10; at++)
    expect(index.nearest(`python-${(at * 4 + 1) * 7919}-devel`)).toBe(names[at * 4 + 1]);
  expect((process.threadCpuUsage().user - before) / 1000).toBeLessThan(1_000);
});
