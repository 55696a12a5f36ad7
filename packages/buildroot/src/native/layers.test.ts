import { expect, test } from 'vitest';
import { layerKey, type Wish } from './layers.ts';
import type { ChosenPackage } from './resolve.ts';

const chosen = (name: string, sha256: string): ChosenPackage => ({
  nevra: `${name}-1-1.x86_64`,
  sha256,
  repo: 'base',
  url: `file:///x/${name}.rpm`,
  size: 1,
  installedSize: 1,
  buildTime: 0,
});
const wish: Wish = {
  arch: 'x86_64',
  macros: { dist: '.el9' },
  packages: [chosen('a', '1'), chosen('b', '2')],
};

test('the same content has the same key, whatever its order, names and repositories', () => {
  const renamed = [chosen('c', '2'), { ...chosen('a', '1'), repo: 'other' }];
  expect(layerKey({ ...wish, packages: renamed }, false)).toBe(layerKey(wish, false));
  expect(layerKey({ ...wish, macros: { dist: '.fc50' } }, false)).toBe(layerKey(wish, false));
});

test('other bytes, architectures, and macros that change what is installed have other keys', () => {
  const others: Wish[] = [
    { ...wish, packages: [chosen('a', '1'), chosen('b', '3')] },
    { ...wish, packages: [chosen('a', '1')] },
    { ...wish, arch: 'i686' },
    { ...wish, macros: { _excludedocs: '1' } },
  ];
  const keys = new Set([wish, ...others].map((one) => layerKey(one, false)));
  expect(keys.size).toBe(5);
  expect(keys.has(layerKey(wish, true))).toBe(false);
});
