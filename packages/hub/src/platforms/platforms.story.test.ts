import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freshHub, query, type TestHub } from '../testing/hub.ts';
import { type Built, rpmbuild } from '../testing/samples.ts';
import { makeKeys } from '../testing/signer.ts';
import { uploadFile } from '../testing/stage.ts';

let hub: TestHub;
let built: Built | undefined;

beforeAll(async () => {
  hub = await freshHub();
  for (const name of ['base', 'updates', 'extras'])
    await hub.call('createExternal', { body: { name, url: `http://127.0.0.1:9/${name}/$arch` } });
});
afterAll(() => hub.stop());

const el9 = {
  name: 'el9',
  dist: '.el9',
  vendor: 'Example',
  packager: 'builders@example.org',
  arches: ['x86_64', 'aarch64'],
  weakArches: ['i686'],
  externals: [{ external: 'base', priority: 5, mode: 'simple' as const }, { external: 'updates' }],
  settings: { modules: ['nodejs:18'], timeoutSeconds: 7200 },
};

const settings = async (tag: string) =>
  (await hub.call('getTagConfiguration', { params: { name: tag }, query: {} })).settings;
const changes = async (): Promise<number> =>
  (await query<{ id: number }>(hub.access, 'SELECT max(id)::int AS id FROM catalogue_changes'))[0]?.id ?? 0;

test('a platform brings its tags, its target and what they say, in one change', async () => {
  const before = await changes();
  const platform = await hub.call('createPlatform', { body: el9 });
  expect(await changes()).toBe(before + 1);
  expect(platform).toMatchObject({
    ...el9,
    externals: [
      { external: 'base', priority: 5, mode: 'simple', arches: null },
      { external: 'updates', priority: 50, mode: 'koji', arches: null },
    ],
    targets: [{ name: 'el9', buildTag: 'el9-build', destTag: 'el9' }],
    tag: 'el9-platform',
    change: before + 1,
  });
  expect(await hub.call('getTarget', { params: { name: 'el9' } })).toMatchObject({
    arches: ['x86_64', 'aarch64', 'i686'],
  });
  expect(await settings('el9-build')).toMatchObject({
    macros: { dist: '.el9', vendor: 'Example', packager: 'builders@example.org' },
    toleratedArches: ['i686'],
    modules: ['nodejs:18'],
    timeoutSeconds: 7200,
  });
  const { items } = await hub.call('listAttachments', {
    params: { name: 'el9-build' },
    query: { inherit: true },
  });
  expect(items.map((one) => [one.external, one.tag])).toEqual([
    ['base', 'el9-platform'],
    ['updates', 'el9-platform'],
  ]);
});

test('the same platform again changes nothing, and another of its name is refused', async () => {
  const before = await changes();
  await hub.call('createPlatform', { body: el9 });
  await hub.call('editPlatform', { params: { name: 'el9' }, body: { dist: '.el9' } });
  expect(await changes()).toBe(before);
  await expect(hub.call('createPlatform', { body: { ...el9, dist: '.el10' } })).rejects.toThrow(
    'platform_exists',
  );
});

test('what a tag says itself comes before what its platform says, also when that is edited', async () => {
  await hub.call('editTag', {
    params: { name: 'el9-build' },
    body: { settings: { macros: { dist: '.el9_own' } } },
  });
  const before = await changes();
  await hub.call('editPlatform', {
    params: { name: 'el9' },
    body: { dist: '.el9_6', vendor: null, externals: [{ external: 'updates' }], settings: { network: true } },
  });
  expect(await settings('el9-build')).toMatchObject({
    macros: { dist: '.el9_own', packager: 'builders@example.org' },
    network: true,
    modules: ['nodejs:18'],
  });
  expect((await settings('el9')).macros).toEqual({ dist: '.el9_6', packager: 'builders@example.org' });
  const { items } = await hub.call('listAttachments', {
    params: { name: 'el9-build' },
    query: { inherit: true },
  });
  expect(items.map((one) => one.external)).toEqual(['updates']);
  // What it said then stays to be read.
  const then = await hub.call('getPlatform', { params: { name: 'el9' }, query: { change: before } });
  expect(then).toMatchObject({
    dist: '.el9',
    vendor: 'Example',
    externals: [{ external: 'base' }, { external: 'updates' }],
  });
});

test('the keys of a platform are wanted by its tags, until a tag says another word', async () => {
  const keys = await makeKeys({ one: {}, two: {} });
  for (const name of ['one', 'two'] as const)
    await hub.call('addKey', { body: { name, armor: keys[name].armor } });
  const edit = (body: object) => hub.call('editPlatform', { params: { name: 'el9' }, body });
  const wanted = async (name: string) => {
    const said = await hub.call('getTagKeys', { params: { name } });
    return [said.from, said.keys.map((one) => one.key)];
  };
  await expect(edit({ keys: [{ key: 'never' }] })).rejects.toThrow('unknown_key');
  const { change: before } = await edit({ keys: [{ key: 'one' }] });
  expect(await wanted('el9')).toEqual(['el9-platform', ['one']]);
  // The same key in other words is the same.
  expect(await edit({ keys: [{ key: 'one', form: 'header' }] })).toMatchObject({ change: before });
  await hub.call('setTagKey', { params: { name: 'el9' }, body: { key: 'two' } });
  await edit({ keys: [{ key: 'two' }] });
  expect(await wanted('el9')).toEqual(['el9', ['two']]);
  const then = await hub.call('getPlatform', { params: { name: 'el9' }, query: { change: before } });
  expect(then.keys).toMatchObject([{ key: 'one', form: 'header' }]);
  await edit({ keys: [] });
  expect(await wanted('el9-platform')).toEqual([null, []]);
});

test("the platform's own tag is not changed by hand", async () => {
  const params = { name: 'el9-platform' };
  const refused = 'tag_governed';
  await expect(hub.call('editTag', { params, body: { settings: { network: false } } })).rejects.toThrow(
    refused,
  );
  await expect(hub.call('lockTag', { params, body: { locked: false } })).rejects.toThrow(refused);
  await expect(hub.call('removeTag', { params, body: { force: true } })).rejects.toThrow(refused);
  await expect(hub.call('renameTag', { params, body: { to: 'x', force: true } })).rejects.toThrow(refused);
  await expect(hub.call('attachExternal', { params, body: { external: 'base' } })).rejects.toThrow(refused);
  await expect(hub.call('detachExternal', { params, body: { external: 'updates' } })).rejects.toThrow(
    refused,
  );
  await expect(hub.call('setTagKey', { params, body: { key: null } })).rejects.toThrow(refused);
  await expect(
    hub.call('addParent', { params, body: { parent: 'el9', priority: 1, force: true } }),
  ).rejects.toThrow(refused);
});

test('a target that leads elsewhere by hand is not led back', async () => {
  await hub.call('createTag', { body: { name: 'other', settings: { arches: ['x86_64'] } } });
  await hub.call('editTarget', { params: { name: 'el9' }, body: { destTag: 'other' } });
  const targets = [{ name: 'el9', buildTag: 'el9-build', destTag: 'el9-candidate' }];
  await expect(hub.call('editPlatform', { params: { name: 'el9' }, body: { targets } })).rejects.toThrow(
    'target_exists',
  );
  await hub.call('editPlatform', { params: { name: 'el9' }, body: { dist: '.el9_7' } });
  expect((await hub.call('getTarget', { params: { name: 'el9' } })).destTag).toBe('other');
  await hub.call('editTarget', { params: { name: 'el9' }, body: { destTag: 'el9' } });
  await hub.call('editPlatform', { params: { name: 'el9' }, body: { targets } });
  expect((await hub.call('getTarget', { params: { name: 'el9' } })).destTag).toBe('el9-candidate');
});

test('tags that are there already go on to be what they are, and say their own words first', async () => {
  await hub.call('createTag', { body: { name: 'f1', settings: { arches: ['x86_64'] } } });
  await hub.call('createTag', {
    body: { name: 'f1-build', settings: { timeoutSeconds: 60 }, inherits: [{ parent: 'f1', priority: 3 }] },
  });
  await hub.call('createPlatform', {
    body: { name: 'f1', arches: ['x86_64', 'i686'], settings: { timeoutSeconds: 900 } },
  });
  expect(await settings('f1-build')).toMatchObject({ arches: ['x86_64'], timeoutSeconds: 60 });
  expect((await settings('f1')).timeoutSeconds).toBe(900);
  expect((await hub.call('getTag', { params: { name: 'f1-build' } })).inherits).toEqual([
    { parent: 'f1', priority: 3, maxdepth: null, intransitive: false, noconfig: false, pkgFilter: null },
  ]);
});

test('a flavour is for platforms that allow it, and its repository for their architectures', async () => {
  await hub.call('createFlavour', {
    body: {
      name: 'epel',
      externals: [{ external: 'extras' }],
      settings: { with: ['extras'], mock: { check: false } },
    },
  });
  expect((await hub.call('getTag', { params: { name: 'epel-flavour' } })).settings.arches).toEqual([]);
  await expect(submit('el9', ['epel'])).rejects.toThrow('flavour_not_allowed');
  await expect(submit('el9', ['never'])).rejects.toThrow('unknown_flavour');
  const flavours = ['epel'];
  await hub.call('editPlatform', { params: { name: 'el9' }, body: { flavours } });
  expect((await hub.call('getTag', { params: { name: 'epel-flavour' } })).settings.arches).toEqual([
    'aarch64',
    'i686',
    'x86_64',
  ]);
  // An architecture that a tag below has by hand: the flavour gets it when it is asked to.
  await hub.call('editTag', {
    params: { name: 'el9-build' },
    body: { settings: { optionalArches: ['s390x'] } },
  });
  await hub.call('editFlavour', { params: { name: 'epel' }, body: {} });
  expect((await hub.call('getTag', { params: { name: 'epel-flavour' } })).settings.arches).toContain('s390x');
  const [flavour] = (await hub.call('listFlavours', { query: {} })).items;
  expect(flavour).toMatchObject({ name: 'epel', platforms: ['el9'], priority: 20 });
  await expect(hub.call('removeFlavour', { params: { name: 'epel' }, body: {} })).rejects.toThrow(
    'flavour_in_use',
  );
  await expect(
    hub.call('editPlatform', { params: { name: 'el9' }, body: { flavours: ['never'] } }),
  ).rejects.toThrow('unknown_flavour');
});

test('a platform that is removed takes its targets and its words along, and leaves tags with what they hold', async () => {
  await hub.call('removePlatform', { params: { name: 'f1' }, body: {} });
  await expect(hub.call('getTarget', { params: { name: 'f1' } })).rejects.toThrow('unknown_target');
  expect((await settings('f1')).timeoutSeconds).not.toBe(900);
  expect(await settings('f1-build')).toMatchObject({ arches: ['x86_64'], timeoutSeconds: 60 });
  await expect(hub.call('getTag', { params: { name: 'f1-platform' } })).rejects.toThrow('unknown_tag');
  // And it can come again.
  await hub.call('createPlatform', { body: { name: 'f1', arches: ['i686'] } });
  expect((await hub.call('getTarget', { params: { name: 'f1' } })).arches).toEqual(['x86_64']);
});

test('a target that another platform names stays when one of them goes', async () => {
  const { buildTag, destTag } = await hub.call('getTarget', { params: { name: 'f1' } });
  const targets = [{ name: 'f1', buildTag, destTag }];
  await hub.call('createPlatform', { body: { name: 'f1-again', arches: ['i686'], targets } });
  await hub.call('removePlatform', { params: { name: 'f1' }, body: {} });
  expect(await hub.call('getTarget', { params: { name: 'f1' } })).toMatchObject({ buildTag, destTag });
  await hub.call('removePlatform', { params: { name: 'f1-again' }, body: {} });
  await expect(hub.call('getTarget', { params: { name: 'f1' } })).rejects.toThrow('unknown_target');
});

/** A source whose build ends before it begins: what counts is whether it is taken. */
async function submit(target: string, flavours: string[]): Promise<unknown> {
  built ??= await rpmbuild(await mkdtemp(join(tmpdir(), 'moromi-platforms-')), { name: 'some' });
  await uploadFile(hub, built.srpm);
  const source = { sha256: built.srpm.sha256, name: built.srpm.name };
  return await hub.call('createBuild', { body: { target, source, options: { flavours } } });
}
