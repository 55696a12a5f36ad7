import { expect, test } from 'vitest';
import { BuildFailure } from '../driver.ts';
import { checkArch, type Facts, FactsStore, readFacts } from './facts.ts';

const answer = [
  'R gcc  ',
  'R zlib-devel >= 1.2',
  'R (cargo if rust)  ',
  'R pkgconfig(zlib)  ',
  'R gcc  ',
  'R rpmlib(DynamicBuildRequires) <= 4.15.0-1',
  'R rpmlib(FileDigests) <= 4.6.0-1',
  'X x86_64',
  'X aarch64',
  'B noarch',
  '',
].join('\n');

test('reads what rpm answers: each requirement once, versions kept, features of rpm left out', () => {
  expect(readFacts(answer)).toEqual({
    requires: ['(cargo if rust)', 'gcc', 'pkgconfig(zlib)', 'zlib-devel >= 1.2'],
    dynamic: true,
    exclusiveArch: ['x86_64', 'aarch64'],
    excludeArch: [],
    buildArch: ['noarch'],
  });
});

const open: Facts = { requires: [], dynamic: false, exclusiveArch: [], excludeArch: [], buildArch: [] };

test.each<[string, Partial<Facts>, string, boolean]>([
  ['no list', {}, 'x86_64', true],
  ['ExclusiveArch with it', { exclusiveArch: ['x86_64'] }, 'x86_64', true],
  ['ExclusiveArch without it', { exclusiveArch: ['s390x'] }, 'x86_64', false],
  [
    'ExclusiveArch of noarch for a noarch package',
    { exclusiveArch: ['noarch'], buildArch: ['noarch'] },
    'i686',
    true,
  ],
  ['ExclusiveArch of noarch for another', { exclusiveArch: ['noarch'] }, 'i686', false],
  ['ExclusiveArch of noarch, built for noarch', { exclusiveArch: ['x86_64', 'noarch'] }, 'noarch', true],
  ['ExclusiveArch without noarch, built for noarch', { exclusiveArch: ['x86_64'] }, 'noarch', false],
  ['ExcludeArch with it', { excludeArch: ['i686'] }, 'i686', false],
  ['ExcludeArch without it', { excludeArch: ['i686'] }, 'x86_64', true],
])('%s', (_, facts, arch, fits) => {
  const check = (): void => checkArch({ ...open, ...facts }, arch);
  if (fits) expect(check).not.toThrow();
  else expect(check).toThrow(BuildFailure);
});

test('facts of one target are no facts of another', async () => {
  const order = {
    ...{ id: '1-1', arch: 'x86_64', repos: [], groups: { srpmBuild: [], build: [] }, macros: {} },
    ...{ with: [], without: [], network: false, timeoutSeconds: 1, logDir: '/' },
  };
  const store = new FactsStore('/nowhere');
  const key = await store.key('/dev/null', 'layer', order);
  expect(await store.key('/dev/null', 'layer', order)).toBe(key);
  expect(await store.key('/dev/null', 'layer', { ...order, target: 'noarch' })).not.toBe(key);
});
