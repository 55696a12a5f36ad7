import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Lease, RootOrder } from '@moromi/contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkPromises } from '../../../../tests/harness/promises.ts';
import { type Mirror, makeOutside, serveOutside } from '../externals/testing/outside.ts';
import { Retainer } from '../repos/retention/retention.ts';
import { freshHub, passTime, query, type TestHub } from '../testing/hub.ts';
import { type Built, rpmbuild } from '../testing/samples.ts';
import { nothing, uploadFile } from '../testing/stage.ts';
import { enrol, type HandWorker } from '../testing/worker.ts';

let folder: string;
let hub: TestHub;
let worker: HandWorker;
let mirror: Mirror;
let built: Built;
/** What a test goes on with later. */
let held: Lease | undefined;

const modulemd = `---
document: modulemd
version: 2
data:
  name: nodejs
  stream: "18"
  version: 1
  context: aaaa1111
  arch: noarch
  summary: s
  description: d
  license: {module: [MIT]}
  artifacts: {rpms: [extra-0:1-1.noarch]}
...
`;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'moromi-flavours-'));
  await makeOutside(join(folder, 'outside', 'extras'), [{ name: 'extra' }]);
  const modules = join(folder, 'modules.yaml');
  await writeFile(modules, modulemd);
  const at = join(folder, 'outside', 'extras', 'repodata');
  await promisify(execFile)('modifyrepo_c', ['--mdtype=modules', '--', modules, at]);
  mirror = await serveOutside(join(folder, 'outside'));
  built = await rpmbuild(folder, { name: 'some', arches: ['x86_64'] });
  hub = await freshHub();
  worker = await enrol(hub, 'w1', ['x86_64'], { kinds: ['srpm', 'build', 'publish', 'external'] });
  await hub.call('createExternal', { body: { name: 'extras', url: `${mirror.url}/extras` } });
  const settings = { macros: { vendor: 'Flavoured', grade: 'two' }, modules: ['nodejs:18'] };
  await hub.call('createFlavour', { body: { name: 'more', externals: [{ external: 'extras' }], settings } });
  await hub.call('createPlatform', {
    body: { name: 'f1', dist: '.f1', vendor: 'Plain', arches: ['x86_64'], flavours: ['more'] },
  });
  await publish();
  // A hub, its threads and five repositories begin here.
}, 180_000);
afterAll(async () => {
  await checkPromises(hub.access, join(hub.home, 'blobs'));
  await hub.stop();
  await mirror[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

/** Makes every repository that is asked for. */
async function publish(): Promise<void> {
  for (;;) {
    const lease = await worker.claim({ kinds: ['publish', 'external'] });
    if (lease === null) return;
    await worker.beat(lease, ...(held === undefined ? [] : [held]));
    const said = await worker.finish(lease, await worker.make(lease, nothing));
    if (!said.accepted) throw new Error(`refused: ${said.refusal}`);
  }
}

async function submit(flavours: string[]): Promise<number> {
  await uploadFile(hub, built.srpm);
  const source = { sha256: built.srpm.sha256, name: built.srpm.name };
  const options = { scratch: true, ...(flavours.length > 0 ? { flavours } : {}) };
  return (await hub.call('createBuild', { body: { target: 'f1', source, options } })).id;
}

/** The root in which the next task of a build is done. */
async function order(kind: 'srpm' | 'build'): Promise<{ root: RootOrder; done(): Promise<void> }> {
  const lease = await worker.take({ kinds: [kind] });
  await worker.beat(lease);
  held = lease;
  if (lease.source === undefined) throw new Error('a build has a source');
  return {
    root: lease.source.root,
    done: async () => {
      held = undefined;
      await worker.beat(lease);
      await worker.finish(lease, await worker.make(lease, built));
    },
  };
}

const keyOf = async (build: number): Promise<string | undefined> =>
  (await query<{ key: string }>(hub.access, `SELECT root_key AS key FROM builds WHERE id = ${build}`))[0]
    ?.key;

test("a build with a flavour sees its repository behind the target's, and its words before the target's", async () => {
  const plain = await submit([]);
  const without = await order('srpm');
  expect(without.root.repos.map((one) => one.id)).toEqual(['build-f1-build']);
  expect(without.root.macros).toMatchObject({ vendor: 'Plain', dist: '.f1' });
  await without.done();
  await (await order('build')).done();

  const flavoured = await submit(['more']);
  const first = await order('srpm');
  expect(first.root.macros).toEqual({ vendor: 'Flavoured', grade: 'two', dist: '.f1' });
  expect(first.root.modules).toEqual(['nodejs:18']);
  const seen = first.root.repos.map(({ id, priority }) => [id, priority]).toSorted();
  expect(seen).toEqual([
    ['build-f1-build', 10],
    ['more-flavour', 20],
  ]);
  expect(await keyOf(flavoured)).not.toBe(await keyOf(plain));
  const shown = await hub.call('getBuild', { params: { build: flavoured } });
  expect(shown.options.flavours).toEqual(['more']);

  // It changes under the build, which goes on to see what it saw.
  await makeOutside(join(folder, 'outside', 'extras'), [{ name: 'extra', version: '2' }]);
  await hub.call('refreshExternal', { params: { name: 'extras' }, body: {} });
  await hub.call('editFlavour', { params: { name: 'more' }, body: { priority: 30 } });
  await publish();
  await expect(hub.call('removeFlavour', { params: { name: 'more' }, body: {} })).rejects.toThrow(
    'flavour_in_use',
  );
  // Nor does what it has seen expire under it, however many revisions come.
  for (let n = 0; n < 2; n++) {
    await hub.call('regenRepo', { params: { name: 'more-flavour' } });
    await publish();
  }
  await passTime(hub.access, 49 * 3600, false);
  await new Retainer(hub.hub.ledger, { revisions: 1, readableHours: 48, graceHours: 24 }).look();
  const revisions = (await hub.call('listRevisions', { params: { name: 'more-flavour' } })).items;
  expect(revisions.flatMap((one) => (one.expiredAt === null ? [] : one.number))).toEqual([3, 2]);
  await first.done();
  const second = await order('build');
  expect(second.root.repos).toEqual(first.root.repos);
  await second.done();

  const later = await submit(['more']);
  const third = await order('srpm');
  const address = (root: RootOrder) => root.repos.find((one) => one.id === 'more-flavour');
  expect(address(third.root)?.priority).toBe(30);
  expect(address(third.root)?.baseurl).not.toBe(address(first.root)?.baseurl);
  await hub.call('cancelBuild', { params: { id: later }, body: {} });
});

test('the modules of its external repositories are in the repository that roots see', async () => {
  const index = await fetch(`${hub.url}/repos/more-flavour/1/x86_64/repodata/repomd.xml`);
  expect(await index.text()).toContain('type="modules"');
});

test('what a builder would be told of a root with a flavour, for a package, can be asked', async () => {
  const packages = { 'some*': { modules: ['nodejs:20'], mock: { check: false } } };
  await hub.call('editTag', { params: { name: 'f1-build' }, body: { settings: { packages } } });
  const query = { arch: 'x86_64', package: 'something', flavours: 'more' };
  const shown = await hub.call('mockConfig', { params: { name: 'f1' }, query });
  expect(shown).toMatchObject({
    modules: ['nodejs:20'],
    mock: { check: false },
    macros: { vendor: 'Flavoured' },
  });
  expect(JSON.stringify(shown['repos'])).toContain('more-flavour');
  const plain = await hub.call('mockConfig', { params: { name: 'f1' }, query: { arch: 'x86_64' } });
  expect(plain).not.toHaveProperty('modules');
  await hub.call('editTag', { params: { name: 'f1-build' }, body: { settings: { packages: {} } } });
  await publish();
});

test("what a build says itself comes before its flavour's words", async () => {
  await uploadFile(hub, built.srpm);
  const source = { sha256: built.srpm.sha256, name: built.srpm.name };
  const options = { scratch: true, flavours: ['more'], define: { grade: 'three' } };
  const build = await hub.call('createBuild', { body: { target: 'f1', source, options } });
  expect((await order('srpm')).root.macros).toMatchObject({ grade: 'three', vendor: 'Flavoured' });
  await hub.call('cancelBuild', { params: { id: build.id }, body: {} });
});

test('a flavour that nothing uses goes, and is asked for in vain then', async () => {
  await hub.call('editPlatform', { params: { name: 'f1' }, body: { flavours: [] } });
  await expect(submit(['more'])).rejects.toThrow('flavour_not_allowed');
  await hub.call('removeFlavour', { params: { name: 'more' }, body: {} });
  await expect(submit(['more'])).rejects.toThrow('unknown_flavour');
});
