import type { Flavour, Platform } from '@moromi/contract';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FakeHub } from './testing/fake-hub.ts';
import { type Played, play } from './testing/stage.ts';

let hub: FakeHub;
beforeEach(async () => {
  hub = await FakeHub.start();
});
afterEach(async () => {
  await hub[Symbol.asyncDispose]();
});

const say = (...args: string[]): Promise<Played> => play(hub.address, ['--utc', ...args]);

const el9: Platform = {
  ...{
    name: 'el9',
    dist: '.el9',
    vendor: 'Example',
    packager: null,
    arches: ['x86_64'],
    weakArches: ['i686'],
  },
  targets: [{ name: 'el9', buildTag: 'el9-build', destTag: 'el9' }],
  flavours: ['epel'],
  settings: { modules: ['nodejs:18'], mock: { check: false } },
  externals: [{ external: 'base', priority: 5, mode: 'bare', arches: null }],
  keys: [{ key: 'release', form: 'header', rpm: '4.14' }],
  ...{ tag: 'el9-platform', governor: 'from git: abc', change: 7 },
};
const epel: Flavour = {
  ...{ name: 'epel', settings: { with: ['extras'] }, priority: 20, tag: 'epel-flavour', platforms: ['el9'] },
  externals: [{ external: 'epel', priority: 50, mode: 'koji', arches: null }],
  ...{ governor: null, change: 7 },
};

test('a platform is sent as it was said, and what was not said is not sent', async () => {
  hub.on('POST', /^\/platforms$/, () => el9);
  hub.on('POST', /^\/platforms\/el9\/edit$/, () => el9);
  const words = ['--dist', '.el9', '--vendor', 'Example', '--arch', 'x86_64,aarch64', '--weak-arch', 'i686'];
  const more = ['--external-repo', 'base@5:bare', '--key', 'release:header', '--flavour', 'epel'];
  const targets = ['--target', 'el9', '--target', 'el9-next=n-build:n'];
  await say('add-platform', 'el9', ...words, ...more, ...targets, '--module', 'nodejs:18', '--timeout', '2h');
  await say('edit-platform', 'el9', '--vendor', '', '--flavour', '', '--macro', 'grade two');
  expect(hub.sent).toEqual([
    {
      ...{
        name: 'el9',
        dist: '.el9',
        vendor: 'Example',
        arches: ['x86_64', 'aarch64'],
        weakArches: ['i686'],
      },
      externals: [{ external: 'base', priority: 5, mode: 'bare' }],
      keys: [{ key: 'release', form: 'header' }],
      flavours: ['epel'],
      targets: [
        { name: 'el9', buildTag: 'el9-build', destTag: 'el9' },
        { name: 'el9-next', buildTag: 'n-build', destTag: 'n' },
      ],
      settings: { modules: ['nodejs:18'], timeoutSeconds: 7200 },
    },
    { vendor: null, flavours: [], settings: { macros: { grade: 'two' } } },
  ]);
});

test('a key is said with its form and the oldest rpm that must verify it', async () => {
  hub.on('POST', /edit$/, () => el9);
  await say(
    ...['edit-platform', 'el9', '--key', 'one:header+payload', '--key', 'two:header@4.14'],
    ...['--key', 'three@4.16', '--key', 'four'],
  );
  expect(hub.sent).toEqual([
    {
      keys: [
        { key: 'one', form: 'header+payload' },
        { key: 'two', form: 'header', rpm: '4.14' },
        { key: 'three', rpm: '4.16' },
        { key: 'four' },
      ],
    },
  ]);
});

test('a form that is none is refused with those that are, and a macro that has its own option with that', async () => {
  for (const form of ['payload', 'HEADER', '']) {
    const { err, exit } = await say('edit-platform', 'el9', '--key', `release:${form}`);
    expect([exit, err]).toEqual([2, expect.stringContaining('the forms header and header+payload, not')]);
  }
  expect((await say('edit-platform', 'el9', '--key', 'release@new')).err).toContain('a version of rpm');
  for (const macro of ['dist .el9', '%dist .el9']) {
    const { err, exit } = await say('add-platform', 'el9', '--macro', macro);
    expect([exit, err]).toEqual([2, expect.stringContaining('--dist')]);
  }
  expect(hub.asked).toEqual([]);
});

test('the macros are taken away with an empty one', async () => {
  hub.on('POST', /edit$/, () => el9);
  await say('edit-platform', 'el9', '--macro', '');
  expect(hub.sent).toEqual([{ settings: { macros: {} } }]);
});

test('words that cannot be understood are refused before anything is sent', async () => {
  for (const wrong of [
    ['--external-repo', 'base@x'],
    ['--external-repo', 'base:other'],
    ['--target', 'a=b'],
    ['--mock-option', 'useradd=/bin/x'],
  ])
    expect((await say('add-platform', 'el9', ...wrong)).exit, wrong.join(' ')).toBe(2);
  expect(hub.asked).toEqual([]);
});

test('a platform is shown with all that it says, and where it is said', async () => {
  hub.on('GET', /^\/platforms\/el9\?change=3$/, () => el9);
  const { out } = await say('platform-info', 'el9', '--change', '3');
  for (const part of [
    'from git: abc',
    'base@5:bare',
    'el9: el9-build to el9',
    'release header, from rpm 4.14 on',
    'nodejs:18',
    'check=no',
  ])
    expect(out).toContain(part);
});

test('a flavour is sent, listed, and asked for by a build', async () => {
  hub.on('POST', /^\/flavours$/, () => epel);
  hub.on('GET', /^\/flavours/, () => ({ items: [epel], next: null }));
  await say('add-flavour', 'epel', '--external-repo', 'epel', '--with', 'extras', '--dnf-priority', '30');
  expect(hub.sent).toEqual([
    { name: 'epel', externals: [{ external: 'epel' }], priority: 30, settings: { with: ['extras'] } },
  ]);
  expect((await say('list-flavours')).out).toMatch(/epel +el9 +epel@50 +20 +with +the ledger/);
});

test('what a commit would change is shown, and what is wrong with one', async () => {
  const differences = [{ kind: 'platform', name: 'el9', what: 'edited', keys: ['dist', 'keys'] }];
  hub.on('POST', /^\/catalogue\/sync$/, () => ({ commit: 'c'.repeat(40), change: null, differences }));
  const { out } = await say('sync-catalogue', '--dry-run');
  expect(out).toContain('edited platform el9: dist, keys');
  expect(hub.sent).toEqual([{ dryRun: true }]);
  const since = '2026-11-22T01:00:00Z';
  hub.on('GET', /^\/catalogue$/, () => ({
    ...{
      url: 'https://git.example/c',
      branch: 'main',
      folder: '',
      everyMinutes: 5,
      commit: 'c'.repeat(40),
      change: 9,
    },
    ...{ appliedAt: since, lookedAt: since, nextAt: null, platforms: ['el9'], flavours: [], tags: [] },
    trouble: {
      code: 'catalogue_wrong',
      message: 'a.toml:3: x: no\nb.toml:4: \x1b[2Jy: no',
      commit: 'd'.repeat(40),
      since,
    },
  }));
  const shown = (await say('catalogue-info')).out;
  for (const part of [
    'c'.repeat(40),
    'catalogue_wrong',
    'd'.repeat(40),
    '  a.toml:3: x: no',
    '  b.toml:4: y: no',
  ])
    expect(shown).toContain(part);
});
