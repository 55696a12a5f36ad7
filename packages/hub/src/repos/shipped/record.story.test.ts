/** Records of repositories that are shipped, from an upload to what dnf reads. */
import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { readRepomd, readUpdateinfo, updateinfoRecord } from '@moromi/repodata';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkPromises } from '../../../../../tests/harness/promises.ts';
import { query } from '../../testing/hub.ts';
import { type Built, rpmbuild, sampleOf } from '../../testing/samples.ts';
import { type Stage, setStage, uploadFile } from '../../testing/stage.ts';

const run = promisify(execFile);
let folder: string;
let stage: Stage;
let app: Built;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'moromi-records-'));
  const recipe = { name: 'app', arches: ['x86_64', 'i686'], subpackages: ['debuginfo'], payload: 'app' };
  app = await rpmbuild(folder, recipe);
  stage = await setStage();
  await stage.submit(app.srpm);
  await workAll();
  const body = { name: 'prod', tag: 'f1', definition: { arches: ['x86_64', 'i686'] } };
  await stage.call('createDist', { body });
  await workAll();
}, 240_000);
afterAll(async () => {
  await checkPromises(stage.access, join(stage.home, 'blobs'));
  await stage.stop();
  await rm(folder, { recursive: true });
}, 60_000);

const workAll = () => stage.worker.workAll((source) => (source === undefined ? undefined : app));

async function add(type: string, name: string, text: string | Buffer, trees?: string[]): Promise<void> {
  const sample = sampleOf(name, Buffer.from(text));
  await uploadFile(stage, sample);
  const body = { type, name, sha256: sample.sha256, ...(trees === undefined ? {} : { trees }) };
  await stage.call('addDistRecord', { params: { name: 'prod' }, body });
}

const under = (tree: string) => `${stage.url}/dist/prod/latest/${tree}/`;
async function bytesOf(url: string): Promise<Buffer> {
  const reply = await fetch(url);
  expect(reply.status).toBe(200);
  return Buffer.from(await reply.arrayBuffer());
}
async function recordsOf(tree: string): Promise<string[]> {
  const { records } = readRepomd(await bytesOf(`${under(tree)}repodata/repomd.xml`));
  return records.map((one) => one.type).filter((one) => !['primary', 'filelists', 'other'].includes(one));
}
/** What is in a tree's record of a type. */
async function plain(tree: string, type: string): Promise<Buffer> {
  const { records } = readRepomd(await bytesOf(`${under(tree)}repodata/repomd.xml`));
  const href = records.find((one) => one.type === type)?.href ?? '';
  const bytes = await bytesOf(under(tree) + href);
  return href.endsWith('.gz') ? gunzipSync(bytes) : bytes;
}

async function dnf(tree: string, ...words: string[]): Promise<string> {
  const root = await mkdtemp(join(folder, 'dnf-'));
  const where = [`--installroot=${root}/root`, `--setopt=cachedir=${root}/cache`, '--releasever=9'];
  const repo = [`--repofrompath=t,${under(tree)}`, '--repo=t', '--setopt=t.gpgcheck=0'];
  const platform = '--setopt=module_platform_id=platform:m9';
  const env = { ...process.env, LC_ALL: 'C.UTF-8' };
  const words0 = ['-q', '--setopt=reposdir=/nonexistent', '--forcearch=x86_64', platform, ...where, ...repo];
  return (await run('dnf', [...words0, ...words], { timeout: 60_000, env })).stdout;
}

const group = (id: string) => `<?xml version="1.0"?>
<!DOCTYPE comps PUBLIC "-//Moromi//DTD Comps info//EN" "comps.dtd">
<comps><group><id>${id}</id><name>Group ${id}</name><uservisible>true</uservisible>
  <packagelist><packagereq type="mandatory">app</packagereq></packagelist></group></comps>
`;
const module = `---
document: modulemd
version: 2
data:
  name: app
  stream: "1"
  version: 1
  context: c0ffee42
  arch: x86_64
  summary: An app
  description: An app.
  license: { module: [MIT] }
  profiles: { common: { rpms: [app] } }
---
document: modulemd-defaults
version: 1
data: { module: app, stream: "1", profiles: { "1": [common] } }
`;

const none = { rebootSuggested: false, restartSuggested: false, reloginSuggested: false };
function advisory(id: string, packages: [name: string, arch: string][]) {
  const about = { epoch: 0, version: '1', release: '1', src: null, filename: null, sum: null, ...none };
  return {
    ...{ id, from: null, status: 'final', type: 'security', version: '1', title: id, issued: '2026-01-02' },
    ...{ updated: null, rights: null, release: null, pushcount: null, severity: 'Low', summary: null },
    ...{ description: null, solution: null, rebootSuggested: false, references: [] },
    collections: [
      {
        ...{ short: 'c', name: 'C', module: null },
        packages: packages.map(([name, arch]) => ({ name, arch, ...about })),
      },
    ],
  };
}

test('comps, modules with defaults and a product id stand where they belong, and dnf reads them', async () => {
  const packed = spawnSync('xz', ['--stdout'], { input: group('all') }).stdout;
  await add('group', 'comps.xml.xz', packed);
  await add('group', 'comps-i686.xml', group('small'), ['i686/os']);
  await add('modules', 'modules.yaml', module);
  const certificate = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
  await add('productid', 'product.pem', certificate);
  await workAll();
  expect(await recordsOf('x86_64/os')).toEqual(['group', 'modules', 'productid']);
  expect(await recordsOf('x86_64/debug/tree')).toEqual(['modules']);
  expect((await plain('x86_64/os', 'group')).toString()).not.toContain('DOCTYPE');
  expect((await plain('i686/os', 'group')).toString()).toContain('small');
  expect((await plain('x86_64/os', 'productid')).toString()).toBe(certificate);
  expect(await dnf('x86_64/os', 'group', 'info', 'all')).toMatch(/Group: Group all[\s\S]*app/);
  expect(await dnf('x86_64/os', 'module', 'list')).toMatch(/^app\s+1 \[d\]\s+common \[d\]\s+An app/m);
  const params = { name: 'prod' };
  await stage.call('removeDistRecord', { params, body: { type: 'group', trees: ['i686/os'] } });
  await workAll();
  expect((await plain('i686/os', 'group')).toString()).toContain('Group all');
  await expect(
    stage.call('removeDistRecord', { params, body: { type: 'group', trees: ['i686/os'] } }),
  ).rejects.toMatchObject({ problem: { code: 'unknown_record' } });
}, 240_000);

test('advisories say of each tree only what it has', async () => {
  const both = advisory('M-1', [
    ...([
      ['app', 'x86_64'],
      ['app', 'i686'],
      ['app-debuginfo', 'x86_64'],
    ] as [string, string][]),
    ['gone', 'x86_64'],
  ]);
  await add(
    'updateinfo',
    'updateinfo.xml',
    updateinfoRecord([both, advisory('M-2', [['gone', 'noarch']])]).plain,
  );
  await workAll();
  const said = async (tree: string) => {
    const found = [];
    const bytes = await plain(tree, 'updateinfo');
    for await (const one of readUpdateinfo(Readable.from([bytes])))
      found.push([
        one.id,
        one.collections.flatMap(({ packages }) => packages.map((pkg) => pkg.name)).join(' '),
      ]);
    return found;
  };
  expect(await said('x86_64/os')).toEqual([['M-1', 'app']]);
  expect(await said('x86_64/debug/tree')).toEqual([['M-1', 'app-debuginfo']]);
  expect(await said('source/tree')).toEqual([]);
  expect(await dnf('x86_64/os', 'repoquery', '--advisory=M-1', '--qf=%{name}')).toBe('app\n');
}, 240_000);

test('what is not what it should be is refused, with the line', async () => {
  const refused = (type: string, name: string, text: string | Buffer, trees?: string[]) =>
    expect(add(type, name, text, trees)).rejects;
  const bad = (detail: RegExp) => ({
    problem: { code: 'bad_record', detail: expect.stringMatching(detail) },
  });
  await refused('group', 'comps.xml', group('a').replace('</id>', '</oops>')).toMatchObject(
    bad(/^comps.xml: .*3:/),
  );
  await refused('group', 'comps.xml', group('a/b')).toMatchObject(bad(/"a\/b".*line 3/));
  await refused('modules', 'modules.yaml', module.replace('modulemd-defaults', 'poem')).toMatchObject(
    bad(/"poem".*from line 15 on/),
  );
  await refused('updateinfo', 'u.xml', '<updates>\n<update><id></id></update>\n</updates>').toMatchObject(
    bad(/no id of an advisory.*line 2/),
  );
  await refused('productid', 'product.pem', 'hello').toMatchObject(bad(/no certificate/));
  await refused('group', 'comps.xml.gz', Buffer.from([0x1f, 0x8b, 1, 2, 3, 4, 5, 6])).toMatchObject(
    bad(/cannot be unpacked/),
  );
  const bomb = spawnSync('sh', ['-c', 'head -c 300M /dev/zero | gzip'], { maxBuffer: 2 ** 30 }).stdout;
  await refused('appstream', 'appstream.xml.gz', bomb).toMatchObject({ problem: { code: 'too_large' } });
  await refused('primary_db', 'a', 'a').toMatchObject({ problem: { code: 'bad_request' } });
  await refused('group', 'comps.xml', group('a'), ['s390x/os']).toMatchObject({
    problem: { code: 'bad_request', detail: expect.stringContaining('no tree s390x/os') },
  });
}, 240_000);

test('the lists of packages are given as zchunk files too, also when an older revision is given again', async () => {
  const params = { name: 'prod' };
  await stage.call('editDist', { params, body: { definition: { zchunk: true } } });
  await workAll();
  const zchunks = async () => {
    const { records } = readRepomd(await bytesOf(`${under('x86_64/os')}repodata/repomd.xml`));
    return records.filter((one) => one.type.endsWith('_zck'));
  };
  const before = await zchunks();
  expect(before.map((one) => one.type)).toEqual(['primary_zck', 'filelists_zck', 'other_zck']);
  for (const { type, href, header } of before) {
    const bytes = await bytesOf(under('x86_64/os') + href);
    const path = join(folder, 'read.zck');
    await writeFile(path, bytes);
    const { stdout } = await run('unzck', ['--stdout', path], { timeout: 60_000, encoding: 'buffer' });
    expect(stdout).toEqual(await plain('x86_64/os', type.replace('_zck', '')));
    expect((await run('zck_read_header', [path], { timeout: 60_000 })).stdout).toMatch(
      new RegExp(`Header size: ${header?.size}\\b`),
    );
  }
  const { revision } = await stage.call('getDist', { params });
  await stage.call('rollBackDist', { params: { name: 'prod', number: revision?.number ?? 0 } });
  await workAll();
  expect(await zchunks()).toEqual(before.map((one) => ({ ...one, timestamp: expect.any(Number) })));
}, 240_000);

test('files are listed with their digests where that is said, also of packages that were read before', async () => {
  const params = { name: 'prod' };
  const say = async (filelistsExt: boolean) => {
    await stage.call('editDist', { params, body: { definition: { filelistsExt } } });
    await workAll();
    return readRepomd(await bytesOf(`${under('x86_64/os')}repodata/repomd.xml`)).records;
  };
  const unread = await query(stage.access, 'SELECT FROM extended_filelists');
  expect(unread).toEqual([]);
  const before = await say(false);
  const records = await say(true);
  const isOther = ({ type }: { type: string }) => !type.startsWith('filelists-ext');
  expect(records.filter(isOther)).toEqual(before.map((one) => ({ ...one, timestamp: expect.any(Number) })));
  const added = records.filter((one) => !isOther(one));
  expect(added.map(({ type, href, checksum }) => [type, href.replace(checksum, 'SHA256')])).toEqual([
    ['filelists-ext', 'repodata/SHA256-filelists-ext.xml.gz'],
    ['filelists-ext_zck', 'repodata/SHA256-filelists-ext.xml.zck'],
  ]);
  const text = (await plain('x86_64/os', 'filelists-ext')).toString();
  const files = (await plain('x86_64/os', 'filelists')).toString();
  const without = text.replaceAll(/ hash="\w+"|^ {2}<checksum.*\n/gm, '');
  expect(without.replaceAll('filelists-ext', 'filelists')).toBe(files);
  const sample = app.rpms.get('x86_64')?.find((one) => one.name === 'app-1-1.x86_64.rpm');
  await writeFile(join(folder, 'app.rpm'), sample?.bytes ?? '');
  const format = '[%{FILENAMES} %{FILEDIGESTS}\n]';
  const { stdout: told } = await run('rpm', ['-qp', '--qf', format, join(folder, 'app.rpm')]);
  const listed = [...text.matchAll(/<file hash="(\w+)">([^<]*)</g)].map(
    ([, hash, path]) => `${path} ${hash}\n`,
  );
  expect(listed.join('')).toBe(told);
  expect(told).toMatch(/^\/usr\/share\/app [0-9a-f]{64}\n$/);
  expect(await dnf('x86_64/os', 'repoquery', '--list', 'app')).toBe('/usr/share/app\n');
  expect(await say(false)).toEqual(before.map((one) => ({ ...one, timestamp: expect.any(Number) })));
}, 240_000);
