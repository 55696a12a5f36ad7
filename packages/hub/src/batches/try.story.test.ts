/** Tries, over the real API; what the plan and the look at the repositories find is what a worker would. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BatchDetail, ClosureResult, Lease } from '@moromi/contract';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { checkPromises } from '../../../../tests/harness/promises.ts';
import { type Built, rpmbuild } from '../testing/samples.ts';
import { nothing, type Stage, setStage, uploadFile } from '../testing/stage.ts';

let folder: string;
let stage: Stage;
let change: Built['srpm'];
const built = new Map<string, Built>();
const whole: ClosureResult = {
  unmet: [],
  counts: { unmet: 0, unmetBefore: 0, mended: 0 },
  gone: [],
  added: [],
};
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'moromi-try-'));
  stage = await setStage();
  const settings = { arches: ['x86_64'], macros: { dist: '.f1' } };
  await stage.call('editTag', { params: { name: 'f1' }, body: { settings } });
  await stage.worker.work(nothing);
  for (const name of ['low', 'user', 'far']) {
    const { srpm } = await sample(`${name} 1`);
    await uploadFile(stage, srpm);
    await stage.call('createBuild', {
      body: { target: 'f1', source: { sha256: srpm.sha256, name: srpm.name } },
    });
    while ((await stage.call('stats')).items.length > 0) await work();
  }
  change = (await sample('low 2')).srpm;
  await uploadFile(stage, change);
});
afterAll(async () => {
  await stage.stop();
  await rm(folder, { recursive: true });
});
beforeEach(() => failing.clear());
afterEach(() => checkPromises(stage.access, join(stage.home, 'blobs')));

/** @param key name and release */
async function sample(key: string): Promise<Built> {
  const [name = '', release = ''] = key.split(' ');
  const found = built.get(key) ?? (await rpmbuild(folder, { name, release }));
  built.set(key, found);
  return found;
}
const get = (id: number): Promise<BatchDetail> => stage.call('getBatch', { params: { id } });
const request = (more: Record<string, unknown> = {}) =>
  stage.call('createTry', {
    body: { target: 'f1', sources: [{ sha256: change.sha256, name: change.name }], ...more },
  });

/** `user in build-f1`, `user as a source`: these fail. */
const failing = new Set<string>();

/** Does the next task. @returns what it was */
async function work(): Promise<string> {
  const lease = await stage.worker.take({ kinds: ['srpm', 'build', 'publish'] });
  await stage.worker.beat(lease);
  const [label = ''] = /^[a-z]+/.exec(lease.label) ?? [];
  const { macros = {}, repos = [] } = lease.source?.root ?? {};
  const place = `${label} in ${repos[0]?.id}`;
  if (failing.has(lease.kind === 'srpm' ? `${label} as a source` : place)) {
    await stage.worker.fail(lease, 'package');
    return `${place} fails`;
  }
  const release = /^low-1-2/.test(lease.label) ? '2' : macros['dist'] === '.f1' ? '1' : `1${macros['dist']}`;
  const of = lease.kind !== 'publish' ? await sample(`${label} ${release}`) : nothing;
  const said = await stage.worker.finish(lease, await stage.worker.make(lease, of));
  if (!said.accepted) throw new Error(`refused: ${said.refusal}`);
  return lease.kind === 'build' ? place : lease.kind;
}

/** user needs low, far needs user. */
async function plan(): Promise<Lease> {
  const lease = await stage.worker.take({ kinds: ['plan'] });
  const place = (one: string) => lease.plan?.packages.findIndex((each) => each.name === one) ?? -1;
  const needs = [
    ['user', 'low'],
    ['far', 'user'],
  ].map(([one = '', other = '']) => ({
    package: place(one),
    needs: place(other),
    requirement: `${other}-devel`,
    guessed: false,
  }));
  await stage.worker.finish(lease, { outcome: 'done', planned: { needs, missing: [] } });
  return lease;
}

async function compare(closure: ClosureResult): Promise<Lease> {
  const lease = await stage.worker.take({ kinds: ['closure'] });
  const said = await stage.worker.finish(lease, { outcome: 'done', closure });
  expect(said.accepted).toBe(true);
  return lease;
}

/** Until nothing of it is built any more. */
async function workAll(id: number): Promise<string[]> {
  const order: string[] = [];
  for (;;) {
    const { items, waiting, state } = await get(id);
    if (state !== 'running') return order;
    const open = items.some((item) => ['ready', 'building', 'waiting'].includes(item.state));
    const { items: queues } = await stage.call('stats');
    if (!open && queues.every((queue) => queue.kind === 'closure')) {
      expect(waiting?.reason ?? '').toContain('what can be installed');
      return order;
    }
    const done = await work();
    if (!['srpm', 'publish'].includes(done)) order.push(done);
  }
}

const tagged = async () =>
  (await stage.call('listTagged', { params: { name: 'f1' }, query: {} })).items.map((one) => one.nvr);

test('what needs the change is built with it, what broke is built without it, and nobody else sees any of it', async () => {
  const batch = await request({ depth: null });
  expect(batch).toMatchObject({ kind: 'try', state: 'planning' });
  expect((await plan()).plan?.packages.map((one) => one.name)).toEqual(['low', 'far', 'user']);
  const side = `f1-side-${batch.id}`;
  failing.add(`user in build-${side}`);
  const [first, second, ...rest] = await workAll(batch.id);
  expect([first, second]).toEqual([`low in build-${side}`, `user in build-${side} fails`]);
  expect(rest.toSorted()).toEqual([`far in build-${side}`, 'user in build-f1']);
  const lease = await compare(whole);
  expect(lease.closure).toMatchObject({
    arches: [{ arch: 'x86_64', before: [{ id: 'build-f1' }], after: [{ id: `build-${side}` }] }],
  });
  const done = await get(batch.id);
  const [baseline] = done.items.filter((item) => item.stage === 'baseline');
  expect(done).toMatchObject({
    state: 'failed',
    verdict: {
      good: false,
      broke: [{ package: 'user', baseline: baseline?.build }],
      brokeBefore: [],
      unclear: [],
    },
  });
  expect((await stage.build(baseline?.build ?? 0)).scratch).toBe(true);
  expect(await tagged()).toEqual(['far-1-1', 'low-1-1', 'user-1-1']);
  await expect(stage.call('mergeBatch', { params: { id: batch.id }, body: {} })).rejects.toMatchObject({
    problem: { code: 'batch_failed', detail: expect.stringContaining('user') },
  });
});

test('what does not build without the change either broke before, and what fails is gone on with', async () => {
  const batch = await request();
  await plan();
  const side = `f1-side-${batch.id}`;
  failing.add(`user in build-${side}`).add('user in build-f1');
  await workAll(batch.id);
  await compare(whole);
  const done = await get(batch.id);
  expect(done).toMatchObject({ state: 'done', verdict: { good: true, brokeBefore: [{ package: 'user' }] } });
  // far is two steps away.
  expect(done.plan?.packages).toBe(2);

  failing.clear();
  const failed = done.items.find((item) => item.stage === 'usual')?.build ?? 0;
  await stage.call('resubmitBuild', { params: { id: failed }, body: { failed: true } });
  expect(await get(batch.id)).toMatchObject({ state: 'running', verdict: null });
  expect(await workAll(batch.id)).toEqual([`user in build-${side}`]);
  await compare(whole);
  expect(await get(batch.id)).toMatchObject({ state: 'done', verdict: { good: true, brokeBefore: [] } });
});

test('what can be installed no more makes it bad, and a change that does not build ends it at once', async () => {
  const batch = await request();
  await plan();
  await workAll(batch.id);
  const unmet = [{ arch: 'x86_64', package: 'far-1-1.x86_64', requirement: 'liblow.so.1', before: false }];
  await compare({ ...whole, unmet, counts: { ...whole.counts, unmet: 1 } });
  expect(await get(batch.id)).toMatchObject({
    state: 'failed',
    verdict: { good: false, closure: { unmet } },
  });
  await expect(stage.call('mergeBatch', { params: { id: batch.id }, body: {} })).rejects.toMatchObject({
    problem: { detail: expect.stringContaining('far-1-1.x86_64 would lack liblow.so.1 on x86_64') },
  });

  // Not the build that the first try has made: this one wants another.
  const other = await request({ options: { define: { another: '1' } } });
  await plan();
  failing.add(`low in build-f1-side-${other.id}`);
  await workAll(other.id);
  expect(await get(other.id)).toMatchObject({
    state: 'failed',
    verdict: { good: false, changes: [{ package: 'low' }], unclear: [{ package: 'user' }], closure: null },
  });
});

test('a look at the repositories that fails is told, and is no verdict', async () => {
  const batch = await request();
  await plan();
  await workAll(batch.id);
  for (let round = 0; (await get(batch.id)).state === 'running' && round < 5; round++)
    await stage.worker.fail(await stage.worker.take({ kinds: ['closure'] }), 'package');
  expect(await get(batch.id)).toMatchObject({
    state: 'failed',
    failure: { code: 'a_test' },
    verdict: { good: false, closure: null },
  });
  // It is found out again, and nothing is built again.
  await stage.call('startBatch', { params: { id: batch.id }, body: {} });
  await compare(whole);
  expect(await get(batch.id)).toMatchObject({ state: 'done', failure: null, verdict: { good: true } });
});

test("what is asked for again as a whole is the try's, and canceling ends its look too", async () => {
  const batch = await request();
  await plan();
  const side = `f1-side-${batch.id}`;
  failing.add('user as a source');
  while ((await get(batch.id)).items.every((item) => item.stage !== 'baseline')) await work();
  failing.clear();
  await workAll(batch.id);
  await compare(whole);
  const done = await get(batch.id);
  expect(done.verdict).toMatchObject({ good: false, broke: [{ package: 'user' }] });
  const before = done.items.find((item) => item.label === 'user' && item.stage === 'usual')?.build ?? 0;
  const again = await stage.call('resubmitBuild', { params: { id: before }, body: { failed: true } });
  expect(again.id).not.toBe(before);
  expect(await get(batch.id)).toMatchObject({ state: 'running', verdict: null });
  expect(await workAll(batch.id)).toEqual([`user in build-${side}`]);
  const { items } = await stage.call('listTasks', { query: { kind: 'closure', state: 'free' } });
  expect(items).toHaveLength(1);
  await stage.call('cancelBatch', { params: { id: batch.id }, body: {} });
  const { items: left } = await stage.call('listTasks', { query: { kind: 'closure', state: 'free' } });
  expect(left).toEqual([]);
  expect(await get(batch.id)).toMatchObject({ state: 'canceled' });
});

test("a builder's account whose counts and list disagree is refused", async () => {
  const batch = await request();
  await plan();
  await workAll(batch.id);
  const lease = await stage.worker.take({ kinds: ['closure'] });
  const said = await stage.worker.finish(lease, {
    outcome: 'done',
    closure: { ...whole, counts: { unmet: 2, unmetBefore: 1, mended: 0 } },
  });
  expect(said).toMatchObject({ accepted: false, refusal: expect.stringContaining('different things') });
  await stage.call('cancelBatch', { params: { id: batch.id }, body: {} });
});

test('a good one is merged whole, and not over what somebody else has built meanwhile', async () => {
  const batch = await request();
  await plan();
  await workAll(batch.id);
  await compare(whole);
  const merge = (force: boolean) => stage.call('mergeBatch', { params: { id: batch.id }, body: { force } });
  const user = `user-1-1.f1.t${batch.id}`;
  const again = await request();
  await plan();
  await workAll(again.id);
  await compare(whole);
  await merge(false);
  expect(await tagged()).toEqual(['far-1-1', 'low-1-1', 'low-1-2', 'user-1-1', user]);
  await expect(stage.call('mergeBatch', { params: { id: again.id }, body: {} })).rejects.toMatchObject({
    problem: { code: 'tag_moved' },
  });
});

test.each([
  ['an architecture that the target does not have', { arches: ['sparc'] }, 'unknown_arch'],
  ['scratch builds, which no side tag has', { scratch: true }, 'bad_request'],
  ['builds that are skipped, of which it could not judge', { skipIdentical: true }, 'bad_request'],
])('%s: that is refused before anything is planned', async (_, options, code) => {
  await expect(request({ options })).rejects.toMatchObject({ problem: { code } });
});

test('a rebuild and a batch for an architecture that the target does not have are refused as well', async () => {
  const sources = [{ sha256: change.sha256, name: change.name }];
  const options = { arches: ['sparc'] };
  const refused = { problem: { code: 'unknown_arch', detail: expect.stringContaining('sparc') } };
  await expect(
    stage.call('createRebuild', { body: { target: 'f1', sources, options } }),
  ).rejects.toMatchObject(refused);
  await expect(
    stage.call('createBatch', { body: { kind: 'batch', targets: ['f1'], groups: [sources], options } }),
  ).rejects.toMatchObject(refused);
});
