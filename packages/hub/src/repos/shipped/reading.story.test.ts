/** A client that takes its time, and changes that come faster than revisions are made. */
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { readRepomd } from '@moromi/repodata';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkPromises } from '../../../../../tests/harness/promises.ts';
import { passTime } from '../../testing/hub.ts';
import { type Built, rpmbuild } from '../../testing/samples.ts';
import { nothing, type Stage, setStage } from '../../testing/stage.ts';

let folder: string;
let stage: Stage;
const built = new Map<string, Built>();
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'moromi-reading-'));
  for (const name of ['app', 'doc'])
    built.set(name, await rpmbuild(folder, { name, preamble: ['BuildArch: noarch'] }));
  stage = await setStage();
  for (const one of built.values()) await stage.submit(one.srpm);
  await workAll();
  const definition = { arches: ['x86_64'], debug: false, source: false };
  await stage.call('createDist', { body: { name: 'prod', tag: 'f1', definition } });
  await workAll();
}, 240_000);
afterAll(async () => {
  await checkPromises(stage.access, join(stage.home, 'blobs'));
  await stage.stop();
  await rm(folder, { recursive: true });
}, 60_000);

const workAll = () =>
  stage.worker.workAll((source) => [...built.values()].find((one) => one.srpm.sha256 === source));

const params = { name: 'f1' };
const take = (nvr: string) => stage.call('untagBuilds', { params, body: { builds: [nvr] } });
const put = (nvr: string) => stage.call('tagBuilds', { params, body: { builds: [nvr] } });
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
async function bytesOf(url: string, headers: Record<string, string> = {}): Promise<Buffer> {
  const reply = await fetch(url, { headers });
  expect(reply.status).toBe(headers['range'] === undefined ? 200 : 206);
  return Buffer.from(await reply.arrayBuffer());
}

test('a client that pauses ten minutes between repomd, primary and packages gets what it was promised', async () => {
  const list = await bytesOf(`${stage.url}/dist/prod/mirrorlist?tree=x86_64/os`);
  const tree = list.toString().trim();
  const { records } = readRepomd(await bytesOf(`${tree}repodata/repomd.xml`));
  expect(records).toHaveLength(3);

  // Meanwhile nothing of it is left in the newest revision.
  for (const nvr of ['app-1-1', 'doc-1-1']) {
    await take(nvr);
    await workAll();
  }
  await passTime(stage.access, 600);
  const documents = await Promise.all(records.map(({ href }) => bytesOf(tree + href)));
  expect(documents.map(sha256)).toEqual(records.map((one) => one.checksum));
  expect(documents.map((one) => one.length)).toEqual(records.map((one) => one.size));

  await passTime(stage.access, 600);
  const primary = gunzipSync(documents[0] ?? Buffer.alloc(0)).toString();
  const packages = [...primary.matchAll(/pkgid="YES">([0-9a-f]{64})<[\s\S]*?<location href="([^"]+)"/g)];
  expect(packages).toHaveLength(2);
  for (const [, id, href] of packages) expect(sha256(await bytesOf(`${tree}${href}`))).toBe(id);

  // A download that was cut goes on where it was, over the pieces of a joined file too.
  const [{ href, checksum, size } = { href: '', checksum: '', size: 0 }] = records;
  const url = tree + href;
  const [whole] = documents;
  const etag = `"${checksum}"`;
  for (const at of [1, Math.floor(size / 2), size - 1])
    expect(await bytesOf(url, { range: `bytes=${at}-`, 'if-range': etag })).toEqual(whole?.subarray(at));
  const stale = await fetch(url, { headers: { range: 'bytes=1-', 'if-range': '"other"' } });
  expect([stale.status, Buffer.from(await stale.arrayBuffer()).length]).toEqual([200, size]);
  const head = await fetch(url, { method: 'HEAD' });
  expect([head.status, head.headers.get('content-length'), head.headers.get('etag')]).toEqual([
    ...[200, String(size), etag],
  ]);
  expect((await fetch(url, { headers: { 'if-none-match': etag } })).status).toBe(304);
}, 120_000);

test('ten changes make one revision, those that come while it is made one more, and none is skipped', async () => {
  const shown = async () => (await stage.call('getDist', { params: { name: 'prod' } })).revision;
  const before = (await shown())?.number ?? 0;
  for (let n = 0; n < 5; n++) {
    await put('app-1-1');
    await take('app-1-1');
  }
  await put('app-1-1');
  for (;;) {
    const lease = await stage.worker.take({ kinds: ['publish'] });
    await stage.worker.beat(lease);
    if (lease.label === 'prod') {
      await put('doc-1-1');
      await stage.worker.finish(lease, await stage.worker.make(lease, nothing));
      break;
    }
    await stage.worker.finish(lease, await stage.worker.make(lease, nothing));
  }
  expect(await shown()).toMatchObject({ number: before + 1, trees: [{ packages: 1 }] });
  await workAll();
  expect(await shown()).toMatchObject({ number: before + 2, trees: [{ packages: 2 }] });
}, 120_000);
