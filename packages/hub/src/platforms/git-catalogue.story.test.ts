import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freshHub, passTime, query, type TestHub } from '../testing/hub.ts';

let hub: TestHub;
let repository: string;

beforeAll(async () => {
  repository = mkdtempSync(join(tmpdir(), 'moromi-git-'));
  git('init', '--quiet', '--initial-branch=main', '.');
  hub = await freshHub();
  await hub.call('createExternal', { body: { name: 'base', url: 'http://127.0.0.1:9/base' } });
  await hub.call('createTag', { body: { name: 'other', settings: { arches: ['x86_64'], network: true } } });
});
afterAll(async () => {
  await hub.stop();
  rmSync(repository, { recursive: true });
});

function git(...args: string[]): string {
  const who = ['-c', 'user.name=T', '-c', 'user.email=t@example.org', '-c', 'protocol.file.allow=always'];
  return execFileSync('git', [...who, ...args], { cwd: repository, encoding: 'utf8' });
}

/** @returns the commit */
function commit(files: Record<string, string | null>): string {
  for (const [path, text] of Object.entries(files)) {
    const whole = join(repository, path);
    mkdirSync(dirname(whole), { recursive: true });
    rmSync(whole, { force: true });
    if (text !== null) writeFileSync(whole, text);
  }
  git('add', '--all');
  git('commit', '--quiet', '--message=x');
  return git('rev-parse', 'HEAD').trim();
}

const sync = (body = {}) => hub.call('syncCatalogue', { body });
const info = () => hub.call('getCatalogue');
const changes = async (): Promise<number> =>
  (await query<{ id: number }>(hub.access, 'SELECT max(id)::int AS id FROM catalogue_changes'))[0]?.id ?? 0;
const events = async (type: string): Promise<unknown[]> =>
  (
    await query<{ data: unknown }>(hub.access, 'SELECT data FROM events WHERE type = $1 ORDER BY id', [type])
  ).map((one) => one.data);

const platforms = `
[platforms.el9]
dist = ".el9"
arches = ["x86_64"]
weakArches = ["i686"]
flavours = ["more"]
[[platforms.el9.externals]]
external = "base"
`;
const flavours = '[flavours.more.settings]\nwith = ["extras"]\n';
const tags = '[tags.el9-build]\ntimeoutSeconds = 600\n[tags.el9-build.packages."kernel*"]\nmemoryMb = 4096\n';

test('what nobody has said the place of is not looked for', async () => {
  expect((await info()).url).toBeNull();
  await expect(sync()).rejects.toThrow('catalogue_unset');
});

test('other protocols than those for catalogues are refused', async () => {
  for (const url of [
    'ext::sh -c id',
    'git://example.org/x',
    'http://example.org/x',
    '--upload-pack=id',
    'ssh://-oProxyCommand=id/x',
  ])
    await expect(hub.call('setCatalogue', { body: { url } }), url).rejects.toThrow('bad_request');
});

test('a commit is taken over in one change, and says that it is from git', async () => {
  const first = commit({
    'moromi/platforms.toml': platforms,
    'moromi/sub/flavours.toml': flavours,
    'README.toml': '[no]',
  });
  await hub.call('setCatalogue', {
    body: { url: `file://${repository}`, folder: 'moromi', everyMinutes: 0 },
  });
  const shown = await sync({ dryRun: true });
  expect(shown).toMatchObject({ commit: first, change: null });
  expect(shown.differences.map((one) => [one.kind, one.name, one.what])).toEqual([
    ['flavour', 'more', 'added'],
    ['platform', 'el9', 'added'],
  ]);
  await expect(hub.call('getPlatform', { params: { name: 'el9' }, query: {} })).rejects.toThrow(
    'unknown_platform',
  );

  const before = await changes();
  expect(await sync()).toEqual({ ...shown, change: before + 1 });
  expect(await changes()).toBe(before + 1);
  expect(await hub.call('getPlatform', { params: { name: 'el9' }, query: {} })).toMatchObject({
    dist: '.el9',
    governor: `from git: ${first}`,
  });
  expect(await info()).toMatchObject({
    commit: first,
    platforms: ['el9'],
    flavours: ['more'],
    tags: [],
    trouble: null,
  });
  // The same commit again is in force already.
  expect(await sync()).toEqual({ commit: first, change: null, differences: [] });
  expect(await changes()).toBe(before + 1);
  expect(await events('catalogue.applied')).toHaveLength(1);
});

test("a tag's settings are git's where git says them, and what else it has is not", async () => {
  const second = commit({ 'moromi/tags.toml': tags });
  expect((await sync()).differences).toEqual([
    { kind: 'tag', name: 'el9-build', what: 'added', keys: ['packages', 'timeoutSeconds'] },
  ]);
  const shown = await hub.call('getTagConfiguration', { params: { name: 'el9-build' }, query: {} });
  expect(shown).toMatchObject({
    governor: `from git: ${second}`,
    own: { timeoutSeconds: 600, packages: { 'kernel*': { memoryMb: 4096 } } },
  });
  await hub.call('lockTag', { params: { name: 'el9-build' }, body: { locked: true } });
  await hub.call('lockTag', { params: { name: 'el9-build' }, body: { locked: false } });
});

test('what git governs is not changed by hand', async () => {
  const refused = 'git_governed';
  const edits = [
    hub.call('editPlatform', { params: { name: 'el9' }, body: { dist: '.x' } }),
    hub.call('removePlatform', { params: { name: 'el9' }, body: {} }),
    hub.call('editFlavour', { params: { name: 'more' }, body: { priority: 5 } }),
    hub.call('removeFlavour', { params: { name: 'more' }, body: {} }),
    hub.call('editTag', { params: { name: 'el9-build' }, body: { settings: { network: true } } }),
    hub.call('removeTag', { params: { name: 'el9-build' }, body: { force: true } }),
    hub.call('cloneTag', { params: { name: 'other' }, body: { to: 'el9-build' } }),
  ];
  for (const one of await Promise.allSettled(edits))
    expect(String(one.status === 'rejected' ? one.reason : one.status)).toContain(refused);
  await hub.call('editTag', { params: { name: 'other' }, body: { settings: { network: false } } });
});

test('a bad commit leaves the last good one in force, and is told once', async () => {
  const good = (await info()).commit;
  const before = await changes();
  const bad = commit({
    'moromi/platforms.toml': platforms.replace('external = "base"', 'external = "base"\nprio = 3'),
  });
  await expect(sync()).rejects.toThrow(
    'moromi/platforms.toml:9: platforms.el9.externals.0.prio: there is no such key',
  );
  await expect(sync()).rejects.toThrow('catalogue_wrong');
  expect(await info()).toMatchObject({ commit: good, trouble: { code: 'catalogue_wrong', commit: bad } });
  expect(await events('catalogue.trouble')).toHaveLength(1);

  // So is one that speaks of what is not there, as a whole: the flavour that it edits rightly stays too.
  commit({
    'moromi/platforms.toml': platforms.replace('"base"', '"never"'),
    'moromi/sub/flavours.toml': flavours.replace('extras', 'docs'),
  });
  await expect(sync()).rejects.toThrow(
    'moromi/platforms.toml:7: platforms.el9.externals: there is no external',
  );
  commit({ 'moromi/platforms.toml': platforms, 'moromi/tags.toml': `${tags}[tags.never]\nnetwork = true\n` });
  await expect(sync()).rejects.toThrow('moromi/tags.toml:5: tags.never: there is no tag never');
  expect(await changes()).toBe(before);
  const [flavour] = (await hub.call('listFlavours', { query: {} })).items;
  expect(flavour?.settings).toEqual({ with: ['extras'] });

  commit({ 'moromi/tags.toml': tags });
  expect((await sync()).differences).toEqual([
    { kind: 'flavour', name: 'more', what: 'edited', keys: ['settings'] },
  ]);
  expect((await info()).trouble).toBeNull();
});

test('a link out of the repository is refused, and a large file', async () => {
  symlinkSync('/etc/passwd', join(repository, 'moromi/link.toml'));
  git('add', '--all');
  git('commit', '--quiet', '--message=link');
  await expect(sync()).rejects.toThrow('moromi/link.toml: it is no plain file');
  commit({ 'moromi/link.toml': `# ${'x'.repeat(300_000)}\n` });
  await expect(sync()).rejects.toThrow('moromi/link.toml: it is larger than 256 KiB');
  commit({ 'moromi/link.toml': null });
});

test('a repository that is away, or has no such branch, changes nothing', async () => {
  const good = (await info()).commit;
  await hub.call('setCatalogue', {
    body: { url: `file://${repository}`, branch: 'never', folder: 'moromi' },
  });
  await expect(sync()).rejects.toThrow('catalogue_unreachable');
  await hub.call('setCatalogue', { body: { url: 'file:///nowhere/at/all', folder: 'moromi' } });
  await expect(sync()).rejects.toThrow('catalogue_unreachable');
  expect(await info()).toMatchObject({ trouble: { code: 'catalogue_unreachable' }, platforms: ['el9'] });
  expect(good).not.toBeNull();
});

test('it is looked at by itself, at its time', async () => {
  await hub.call('setCatalogue', {
    body: { url: `file://${repository}`, folder: 'moromi', everyMinutes: 5 },
  });
  // Not before a person has taken over a first commit.
  expect(await info()).toMatchObject({ commit: null, nextAt: null });
  const { commit: known } = await sync();
  const newer = commit({ 'moromi/platforms.toml': platforms.replace('.el9"', '.el9_1"') });
  expect(newer).not.toBe(known);
  await passTime(hub.access, 301);
  await until(async () => ((await info()).commit === newer ? true : null));
  expect((await hub.call('getPlatform', { params: { name: 'el9' }, query: {} })).dist).toBe('.el9_1');
}, 120_000);

test('a platform that gets another name keeps its target', async () => {
  const target = '[[platforms.el9.targets]]\nname = "el9"\nbuildTag = "el9-build"\ndestTag = "ours"\n';
  const renamed = `${platforms}${target}`.replaceAll('platforms.el9', 'platforms.ours');
  commit({ 'moromi/platforms.toml': renamed });
  const before = await changes();
  const { differences } = await sync();
  expect(differences.map((one) => [one.kind, one.name, one.what])).toEqual([
    ['platform', 'el9', 'removed'],
    ['platform', 'ours', 'added'],
  ]);
  expect(await changes()).toBe(before + 1);
  expect(await hub.call('getTarget', { params: { name: 'el9' } })).toMatchObject({ destTag: 'ours' });
  commit({ 'moromi/platforms.toml': platforms });
  await sync();
}, 120_000);

test('what git says no more goes, and is gone in one change', async () => {
  commit({
    'moromi/platforms.toml': null,
    'moromi/sub/flavours.toml': null,
    'moromi/tags.toml': null,
    'moromi/keep': '',
  });
  const before = await changes();
  const { differences } = await sync();
  expect(differences.map((one) => [one.kind, one.name, one.what])).toEqual([
    ['platform', 'el9', 'removed'],
    ['flavour', 'more', 'removed'],
    ['tag', 'el9-build', 'removed'],
  ]);
  expect(await changes()).toBe(before + 1);
  expect((await hub.call('getTagConfiguration', { params: { name: 'el9-build' }, query: {} })).own).toEqual(
    {},
  );
  await hub.call('editTag', { params: { name: 'el9-build' }, body: { settings: { network: true } } });
});

test('without a git catalogue what it said is changed by hand again', async () => {
  commit({ 'moromi/platforms.toml': '[platforms.f2]\narches = ["x86_64"]\n' });
  await sync();
  await hub.call('unsetCatalogue', { body: {} });
  expect(await info()).toMatchObject({ url: null, platforms: [] });
  const edited = await hub.call('editPlatform', { params: { name: 'f2' }, body: { dist: '.f2' } });
  expect(edited).toMatchObject({ dist: '.f2', governor: null });
});

/** Looks every tenth of a second until there is something. */
async function until<T>(look: () => Promise<T | null>): Promise<T> {
  for (const end = performance.now() + 60_000; performance.now() < end; ) {
    const found = await look();
    if (found !== null) return found;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('it did not come');
}
