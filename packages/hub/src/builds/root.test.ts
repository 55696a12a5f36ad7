import { expect, test } from 'vitest';
import { effectiveSettings, type OwnSettings } from '../catalog/index.ts';
import { rootKey } from './root.ts';

const key = (own: OwnSettings): string => rootKey(effectiveSettings([own]), {});

test('a root is another one with other modules or options of mock, be they of some packages alone', () => {
  const said: OwnSettings[] = [
    {},
    { modules: ['nodejs:18'] },
    { modules: ['nodejs:20'] },
    { mock: { excludepkgs: ['x-*'] } },
    { packages: { 'node*': { modules: ['nodejs:18'] } } },
    { builds: { 'node-1-1': { mock: { check: false } } } },
    { packages: { 'node*': { groups: { srpmBuild: [], build: ['@node'] } } } },
    { perArch: { i686: { modules: ['nodejs:18'] } } },
  ];
  expect(new Set(said.map(key)).size).toBe(said.length);
});

test('a root that nobody says more of is the one that it was', () => {
  expect(key({ modules: [], mock: {} })).toBe(key({}));
});
