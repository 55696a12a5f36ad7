/** Mass rebuilds, over the real API; the plan is what a worker would find. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BatchDetail, Lease, PlanResult } from '@moromi/contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Built, rpmbuild } from '../testing/samples.ts';
import { nothing, type Stage, stageForEach, uploadFile } from '../testing/stage.ts';

let folder: string;
/** By name and what follows %dist's place in the release. */
const built = new Map<string, Built>();
let stage: Stage;
const names = ['alpha', 'beta', 'gamma'];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'moromi-rebuild-'));
  for (const name of names)
    for (const release of ['1', '1.f1~bootstrap', '1.f1.2']) {
      const preamble = name === 'beta' ? ['BuildRequires: alpha >= 1'] : [];
      built.set(`${name}-1-${release}`, await rpmbuild(folder, { name, release, preamble }));
    }
});
afterAll(() => rm(folder, { recursive: true }));
stageForEach(async (fresh) => {
  stage = fresh;
  const settings = { arches: ['x86_64'], macros: { dist: '.f1' } };
  await stage.call('editTag', { params: { name: 'f1' }, body: { settings } });
  await stage.worker.work(nothing);
  for (const name of names) await uploadFile(stage, sample(name).srpm);
});

function sample(name: string, release = '1'): Built {
  const found = built.get(`${name}-1-${release}`);
  if (found === undefined) throw new Error(`there is no ${name}-1-${release}`);
  return found;
}
const sources = (...some: string[]) =>
  some.map((name) => ({ sha256: sample(name).srpm.sha256, name: sample(name).srpm.name }));
const get = (id: number): Promise<BatchDetail> => stage.call('getBatch', { params: { id } });
const rebuild = (more: Record<string, unknown> = {}) =>
  stage.call('createRebuild', { body: { target: 'f1', sources: sources(...names), ...more } });

/** Answers the plan task; each pair is who needs whom. */
async function plan(pairs: [string, string][], missing: PlanResult['missing'] = []): Promise<Lease> {
  const lease = await stage.worker.take({ kinds: ['plan'] });
  const place = (name: string) => lease.plan?.packages.findIndex((one) => one.name === name) ?? -1;
  const needs = pairs.map(([one, other]) => ({
    package: place(one),
    needs: place(other),
    requirement: `${other}-devel`,
    guessed: false,
  }));
  const said = await stage.worker.finish(lease, { outcome: 'done', planned: { needs, missing } });
  expect(said.accepted).toBe(true);
  return lease;
}

/** Does the next build task as its macros say. */
async function work(): Promise<string> {
  const lease = await stage.worker.take({ kinds: ['srpm', 'build', 'publish'] });
  await stage.worker.beat(lease);
  const name = names.find((one) => lease.label.startsWith(one)) ?? '';
  const dist = lease.source?.root.macros['dist'] ?? '';
  const release = dist === '.f1' || dist === '' ? '1' : `1${dist}`;
  const of = lease.kind !== 'publish' ? sample(name, release) : nothing;
  const said = await stage.worker.finish(lease, await stage.worker.make(lease, of));
  if (!said.accepted) throw new Error(`refused: ${said.refusal}`);
  return lease.kind === 'build' ? `${name}${dist} in ${lease.source?.root.repos[0]?.id}` : lease.kind;
}

async function workAll(batch: number): Promise<string[]> {
  const order: string[] = [];
  while ((await get(batch)).state === 'running') {
    const done = await work();
    if (!['srpm', 'publish'].includes(done)) order.push(done);
  }
  return order;
}

test('it is planned, then built in the order of what needs what', async () => {
  const batch = await rebuild();
  expect(batch).toMatchObject({ kind: 'rebuild', state: 'planning' });
  const lease = await plan([
    ['alpha', 'gamma'],
    ['beta', 'alpha'],
  ]);
  expect(lease.plan).toMatchObject({
    arches: [{ arch: 'x86_64', repos: [{ id: 'build-f1' }] }],
    packages: [
      { name: 'alpha', requires: [{ arches: ['x86_64'], requires: [] }] },
      { name: 'beta', requires: [{ arches: ['x86_64'], requires: ['alpha >= 1'] }] },
      { name: 'gamma' },
    ],
  });
  const detail = await get(batch.id);
  expect(detail.plan).toMatchObject({
    packages: 3,
    edges: 2,
    bound: { by: 'path' },
    chain: [{ package: 'gamma' }, { package: 'alpha' }, { package: 'beta' }],
    guessed: 3,
  });
  expect(await workAll(batch.id)).toEqual([
    'gamma.f1 in build-f1',
    'alpha.f1 in build-f1',
    'beta.f1 in build-f1',
  ]);
  expect((await get(batch.id)).state).toBe('done');
});

test('of a tag it takes the latest builds, with what they required, and gives them a new %dist', async () => {
  const first = await rebuild({ sources: sources('alpha', 'beta') });
  await plan([['beta', 'alpha']]);
  await workAll(first.id);
  while ((await stage.call('stats')).items.length > 0) await work();
  const again = await rebuild({ sources: undefined, tag: 'f1', bump: { how: 'dist', suffix: '.2' } });
  const lease = await plan([]);
  expect(lease.plan?.packages).toEqual([
    { name: 'alpha', requires: [{ arches: ['x86_64'], requires: [] }] },
    { name: 'beta', requires: [{ arches: ['x86_64'], requires: ['alpha >= 1'] }] },
  ]);
  expect((await workAll(again.id)).toSorted()).toEqual(['alpha.f1.2 in build-f1', 'beta.f1.2 in build-f1']);
});

test('a plan that is only to be shown begins nothing, and can be begun', async () => {
  const batch = await rebuild({ dryRun: true });
  await plan([['beta', 'alpha']]);
  const detail = await get(batch.id);
  expect(detail).toMatchObject({ state: 'planned', items: [], plan: { edges: 1 } });
  expect(detail.plan?.makespanSeconds).toBeGreaterThan(0);
  expect(await stage.call('startBatch', { params: { id: batch.id }, body: {} })).toMatchObject({
    state: 'running',
  });
  await stage.call('cancelBatch', { params: { id: batch.id }, body: {} });
});

test('a cycle without a declared bootstrap is named, and nothing is built', async () => {
  const batch = await rebuild();
  await plan([
    ['alpha', 'beta'],
    ['beta', 'alpha'],
  ]);
  expect(await get(batch.id)).toMatchObject({
    state: 'failed',
    failure: { code: 'cycle', message: '1 cycle needs a declared bootstrap: alpha → beta → alpha' },
    plan: { cycles: [{ packages: ['alpha', 'beta'], broken: 'not' }] },
    items: [],
  });
});

test('a cycle with one is built aside first, and clean on that; the side tag is never released', async () => {
  const batch = await rebuild({ bootstrap: [{ package: 'alpha' }] });
  await plan([
    ['alpha', 'beta'],
    ['beta', 'alpha'],
    ['gamma', 'beta'],
  ]);
  const side = `f1-side-${batch.id}`;
  expect((await get(batch.id)).sideTag).toBe(side);
  expect(await workAll(batch.id)).toEqual([
    `alpha.f1~bootstrap in build-${side}`,
    `beta.f1~bootstrap in build-${side}`,
    `alpha.f1 in build-${side}`,
    `beta.f1 in build-${side}`,
    'gamma.f1 in build-f1',
  ]);
  expect((await get(batch.id)).state).toBe('done');
  const tagged = await stage.call('listTagged', { params: { name: 'f1' }, query: {} });
  expect(tagged.items.map((one) => one.nvr)).toEqual(['alpha-1-1', 'beta-1-1', 'gamma-1-1']);
  // The bootstrap build of alpha alone was made with it.
  const detail = await get(batch.id);
  const [alpha, beta] = detail.items.filter((item) => item.stage === 'bootstrap');
  expect((await stage.build(alpha?.build ?? 0)).options.with).toEqual(['bootstrap']);
  expect((await stage.build(beta?.build ?? 0)).options.with).toBeUndefined();
});

test('what nothing provides fails its package at once, with the nearest name, and holds what needs it', async () => {
  const batch = await rebuild();
  await plan(
    [['beta', 'alpha']],
    [{ package: 0, arch: 'x86_64', requirement: 'zlib-devl', nearest: 'zlib-devel' }],
  );
  let { items } = await get(batch.id);
  while (items.some((item) => item.state === 'ready')) ({ items } = await get(batch.id));
  expect(items.map((item) => item.state)).toEqual(['failed', 'held', 'building']);
  expect(items[0]?.failure).toMatchObject({
    code: 'buildrequires_missing',
    message: 'nothing provides zlib-devl on x86_64; the nearest is zlib-devel',
  });
  await workAll(batch.id);
  expect((await get(batch.id)).state).toBe('failed');
});

test('into a side tag it is merged at once, or not at all', async () => {
  const batch = await rebuild({ side: true, sources: sources('alpha', 'gamma') });
  await plan([]);
  const merge = (force: boolean) => stage.call('mergeBatch', { params: { id: batch.id }, body: { force } });
  await expect(merge(false)).rejects.toMatchObject({ problem: { code: 'batch_running' } });
  const side = `f1-side-${batch.id}`;
  expect((await workAll(batch.id)).toSorted()).toEqual([
    `alpha.f1 in build-${side}`,
    `gamma.f1 in build-${side}`,
  ]);
  const tagged = async () =>
    (await stage.call('listTagged', { params: { name: 'f1' }, query: {} })).items.map((one) => one.nvr);
  expect(await tagged()).toEqual([]);
  await merge(false);
  expect(await tagged()).toEqual(['alpha-1-1', 'gamma-1-1']);
  await expect(merge(false)).rejects.toMatchObject({ problem: { code: 'nothing_to_merge' } });
});

test('a side tag with failures is merged only by force', async () => {
  const batch = await rebuild({ side: true, sources: sources('alpha', 'gamma') });
  await plan([]);
  // The side tag's own repository first.
  await work();
  const lease = await stage.worker.take({ kinds: ['srpm'] });
  await stage.worker.fail(lease, 'package');
  await workAll(batch.id);
  const merge = (force: boolean) => stage.call('mergeBatch', { params: { id: batch.id }, body: { force } });
  await expect(merge(false)).rejects.toMatchObject({ problem: { code: 'batch_failed' } });
  expect((await merge(true)).state).toBe('failed');
});

test('a plan that fails fails the rebuild, and a wrong request is refused before it', async () => {
  const batch = await rebuild();
  await stage.worker.fail(await stage.worker.take({ kinds: ['plan'] }), 'package');
  expect(await get(batch.id)).toMatchObject({ state: 'failed', failure: { code: 'a_test' } });
  for (const [more, code] of [
    [{ tag: 'f1' }, 'bad_request'],
    [{ sources: undefined, tag: 'f1', packages: ['nowhere'] }, 'unknown_package'],
    [{ sources: undefined, tag: 'nowhere' }, 'unknown_tag'],
    [{ sources: [...sources('alpha'), ...sources('alpha')] }, 'bad_request'],
  ] as const)
    await expect(rebuild(more)).rejects.toMatchObject({ problem: { code } });
});

test('a rebuild of no packages of a tag says that nothing was asked for', async () => {
  const body = { target: 'f1', tag: 'f1', packages: [] };
  await expect(stage.call('createRebuild', { body })).rejects.toMatchObject({
    problem: { code: 'bad_request', detail: expect.stringContaining('packages') },
  });
});
