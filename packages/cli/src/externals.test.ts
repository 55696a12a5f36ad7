import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Attachment, ExternalInfo } from '@moromi/contract';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FakeHub } from './testing/fake-hub.ts';
import { type Played, play } from './testing/stage.ts';

let hub: FakeHub;
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'moromi-cli-'));
  hub = await FakeHub.start();
});
afterEach(async () => {
  await hub[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

const say = (...args: string[]): Promise<Played> => play(hub.address, ['--utc', ...args]);
const asked = () => {
  const posts = hub.asked.filter((one) => one.startsWith('POST'));
  return posts.map((one, at) => [one, hub.sent[at]]);
};

const base: ExternalInfo = {
  others: [],
  name: 'base',
  ...{ url: 'http://x/$arch', mirrorlist: null, metalink: null, checkRepoKey: true, checkPackages: false },
  refreshMinutes: 60,
  keys: [{ fingerprint: 'a'.repeat(40), userId: 'Base <base@example.org>', expiresAt: null }],
  tags: [{ external: 'base', tag: 'f1', priority: 5, mode: 'koji', arches: null, setting: false }],
  arches: [
    {
      arch: 'x86_64',
      snapshot: {
        ...{ number: 2, repomd: 'b'.repeat(64), revision: '9', packages: 300, added: 3, removed: 1 },
        ...{ foundAt: '2026-11-22T01:00:00Z', mirror: 'http://x/x86_64/' },
      },
      checkedAt: '2026-11-22T02:00:00Z',
      nextAt: '2026-11-22T03:00:00Z',
      trouble: {
        ...{
          code: 'repo_unreachable',
          message: 'It is away.',
          fault: 'package',
          since: '2026-11-22T02:30:00Z',
        },
      },
    },
  ],
};

test('it is added in Koji’s words, with the tags that merge it', async () => {
  const key = join(folder, 'key.asc');
  await writeFile(key, 'a key');
  hub.on('POST', /externals$/, () => ({ ...base, change: 7, altered: ['f1'] }));
  const played = await say(
    ...['add-external-repo', 'base', 'http://x/$arch', '-t', 'f1::5', '-t', 'f2', '-p', '20', '-m', 'bare'],
    ...['-a', 'x86_64,i686', '--key', key, '--check-repo-key', '--refresh', '30'],
  );
  expect(played.exit).toBe(0);
  const more = { external: 'base', mode: 'bare', arches: ['x86_64', 'i686'] };
  expect(asked()).toEqual([
    [
      'POST /externals',
      { name: 'base', url: 'http://x/$arch', keys: ['a key'], checkRepoKey: true, refreshMinutes: 30 },
    ],
    ['POST /tags/f1/externals', { ...more, priority: 5 }],
    ['POST /tags/f2/externals', { ...more, priority: 20 }],
  ]);
  expect(played.out).toBe(
    'Added external repository base\nf1 merges base (change 7)\nf2 merges base (change 7)\n',
  );
});

test('with a tag and no address, one that is there is merged', async () => {
  hub.on('POST', /externals$/, () => ({ change: null, altered: [] }));
  expect((await say('add-external-repo', 'base', '--tag', 'f1')).out).toContain('It is so already');
  expect(asked()).toEqual([['POST /tags/f1/externals', { external: 'base' }]]);
  expect((await say('add-external-repo', 'base')).exit).toBe(2);
});

test('what is edited is what is named; an empty address is taken away', async () => {
  hub.on('POST', /edit$/, () => base);
  await say('edit-external-repo', 'base', '--url', '', '--metalink', 'http://m/', '--no-check-repo-key');
  expect(asked()).toEqual([
    ['POST /externals/base/edit', { url: null, metalink: 'http://m/', checkRepoKey: false }],
  ]);
});

test('it is taken from tags, from all of them, or removed', async () => {
  hub.on('GET', /base$/, () => base);
  hub.on('POST', /remove$/, () => ({ change: 8, altered: [] }));
  await say('remove-external-repo', 'base', 'f2');
  await say('remove-external-repo', 'base', '--alltags');
  await say('remove-external-repo', 'base');
  expect(asked()).toEqual([
    ['POST /tags/f2/externals/remove', { external: 'base' }],
    ['POST /tags/f1/externals/remove', { external: 'base' }],
    ['POST /externals/base/remove', {}],
  ]);
});

test('what is in use of it is shown, and what ails it', async () => {
  hub.on('GET', /base$/, () => base);
  const { out } = await say('external-repo-info', 'base');
  for (const part of [
    '300 packages (+3 -1)',
    'http://x/x86_64/',
    'repo_unreachable since',
    'It is away.',
    'f1 (koji, 5)',
  ])
    expect(out).toContain(part);
});

test('what tags mean by the same name elsewhere is shown too', async () => {
  const other = { ...base, url: 'http://elsewhere/', tags: [{ ...(base.tags[0] as Attachment), tag: 'f9' }] };
  hub.on('GET', /base$/, () => ({ ...base, others: [other] }));
  expect((await say('external-repo-info', 'base')).out).toMatch(
    /f1 \(koji[\s\S]*Settings of tags mean another by base:[\s\S]*http:\/\/elsewhere\/[\s\S]*f9 \(koji/,
  );
});

test('the repositories of a tag are listed in their order, others by name', async () => {
  hub.on('GET', /externals\b/, () => ({ items: [base], next: null }));
  hub.on('GET', /^\/tags/, () => ({ items: base.tags }));
  expect((await say('list-external-repos', '--tag', 'f1', '--inherit')).out).toMatch(
    /base +f1 +5 +koji +\(all\)/,
  );
  expect((await say('list-external-repos')).out).toMatch(/base +http:\/\/x\/\$arch +f1 +repo_unreachable/);
  expect((await say('list-external-repos', '--inherit')).exit).toBe(2);
});
