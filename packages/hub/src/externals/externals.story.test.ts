import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { readPrimary, readRepomd } from '@moromi/repodata';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkPromises } from '../../../../tests/harness/promises.ts';
import { FolderStore, Scrub } from '../blobs/index.ts';
import { freshHub, query, type TestHub } from '../testing/hub.ts';
import { nothing } from '../testing/stage.ts';
import { enrol, type HandWorker } from '../testing/worker.ts';
import { forgetDamaged } from './damaged.ts';
import { dropOldRecords } from './file-queries.ts';
import { type Mirror, makeOutside, serveOutside } from './testing/outside.ts';

const run = promisify(execFile);
let folder: string;
let hub: TestHub;
let worker: HandWorker;
let mirror: Mirror;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'moromi-externals-'));
  await makeOutside(join(folder, 'base'), [{ name: 'alpha', packages: ['alpha-libs'] }, { name: 'beta' }]);
  mirror = await serveOutside(folder);
  hub = await freshHub();
  worker = await enrol(hub, 'w1', ['x86_64', 'i686'], { kinds: ['publish', 'external'] });
});
afterAll(async () => {
  await checkPromises(hub.access, join(hub.home, 'blobs'));
  await hub.stop();
  await mirror[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

const work = (kind: 'publish' | 'external') => worker.work(nothing, { kinds: [kind] });
const get = (path: string) => fetch(`${hub.url}/repos/${path}`);

/** The packages that a revision's tree lists, as `name-version location`. */
async function listed(tag: string, tree = 'x86_64', number: number | string = 'latest'): Promise<string[]> {
  const at = `${tag}/${number}/${tree}`;
  const { records } = readRepomd(Buffer.from(await (await get(`${at}/repodata/repomd.xml`)).arrayBuffer()));
  const href = records.find((one) => one.type === 'primary')?.href ?? '';
  const bytes = gunzipSync(Buffer.from(await (await get(`${at}/${href}`)).arrayBuffer()));
  const found: string[] = [];
  for await (const one of readPrimary(Readable.from([bytes])))
    found.push(`${one.name}-${one.version} ${one.location}`);
  return found;
}

test('the first revision of a tag waits for what it merges, and says so', async () => {
  await hub.call('createExternal', { body: { name: 'base', url: `${mirror.url}/base` } });
  await hub.call('createTag', { body: { name: 'f1', settings: { arches: ['x86_64', 'i686'] } } });
  const attached = await hub.call('attachExternal', { params: { name: 'f1' }, body: { external: 'base' } });
  expect(attached.altered).toEqual(['f1']);
  const { items } = await hub.call('listTasks', { query: { state: 'free' } });
  expect(items.map((one) => one.kind).sort()).toEqual(['external', 'publish']);
  const external = items.find((one) => one.kind === 'external');
  expect(items.find((one) => one.kind === 'publish')?.waiting?.reason).toContain(
    `task ${external?.id} (external of base`,
  );
  expect(await worker.claim({ kinds: ['publish'] })).toBeNull();
  await work('external');
  await work('publish');
  expect(await listed('f1')).toEqual([
    'alpha-1 external/base/alpha-1-1.noarch.rpm',
    'alpha-libs-1 external/base/alpha-libs-1-1.noarch.rpm',
    'beta-1 external/base/beta-1-1.noarch.rpm',
  ]);
  // Its address is the same for all architectures, so it is read once.
  expect(mirror.asked.filter((path) => path.endsWith('repomd.xml'))).toHaveLength(1);
});

test('a package is fetched when it is first wanted, once, and given from then on without the mirror', async () => {
  const path = 'f1/1/x86_64/external/base/beta-1-1.noarch.rpm';
  const head = await fetch(`${hub.url}/repos/${path}`, { method: 'HEAD' });
  expect([head.status, mirror.asked.filter((one) => one.endsWith('beta-1-1.noarch.rpm')).length]).toEqual([
    200, 0,
  ]);
  const bodies = await Promise.all(
    [1, 2, 3].map(async () => Buffer.from(await (await get(path)).arrayBuffer())),
  );
  const file = await readFile(join(folder, 'base', 'beta-1-1.noarch.rpm'));
  for (const body of bodies) expect(body.equals(file)).toBe(true);
  expect(Number(head.headers.get('content-length'))).toBe(file.length);
  expect(mirror.asked.filter((one) => one.endsWith('beta-1-1.noarch.rpm'))).toHaveLength(1);
  mirror.instead.set('.rpm', (_, reply) => reply.writeHead(503).end());
  expect(Buffer.from(await (await get(path)).arrayBuffer()).equals(file)).toBe(true);
  const part = await fetch(`${hub.url}/repos/${path}`, { headers: { range: 'bytes=4-7' } });
  expect([part.status, Buffer.from(await part.arrayBuffer()).equals(file.subarray(4, 8))]).toEqual([
    206,
    true,
  ]);
  const other = await get('f1/1/x86_64/external/base/alpha-1-1.noarch.rpm');
  expect([other.status, ((await other.json()) as { code: string }).code]).toEqual([502, 'external_away']);
  mirror.instead.clear();
});

test('a package that is another than its metadata says is given to nobody, and not kept', async () => {
  const path = 'f1/1/x86_64/external/base/alpha-1-1.noarch.rpm';
  mirror.instead.set('alpha-1-1.noarch.rpm', (_, reply, bytes = Buffer.alloc(0)) => {
    const wrong = Buffer.from(bytes);
    wrong.writeUInt8(wrong.readUInt8(wrong.length - 1) ^ 1, wrong.length - 1);
    reply.writeHead(200, { 'content-length': wrong.length }).end(wrong);
  });
  const wrong = await get(path);
  expect([wrong.status, ((await wrong.json()) as { code: string }).code]).toEqual([502, 'external_damaged']);
  mirror.instead.clear();
  const right = await get(path);
  const file = await readFile(join(folder, 'base', 'alpha-1-1.noarch.rpm'));
  expect(Buffer.from(await right.arrayBuffer()).equals(file)).toBe(true);
});

test('a package that has rotten in the store is fetched again when it is next wanted', async () => {
  const path = 'f1/1/x86_64/external/base/alpha-1-1.noarch.rpm';
  const file = await readFile(join(folder, 'base', 'alpha-1-1.noarch.rpm'));
  const store = FolderStore.beside(join(hub.home, 'blobs'));
  const sha256 = createHash('sha256').update(file).digest('hex');
  // It is kept after it was given.
  const kept = () => query(hub.access, 'SELECT FROM external_copies WHERE sha256 = $1', [sha256]);
  await expect.poll(kept, { timeout: 30_000 }).toHaveLength(1);
  await writeFile(store.path(sha256), Buffer.alloc(file.length));
  const { ledger } = hub.hub;
  const scrub = new Scrub(ledger, store, [forgetDamaged(ledger)], { days: 1, rate: 2 ** 30 });
  await scrub.look(60);
  expect((await scrub.status()).damaged).toHaveLength(1);
  const asked = () => mirror.asked.filter((one) => one.endsWith('alpha-1-1.noarch.rpm')).length;
  const before = asked();
  expect(Buffer.from(await (await get(path)).arrayBuffer()).equals(file)).toBe(true);
  expect(Buffer.from(await (await get(path)).arrayBuffer()).equals(file)).toBe(true);
  await expect.poll(async () => (await scrub.status()).damaged, { timeout: 30_000 }).toEqual([]);
  expect(asked() - before).toBe(1);
});

test('no file is given that the tree does not list', async () => {
  for (const path of [
    'external/base/gamma-1-1.noarch.rpm',
    'external/other/beta-1-1.noarch.rpm',
    'external/base',
  ])
    expect((await get(`f1/1/x86_64/${path}`)).status).toBe(404);
  expect((await get('f1/1/x86_64/Packages/beta-1-1.noarch.rpm')).status).toBe(404);
});

test('what it has now is taken up in a new revision of each tag that merges it; what it had is given on', async () => {
  await rm(join(folder, 'base', 'beta-1-1.noarch.rpm'));
  await makeOutside(join(folder, 'base'), [{ name: 'beta', version: '2' }]);
  const { tasks } = await hub.call('refreshExternal', { params: { name: 'base' }, body: {} });
  expect(tasks).toHaveLength(1);
  await work('external');
  await work('publish');
  expect(await listed('f1')).toEqual([
    'alpha-1 external/base/alpha-1-1.noarch.rpm',
    'alpha-libs-1 external/base/alpha-libs-1-1.noarch.rpm',
    'beta-2 external/base/beta-2-1.noarch.rpm',
  ]);
  expect((await listed('f1', 'x86_64', 1)).at(-1)).toBe('beta-1 external/base/beta-1-1.noarch.rpm');
  expect((await get('f1/1/x86_64/external/base/beta-1-1.noarch.rpm')).status).toBe(200);
  const info = await hub.call('getExternal', { params: { name: 'base' } });
  expect(info.arches).toMatchObject([
    { arch: '', snapshot: { number: 2, packages: 3, added: 1, removed: 1 } },
  ]);
});

test('a repository that is as it was makes no snapshot and no revision', async () => {
  await hub.call('refreshExternal', { params: { name: 'base' }, body: {} });
  const asked = mirror.asked.length;
  await work('external');
  expect(mirror.asked.slice(asked)).toEqual(['/base/repodata/repomd.xml']);
  expect(await worker.claim({ kinds: ['publish'] })).toBeNull();
  const { arches } = await hub.call('getExternal', { params: { name: 'base' } });
  expect(arches).toMatchObject([{ snapshot: { number: 2 }, trouble: null }]);
});

test('one that is away keeps what was read of it in use, and its trouble is told', async () => {
  mirror.instead.set('repomd.xml', (_, reply) => reply.writeHead(500).end());
  await hub.call('refreshExternal', { params: { name: 'base' }, body: {} });
  const lease = await worker.take({ kinds: ['external'] });
  const said = await worker.finish(lease, { outcome: 'done' });
  expect(said).toMatchObject({ accepted: false, state: 'failed' });
  const { arches } = await hub.call('getExternal', { params: { name: 'base' } });
  expect(arches).toMatchObject([
    {
      snapshot: { number: 2 },
      trouble: { code: 'repo_unreachable', message: expect.stringContaining('answered with 500') },
    },
  ]);
  expect(arches[0]?.nextAt).not.toBeNull();
  mirror.instead.clear();
  await hub.call('refreshExternal', { params: { name: 'base' }, body: {} });
  await work('external');
  expect((await hub.call('getExternal', { params: { name: 'base' } })).arches).toMatchObject([
    { trouble: null },
  ]);
});

test('dnf reads the merged repository and installs from it', async () => {
  const root = await mkdtemp(join(folder, 'dnf-'));
  const settings = [`cachedir=${join(root, 'cache')}`, `logdir=${root}`].flatMap((one) => ['--setopt', one]);
  const repo = ['--repofrompath', `own,${hub.url}/repos/f1/latest/x86_64/`, '--repo', 'own', '--nogpgcheck'];
  const usual = ['-q', '-y', '--installroot', root, '--releasever', '1', ...repo, ...settings];
  const format = ['--queryformat', '%{name}-%{version} %{relativepath}\n'];
  const { stdout } = await run('dnf', ['repoquery', ...usual, ...format]);
  expect(stdout.split('\n').filter(Boolean).sort()).toEqual(await listed('f1'));
  await run('dnf', ['install', ...usual, 'alpha-libs', 'beta']);
  const installed = await run('rpm', ['--root', root, '-qa']);
  expect(installed.stdout.trim().split('\n').sort()).toEqual(['alpha-libs-1-1.noarch', 'beta-2-1.noarch']);
});

test('what settings of tags mean by one name at two addresses is all shown, and what none says any more is not', async () => {
  const setting = (url: string) => ({ externalRepos: [{ name: 'twice', url, priority: 50 }] });
  const shown = async () => {
    const { others, ...first } = await hub.call('getExternal', { params: { name: 'twice' } });
    return [first, ...others].map((one) => [one.url, one.tags.map((each) => each.tag)]);
  };
  for (const n of [1, 2])
    await hub.call('createTag', {
      body: { name: `s${n}`, settings: { arches: ['x86_64'], ...setting(`${mirror.url}/at-${n}`) } },
    });
  expect(await shown()).toEqual([
    [`${mirror.url}/at-1`, ['s1']],
    [`${mirror.url}/at-2`, ['s2']],
  ]);
  await hub.call('editTag', { params: { name: 's1' }, body: { settings: setting(`${mirror.url}/at-3`) } });
  expect(await shown()).toEqual([
    [`${mirror.url}/at-2`, ['s2']],
    [`${mirror.url}/at-3`, ['s1']],
  ]);
  for (const name of ['s1', 's2']) await hub.call('removeTag', { params: { name }, body: {} });
  expect(await shown()).toEqual([[`${mirror.url}/at-3`, []]]);
});

test('a locked tag goes on merging what it did, unless somebody insists', async () => {
  const params = { name: 'f1' };
  await hub.call('lockTag', { params, body: { locked: true } });
  for (const ask of [
    () => hub.call('attachExternal', { params, body: { external: 'base', priority: 7 } }),
    () => hub.call('detachExternal', { params, body: { external: 'base' } }),
  ])
    await expect(ask()).rejects.toMatchObject({ problem: { code: 'tag_locked' } });
  const insisted = { external: 'base', mode: 'koji' as const, force: true };
  expect(await hub.call('attachExternal', { params, body: insisted })).toMatchObject({ change: null });
  await hub.call('lockTag', { params, body: { locked: false } });
});

test('what is kept of a snapshot beside its packages goes when no revision that is given has merged it', async () => {
  const { ledger } = hub.hub;
  const left = async () =>
    (
      await query<{ number: number }>(
        hub.access,
        `SELECT s.number FROM external_snapshots s JOIN externals e ON e.id = s.external_id
          WHERE e.name = 'base' AND s.records <> '[]' ORDER BY 1`,
      )
    ).map((one) => one.number);
  expect(await left()).toEqual([1, 2]);
  expect(await dropOldRecords(ledger.read, 0)).toBe(0);
  await query(
    hub.access,
    `UPDATE repo_revisions v SET expired_at = ledger_now() FROM tags g JOIN repos r ON r.tag_id = g.id
      WHERE v.repo_id = r.id AND g.name = 'f1' AND v.superseded_at IS NOT NULL`,
  );
  // Whoever composes may have begun with it.
  expect(await dropOldRecords(ledger.read, 24)).toBe(0);
  expect(await dropOldRecords(ledger.read, 0)).toBe(1);
  expect(await left()).toEqual([2]);
});
