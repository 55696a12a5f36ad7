import { expect, test } from 'vitest';
import {
  commaList,
  duration,
  externalRepo,
  glob,
  macro,
  macros,
  mebibytes,
  packageNames,
  parents,
  quantity,
} from './words.ts';

test('durations are seconds, or say their unit', () => {
  expect(['90', '90s', '30m', '2h', '1d'].map((text) => duration(text, 'x'))).toEqual([
    90, 90, 1800, 7200, 86_400,
  ]);
  for (const wrong of ['', '0', '-1', '1w', 'h', '1.5h', '1h30m']) {
    expect(() => duration(wrong, '--keep-failed')).toThrow(/--keep-failed wants a duration such as/);
  }
});

test('a macro is a name and the rest of the text, as rpm takes it', () => {
  expect(macro('_with_tests 1', 'x')).toEqual(['_with_tests', '1']);
  expect(macro('%dist .el9', 'x')).toEqual(['dist', '.el9']);
  expect(macro('long a  b c', 'x')).toEqual(['long', 'a  b c']);
  expect(macro('flag', 'x')).toEqual(['flag', '']);
  expect(() => macro('1x y', '--define')).toThrow(/--define wants 'NAME VALUE'/);
  expect(macros(['a 1', 'a 2'], 'x')).toEqual({ a: '2' });
});

test('parents without a priority follow in the order given', () => {
  expect(parents(['a', 'b:5', 'c'])).toEqual([
    { parent: 'a', priority: 0 },
    { parent: 'b', priority: 5 },
    { parent: 'c', priority: 20 },
  ]);
  expect(() => parents(['a:x'])).toThrow(/PARENT:PRIORITY/);
  expect(() => parents(['a:10001'])).toThrow(/PARENT:PRIORITY/);
});

test('an external repository has a name, an address and perhaps a priority', () => {
  expect(externalRepo('epel=https://x/$arch/')).toEqual({
    name: 'epel',
    url: 'https://x/$arch/',
    priority: 50,
  });
  expect(externalRepo('base=file:///srv/x@10')).toEqual({ name: 'base', url: 'file:///srv/x', priority: 10 });
  expect(externalRepo('a=https://user@host/x')).toEqual({
    name: 'a',
    url: 'https://user@host/x',
    priority: 50,
  });
  for (const wrong of ['x', 'x=ftp://y', '=http://y', 'x=http://y@0', 'x=http://a b']) {
    expect(() => externalRepo(wrong)).toThrow(/NAME=URL/);
  }
});

test('lists may be repeated or comma separated', () => {
  expect(commaList(['x86_64,i686', ' aarch64 ', ''])).toEqual(['x86_64', 'i686', 'aarch64']);
});

test('sizes say their unit, weights need not be whole, globs have no brackets', () => {
  expect(['512M', '16G', '1t'].map((text) => mebibytes(text, 'x'))).toEqual([512, 16_384, 1_048_576]);
  for (const wrong of ['16', 'G', '1.5G', '-1G', '16K']) {
    expect(() => mebibytes(wrong, 'memory')).toThrow(/memory wants a size such as 512M/);
  }
  expect([quantity('0.5', 'x', 10), quantity('10', 'x', 10)]).toEqual([0.5, 10]);
  for (const wrong of ['0', '10.1', '1e3', '-1', '']) {
    expect(() => quantity(wrong, '--capacity', 10)).toThrow(/--capacity wants a number above 0 and up to 10/);
  }
  expect(glob('python3.1?-*', 'x')).toBe('python3.1?-*');
  expect(() => glob('[a]', '--exclude')).toThrow(/--exclude wants a name of packages/);
});

test('a plus stands between packages, and in their names', () => {
  for (const [value, names] of [
    ['gcc+gcc-c++', ['gcc', 'gcc-c++']],
    ['gcc-c+++make', ['gcc-c++', 'make']],
    ['libsigc++20-devel+@buildsys-build', ['libsigc++20-devel', '@buildsys-build']],
    ['389-ds;libstdc++-devel a', ['389-ds', 'libstdc++-devel', 'a']],
  ] as const)
    expect(packageNames(value)).toEqual(names);
});
