/** Repositories that are shipped, over the real API, read by dnf. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { DistDefinition } from '@moromi/contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Built, rpmbuild } from '../../testing/samples.ts';
import { nothing, type Stage, stageForEach } from '../../testing/stage.ts';

const run = promisify(execFile);
let folder: string;
let stage: Stage;
/** By name and version. */
const built = new Map<string, Built>();
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'moromi-dist-'));
  for (const version of ['1', '2'])
    built.set(
      `app-${version}`,
      await rpmbuild(folder, {
        name: 'app',
        version,
        arches: ['x86_64', 'i686'],
        subpackages: ['devel', 'debuginfo'],
      }),
    );
  built.set('doc-1', await rpmbuild(folder, { name: 'doc', preamble: ['BuildArch: noarch'] }));
});
afterAll(() => rm(folder, { recursive: true }));
stageForEach((fresh) => {
  stage = fresh;
});

/** Does all tasks that there are. */
const workAll = (source: Built) => stage.worker.workAll(() => source);

async function build(name: string): Promise<void> {
  const source = built.get(name);
  if (source === undefined) throw new Error(`there is no ${name}`);
  await stage.submit(source.srpm);
  await workAll(source);
}

const create = (definition: Partial<DistDefinition> = {}, name = 'prod') =>
  stage.call('createDist', { body: { name, tag: 'f1', definition: { arches: ['x86_64'], ...definition } } });
const get = () => stage.call('getDist', { params: { name: 'prod' } });
const trees = async () =>
  Object.fromEntries((await get()).revision?.trees.map((one) => [one.tree, one.packages]) ?? []);

/** Names that dnf finds in a tree of the newest revision. */
async function names(tree: string, number: number | 'latest' = 'latest'): Promise<string[]> {
  const root = await mkdtemp(join(folder, 'dnf-'));
  const options = [
    '--setopt=reposdir=/nonexistent',
    `--setopt=cachedir=${root}/cache`,
    `--installroot=${root}/root`,
  ];
  const repo = [
    `--repofrompath=t,${stage.url}/dist/prod/${number}/${tree}/`,
    '--repo=t',
    '--setopt=t.gpgcheck=0',
  ];
  const query = ['repoquery', '--releasever=1', '--qf', '%{name}-%{version}.%{arch}'];
  const { stdout } = await run(
    'dnf',
    ['-q', ...options, ...repo, ...query, ...(tree === 'source/tree' ? ['--arch=src'] : [])],
    {
      timeout: 60_000,
    },
  );
  return stdout
    .trim()
    .split('\n')
    .filter((line) => line !== '');
}

test('a repository is made of a tag, and follows it', async () => {
  await build('doc-1');
  const itself = { x86_64: { arch: 'x86_64', method: 'devel' as const, white: [], black: [] } };
  await expect(create({ multilib: itself })).rejects.toMatchObject({ problem: { code: 'bad_request' } });
  await create({ multilib: { x86_64: { arch: 'i686', method: 'devel', white: [], black: [] } } });
  await workAll(nothing);
  expect(await trees()).toEqual({ 'x86_64/os': 1, 'x86_64/debug/tree': 0, 'source/tree': 1 });
  await build('app-1');
  expect(await trees()).toEqual({ 'x86_64/os': 4, 'x86_64/debug/tree': 1, 'source/tree': 2 });
  expect(await names('x86_64/os')).toEqual([
    'app-1.x86_64',
    'app-devel-1.i686',
    'app-devel-1.x86_64',
    'doc-1.noarch',
  ]);
  expect(await names('x86_64/debug/tree')).toEqual(['app-debuginfo-1.x86_64']);
  expect(await names('source/tree')).toEqual(['app-1.src', 'doc-1.src']);
  const rpm = await fetch(`${stage.url}/dist/prod/latest/x86_64/os/Packages/a/app-devel-1-1.i686.rpm`);
  expect(rpm.status).toBe(200);
  for (const path of [
    'Packages/app-devel-1-1.i686.rpm',
    'Packages/b/app-devel-1-1.i686.rpm',
    'app-devel-1-1.i686.rpm',
  ])
    expect((await fetch(`${stage.url}/dist/prod/latest/x86_64/os/${path}`)).status).toBe(404);
  const file = await (await fetch(`${stage.url}/dist/prod/prod.repo`)).text();
  expect(file).toContain(`mirrorlist=${stage.url}/dist/prod/mirrorlist?tree=$basearch/debug/tree`);
  const list = await (await fetch(`${stage.url}/dist/prod/mirrorlist?tree=x86_64/os`)).text();
  expect(list).toMatch(/\/dist\/prod\/\d+\/x86_64\/os\/\n$/);
}, 120_000);

test('a change of the definition makes a new revision, made by the new one', async () => {
  await build('doc-1');
  await build('app-1');
  await create({ layout: 'plain', debug: false, source: false });
  await workAll(nothing);
  expect(await trees()).toEqual({ 'x86_64/os': 3 });
  const params = { name: 'prod' };
  await stage.call('editDist', {
    params,
    body: { definition: { exclude: ['*-devel'], compression: 'zstd' } },
  });
  await workAll(nothing);
  expect(await names('x86_64/os')).toEqual(['app-1.x86_64', 'doc-1.noarch']);
  expect(await names('x86_64/os', 1)).toEqual(['app-1.x86_64', 'app-devel-1.x86_64', 'doc-1.noarch']);
  const md = await (await fetch(`${stage.url}/dist/prod/latest/x86_64/os/repodata/repomd.xml`)).text();
  expect(md).toContain('primary.xml.zst');
}, 120_000);

test('packages that are not signed are waited for, gone without, or refused, as the repository says', async () => {
  await build('app-1');
  await stage.hub.ledger.tx('test', async (tx) => {
    const { sql } = await import('kysely');
    await sql`
      INSERT INTO keys (name, fingerprint, key_id, key_ids, algorithm, armor, made_at, state, added_at, added_by)
      VALUES ('k', 'ab', 'cd', '{cd}', 'rsa', '', ledger_now(), 'active', ledger_now(), 'test')`.execute(tx);
  });
  await create({ keys: ['k'] });
  await workAll(nothing);
  expect(await trees()).toEqual({ 'x86_64/os': 0, 'x86_64/debug/tree': 0, 'source/tree': 0 });
  expect((await get()).revision?.unsigned).toEqual([
    { nvr: 'app-1-1', package: 'app', instead: null, first: 'app.x86_64', count: 4 },
  ]);
  const edit = (unsigned: DistDefinition['unsigned']) =>
    stage.call('editDist', { params: { name: 'prod' }, body: { definition: { unsigned } } });
  await edit('allow');
  await workAll(nothing);
  expect(await trees()).toEqual({ 'x86_64/os': 2, 'x86_64/debug/tree': 1, 'source/tree': 1 });
  expect((await get()).revision?.unsigned).toEqual([]);
  await edit('refuse');
  const lease = await stage.worker.take();
  await stage.worker.beat(lease);
  const said = await stage.worker.finish(lease, { outcome: 'done' });
  expect(said).toMatchObject({ accepted: false, refusal: expect.stringContaining('app-1-1') });
  expect((await get()).revision?.number).toBe(2);
  await expect(create({ keys: ['nobody'] }, 'other')).rejects.toMatchObject({
    problem: { code: 'unknown_key' },
  });
}, 120_000);

test('what was gone back to stays until somebody has it follow its tag again', async () => {
  await build('app-1');
  await create({ layout: 'plain' });
  await workAll(nothing);
  await build('app-2');
  expect(await names('x86_64/os')).toEqual(['app-2.x86_64', 'app-devel-2.x86_64']);
  await stage.call('rollBackDist', { params: { name: 'prod', number: 1 } });
  await workAll(nothing);
  expect(await names('x86_64/os')).toEqual(['app-1.x86_64', 'app-devel-1.x86_64']);
  const repo = await get();
  expect(repo.revision).toMatchObject({ number: 3, backTo: 1 });
  expect(repo.definition.automatic).toBe(false);
  const repomd = (number: number) =>
    fetch(`${stage.url}/dist/prod/${number}/x86_64/os/repodata/repomd.xml`).then((reply) => reply.text());
  expect(await repomd(3)).toContain('<revision>3</revision>');
  await build('doc-1');
  expect(await names('x86_64/os')).toEqual(['app-1.x86_64', 'app-devel-1.x86_64']);
  await stage.call('editDist', { params: { name: 'prod' }, body: { definition: { automatic: true } } });
  await workAll(nothing);
  expect(await names('x86_64/os')).toEqual(['app-2.x86_64', 'app-devel-2.x86_64', 'doc-1.noarch']);
  await expect(stage.call('rollBackDist', { params: { name: 'prod', number: 99 } })).rejects.toMatchObject({
    problem: { code: 'unknown_revision' },
  });
}, 120_000);

test('a tag is not removed while a repository follows it, and one that does no more shows what the tag held last', async () => {
  await build('app-1');
  await create({ layout: 'plain' });
  await workAll(nothing);
  const remove = () => stage.call('removeTag', { params: { name: 'f1' }, body: {} });
  await stage.call('removeTarget', { params: { name: 'f1' }, body: {} });
  const refused = await remove().catch((error: unknown) => error);
  expect(refused).toMatchObject({
    problem: { code: 'tag_in_use', detail: expect.stringContaining('the repository prod follows it') },
  });
  await stage.call('editDist', { params: { name: 'prod' }, body: { definition: { automatic: false } } });
  await workAll(nothing);
  await remove();
  const before = (await get()).revision?.number ?? 0;
  await stage.call('requestDist', { params: { name: 'prod' } });
  await workAll(nothing);
  expect((await get()).revision?.number).toBe(before + 1);
  expect(await names('x86_64/os')).toEqual(['app-1.x86_64', 'app-devel-1.x86_64']);
}, 120_000);
