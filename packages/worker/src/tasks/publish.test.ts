import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Completion, Lease, PublishOrder } from '@moromi/contract';
import { Createrepo, type MetadataMaker, readPrimary } from '@moromi/repodata';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { all, type Made, makePackages } from '../../../repodata/src/testing/packages.ts';
import { runWorker } from '../run.ts';
import { type Scene, scene, until } from '../testing/scene.ts';

type Package = PublishOrder['arches'][number]['packages'][number];

let made: Made[] = [];
let rest: Scene | undefined;

beforeAll(async () => {
  rest = await scene();
  made = await makePackages(join(rest.dir, 'packages'), [
    ['alpha', '1'],
    ['beta', '2'],
    ['gamma', '3'],
    ['delta', '4'],
  ]);
}, 60_000);

afterAll(() => rest?.[Symbol.asyncDispose]());

async function stored(stage: Scene, which: Made[]): Promise<Package[]> {
  return await Promise.all(
    which.map(async ({ path, fileName }) => ({ ...stage.hub.addBlob(await readFile(path)), name: fileName })),
  );
}

function lease(task: number, revision: number, packages: Package[], arches = ['x86_64']): Lease {
  return {
    task,
    attempt: 1,
    kind: 'publish',
    arch: null,
    label: 't1',
    build: null,
    leaseSeconds: 60,
    heartbeatSeconds: 10,
    publish: { tag: 't1', revision, arches: arches.map((arch) => ({ arch, packages })) },
  };
}

function start(stage: Scene, maker?: MetadataMaker, home = 'home') {
  const leave = new AbortController();
  const exit = runWorker(
    {
      home: join(stage.dir, home),
      hub: stage.hub.url,
      name: 'publisher',
      enrolToken: 'x',
      kinds: ['publish'],
      arches: [],
      driver: 'native',
      logLevel: 'debug',
    },
    { leave: leave.signal },
    { journal: stage.journal, ...(maker === undefined ? {} : { maker }) },
  );
  const done = async (task: number): Promise<Completion> => {
    await until(() => stage.hub.results.has(`${task}-1`));
    const result = stage.hub.results.get(`${task}-1`);
    if (result === undefined) throw new Error('unreachable');
    return result;
  };
  const stop = async () => {
    leave.abort();
    expect(await exit).toBe(0);
  };
  return { done, stop };
}

function filesOf(result: Completion): Record<string, string> {
  if (result.outcome !== 'done') throw new Error(JSON.stringify(result));
  return Object.fromEntries(
    (result.published?.arches[0]?.files ?? []).map(({ name, sha256 }) => [name, sha256]),
  );
}

async function primaryOf(stage: Scene, result: Completion): Promise<string[]> {
  const [, sha256 = ''] =
    Object.entries(filesOf(result)).find(([name]) => name.endsWith('-primary.xml.gz')) ?? [];
  async function* blob() {
    yield stage.hub.blobs.get(sha256) ?? Buffer.alloc(0);
  }
  return (await all(readPrimary(blob()))).map(({ location }) => location).sort();
}

test('the metadata of each architecture is uploaded under names that hold its hash, and lists what was ordered', async () => {
  await using stage = await scene();
  const worker = start(stage);
  stage.hub.offer(lease(1, 5, await stored(stage, made), ['x86_64', 'i686']));
  const result = await worker.done(1);
  await worker.stop();
  if (result.outcome !== 'done') throw new Error(JSON.stringify(result));
  expect(result.published?.arches.map(({ arch }) => arch)).toEqual(['x86_64', 'i686']);
  expect(await primaryOf(stage, result)).toEqual(made.map(({ fileName }) => `Packages/${fileName}`).sort());
  for (const [name, sha256] of Object.entries(filesOf(result))) {
    const bytes = stage.hub.blobs.get(sha256) ?? Buffer.alloc(0);
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256);
    if (name !== 'repomd.xml') expect(name.startsWith(`${sha256}-`)).toBe(true);
  }
});

test('the next revision fetches only what is new, and is the same as one made from scratch elsewhere', async () => {
  await using stage = await scene();
  const packages = await stored(stage, made);
  const worker = start(stage);
  stage.hub.offer(lease(1, 5, packages.slice(0, 3)));
  await worker.done(1);
  const before = stage.hub.named('getBlob').length;
  // The cache may lose what it likes: known packages are not read.
  const cache = join(stage.dir, 'home', 'cache', 'blobs');
  for (const folder of await readdir(cache)) {
    for (const file of await readdir(join(cache, folder))) await writeFile(join(cache, folder, file), '');
  }
  stage.hub.offer(lease(2, 6, packages.slice(1)));
  const grown = await worker.done(2);
  await worker.stop();
  expect(stage.hub.named('getBlob').length - before).toBe(1);
  expect(stage.hub.log(2, 1, 'worker.log').toString()).toContain('3 packages, 2 of them known');
  const other = start(stage, undefined, 'other');
  stage.hub.offer(lease(3, 6, packages.slice(1)));
  expect(filesOf(await other.done(3))).toEqual(filesOf(grown));
  await other.stop();
});

test('a name that stands for other content now is read anew', async () => {
  await using stage = await scene();
  const [alpha, beta] = await stored(stage, made);
  if (alpha === undefined || beta === undefined) throw new Error('unreachable');
  const worker = start(stage);
  stage.hub.offer(lease(1, 1, [alpha, { ...beta, name: 'x-1-1.noarch.rpm' }]));
  await worker.done(1);
  stage.hub.offer(lease(2, 2, [{ ...alpha, name: 'x-1-1.noarch.rpm' }]));
  const result = await worker.done(2);
  await worker.stop();
  expect(await primaryOf(stage, result)).toEqual(['Packages/x-1-1.noarch.rpm']);
  expect(stage.hub.log(2, 1, 'worker.log').toString()).toContain('1 packages, 0 of them known');
});

test('a rest of the last revision that cannot be used is not', async () => {
  await using stage = await scene();
  const packages = await stored(stage, made.slice(0, 2));
  const last = join(stage.dir, 'home', 'cache', 'published', 't1', 'x86_64', 'repodata');
  await mkdir(last, { recursive: true });
  await writeFile(join(last, 'repomd.xml'), '<repomd');
  const worker = start(stage);
  stage.hub.offer(lease(1, 1, packages));
  expect(await primaryOf(stage, await worker.done(1))).toHaveLength(2);
  await worker.stop();
});

test('metadata that does not list what was ordered is never uploaded', async () => {
  await using stage = await scene();
  const packages = await stored(stage, made.slice(0, 2));
  const [first] = packages;
  if (first === undefined) throw new Error('unreachable');
  // A maker that leaves a package out.
  const maker: MetadataMaker = {
    async make(order, signal) {
      const { rm } = await import('node:fs/promises');
      await rm(join(order.dir, 'Packages', first.name));
      return await new Createrepo().make(order, signal);
    },
  };
  const worker = start(stage, maker);
  stage.hub.offer(lease(1, 1, packages));
  const result = await worker.done(1);
  await worker.stop();
  expect(result).toMatchObject({
    outcome: 'failed',
    failure: { code: 'metadata_wrong', fault: 'infrastructure' },
  });
  expect(stage.hub.named('createUpload')).toEqual([]);
});

test('orders with names that lead elsewhere are refused', async () => {
  await using stage = await scene();
  const [one] = await stored(stage, made);
  if (one === undefined) throw new Error('unreachable');
  const worker = start(stage);
  const orders: Lease[] = [
    lease(1, 1, [{ ...one, name: '../../x.rpm' }]),
    lease(2, 1, [one, one]),
    lease(3, 1, [one], ['../x']),
    lease(4, 1, [one], ['x86_64', 'x86_64']),
    lease(5, 1, [{ ...one, sha256: '../../../etc/passwd' }]),
    { ...lease(6, 1, [one]), publish: { tag: '../up', revision: 1, arches: [] } },
  ];
  for (const order of orders) {
    stage.hub.offer(order);
    const result = await worker.done(order.task);
    expect(result, `${order.task}`).toMatchObject({ outcome: 'failed', failure: { code: 'bad_order' } });
  }
  await worker.stop();
  expect(await readdir(join(stage.dir, 'home', 'cache', 'published'))).toEqual([]);
});
