import type { ProvidingPackage } from '@moromi/repodata';
import { expect, test } from 'vitest';
import { Needs } from './needs.ts';

/** To be rebuilt; of the last three nothing is in the repositories. */
const names = ['zlib', 'python3', 'gcc', 'fresh', 'Other', 'lonely'];

function pkg(
  name: string,
  source: string | null,
  provides: string[] = [],
  arch = 'x86_64',
): ProvidingPackage {
  const facts = { name, arch, epoch: 0, version: '1', release: '1', sha256: 'a'.repeat(64), size: 1 };
  return {
    ...{ ...facts, location: `${name}.rpm`, sourceRpm: source === null ? null : `${source}-1-1.src.rpm` },
    provides: provides
      .filter((one) => !one.startsWith('/'))
      .map((one) => ({ name: one, operator: null, evr: null })),
    files: provides.filter((one) => one.startsWith('/')),
  };
}

function filled(): Needs {
  const needs = new Needs(names);
  needs.add(pkg('zlib-devel', 'zlib', ['pkgconfig(zlib)']), 50);
  needs.add(pkg('zlib', 'zlib'), 50);
  needs.add(pkg('python3', 'python3', ['/usr/bin/python3']), 50);
  needs.add(pkg('gcc', 'gcc', ['compiler']), 50);
  needs.add(pkg('clang', 'llvm', ['compiler', 'fresh-api']), 10);
  needs.add(pkg('bash', null, ['/bin/sh']), 50);
  // A source package in a repository is no build.
  needs.add(pkg('lonely', null, [], 'src'), 50);
  return needs;
}

/** `zlib gcc?`: the second is a guess; `! near`: nothing provides it. */
function shown(needs: Needs, requirement: string): string {
  const found = needs.of(requirement);
  if ('nearest' in found) return `! ${found.nearest ?? ''}`.trim();
  return found.map((one) => `${names[one.needs]}${one.guessed ? '?' : ''}`).join(' ');
}

test.each([
  ['pkgconfig(zlib) >= 1.2', 'zlib'],
  ['/usr/bin/python3', 'python3'],
  // By its repository's priority it is another's, which is not rebuilt.
  ['compiler', ''],
  ['bash', ''],
  ['rpmlib(CompressedFileNames) <= 3.0.4-1', ''],
  ['(zlib-devel and gcc)', 'zlib gcc'],
  ['(gcc if bash)', 'gcc'],
  ['(nothing if nowhere)', ''],
  ['fresh', 'fresh?'],
  ['fresh-devel >= 2', 'fresh?'],
  ['pkgconfig(fresh)', 'fresh?'],
  ['cmake(other)', 'Other?'],
  ['(zlib and fresh-devel)', 'zlib fresh?'],
  ['(nothing or fresh-devel)', 'fresh?'],
  ['(fresh-devel >= 2 with fresh-devel < 3)', 'fresh?'],
  ['(fresh-devel without fresh-libs)', 'fresh?'],
  ['((fresh-devel))', 'fresh?'],
  ['(fresh-devel with lonely-devel)', '!'],
  ['lonely-devel', 'lonely?'],
  ['(fresh-devel and nothing)', '!'],
  ['(nothing or nowhere)', '!'],
  // It has a build, which shows what it provides.
  ['zlib-static', '!'],
  ['zlib-devel >= 2', '! zlib-devel'],
  ['zlib-devle', '! zlib-devel'],
  ['pkgconfig(zlibb)', '! pkgconfig(zlib)'],
  ['(zlib and pyhton3)', '! python3'],
  ['(zlib with python3)', '! zlib'],
  ['/usr/bin/pyhton3', '! /usr/bin/python3'],
  ['perl(Unheard::Of)', '!'],
  ['(a or', '!'],
  ['zlib >=', '!'],
  ['zlib >= 1.2-', '!'],
  ['a b', '!'],
  ['', '!'],
  [`${'('.repeat(100)}a${')'.repeat(100)}`, '!'],
])('%s leads to "%s"', (requirement, answer) => {
  const needs = filled();
  expect(shown(needs, requirement)).toBe(answer);
  // Once more, from memory.
  expect(shown(needs, requirement)).toBe(answer);
  expect(needs.asked).toEqual({ requirements: 1, missing: answer.startsWith('!') ? 1 : 0 });
});

test('what provides a thing best decides, whichever repository was read first', () => {
  for (const [first, second] of [
    [10, 50],
    [50, 10],
  ] as const) {
    const needs = new Needs(['one', 'two']);
    needs.add(pkg('one', 'one', ['thing']), first);
    needs.add(pkg('two', 'two', ['thing']), second);
    expect(needs.of('thing')).toEqual([{ needs: first < second ? 0 : 1, guessed: false }]);
  }
});

test('of a long expression the first names alone are looked for', () => {
  const needs = filled();
  expect(needs.of('(unlike or unheard or zlib-devle)')).toEqual({ nearest: 'zlib-devel' });
  expect(needs.of('(unlike or unheard or unseen or zlib-devle)')).toEqual({ nearest: null });
});

test('after very many of which nothing is near no more is looked for', () => {
  const needs = filled();
  for (let at = 0; at < 2000; at++) expect(needs.of(`zlib-devle = ${at}`)).toEqual({ nearest: 'zlib-devel' });
  expect(needs.of('zlib-devle')).toEqual({ nearest: null });
});
