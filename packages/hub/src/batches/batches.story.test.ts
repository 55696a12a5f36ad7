/** Chains and batches, over the real API. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BatchDetail, Lease } from '@moromi/contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Refused } from '../testing/call.ts';
import { freshHub, query } from '../testing/hub.ts';
import { type Built, rpmbuild } from '../testing/samples.ts';
import { nothing, type Stage, stageForEach, uploadFile } from '../testing/stage.ts';

let folder: string;
const built = new Map<string, Built>();
let stage: Stage;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'moromi-batches-'));
  for (const name of ['alpha', 'beta', 'gamma']) built.set(name, await rpmbuild(folder, { name }));
});
afterAll(() => rm(folder, { recursive: true }));
stageForEach(async (fresh) => {
  stage = fresh;
  await stage.call('editTag', { params: { name: 'f1' }, body: { settings: { arches: ['x86_64'] } } });
  await stage.worker.work(nothing);
  for (const { srpm } of built.values()) await uploadFile(stage, srpm);
});

const source = (name: string) => {
  const srpm = built.get(name)?.srpm;
  return { sha256: srpm?.sha256 ?? '', name: srpm?.name ?? '' };
};
const create = (groups: string[][], more: Record<string, unknown> = {}) =>
  stage.call('createBatch', {
    body: { kind: 'chain', targets: ['f1'], groups: groups.map((group) => group.map(source)), ...more },
  });
const get = (id: number): Promise<BatchDetail> => stage.call('getBatch', { params: { id } });
const states = async (id: number) => (await get(id)).items.map((item) => item.state);

/** Does the next task well, whatever it is. */
async function work(): Promise<Lease> {
  const lease = await stage.worker.take();
  await stage.worker.beat(lease);
  const name = lease.label.split('-')[0] ?? '';
  const said = await stage.worker.finish(lease, await stage.worker.make(lease, built.get(name) ?? nothing));
  if (!said.accepted) throw new Error(`refused: ${said.refusal}`);
  return lease;
}

test('the next of a chain begins when the repository of its buildroot holds the one before', async () => {
  const batch = await create([['alpha'], ['beta']]);
  expect(batch).toMatchObject({ state: 'running', counts: { ready: 1, waiting: 1 } });
  expect((await work()).kind).toBe('srpm');
  expect((await work()).kind).toBe('build');
  // alpha is complete, and its revision is still to be made: beta is there, and waits for that.
  const publish = await stage.worker.take();
  expect(publish.kind).toBe('publish');
  while ((await states(batch.id))[1] !== 'building');
  expect(await stage.worker.claim({ slot: 1 })).toBeNull();
  const { waiting } = await get(batch.id);
  expect(waiting).toMatchObject({ code: 'blocked', reason: expect.stringContaining('beta') });
  await stage.worker.finish(publish, await stage.worker.make(publish, nothing));
  expect((await work()).label).toContain('beta');
  await work();
  const detail = await get(batch.id);
  expect(detail).toMatchObject({ state: 'done', counts: { done: 2 }, estimate: null, waiting: null });
  const [alpha, beta] = await Promise.all(detail.items.map((item) => stage.build(item.build ?? 0)));
  expect(alpha?.revision).toBe('f1/2');
  expect(beta?.revision).toBe('f1/3');
});

test('what needs a build that failed is held, and goes on when that is done after all', async () => {
  const batch = await create([['alpha'], ['beta'], ['gamma']]);
  await work();
  await stage.worker.fail(await stage.worker.take(), 'package');
  expect(await get(batch.id)).toMatchObject({ state: 'failed', counts: { failed: 1, held: 2 } });
  const [first] = (await get(batch.id)).items;
  await stage.call('resubmitBuild', { params: { id: first?.build ?? 0 }, body: { failed: true } });
  expect(await get(batch.id)).toMatchObject({ state: 'running', counts: { building: 1, waiting: 2 } });
  for (let n = 0; n < 7; n++) await work();
  expect((await get(batch.id)).state).toBe('done');
});

test('or goes on with what there is, where that was wanted', async () => {
  const batch = await create([['alpha'], ['beta']], { onFailure: 'go-on' });
  await work();
  await stage.worker.fail(await stage.worker.take(), 'package');
  for (let n = 0; n < 2; n++) await work();
  expect(await get(batch.id)).toMatchObject({ state: 'failed', counts: { failed: 1, done: 1 } });
});

test('a parallel batch begins at once', async () => {
  const batch = await create([['alpha'], ['beta'], ['gamma']], { kind: 'batch', parallel: true });
  expect(await states(batch.id)).not.toContain('waiting');
  for (let n = 0; n < 3; n++) expect((await stage.worker.take({ slot: n })).kind).toBe('srpm');
  expect((await get(batch.id)).waiting).toBeNull();
  await stage.call('cancelBatch', { params: { id: batch.id }, body: {} });
});

test('one that is canceled ends what runs and begins nothing more', async () => {
  const batch = await create([['alpha'], ['beta']]);
  const lease = await stage.worker.take();
  expect(await stage.call('cancelBatch', { params: { id: batch.id }, body: {} })).toMatchObject({
    state: 'canceled',
  });
  expect((await stage.worker.beat(lease)).lost).toHaveLength(1);
  expect(await states(batch.id)).toEqual(['canceled', 'canceled']);
  const again = await stage
    .call('cancelBatch', { params: { id: batch.id }, body: {} })
    .catch((error: unknown) => error);
  expect(again).toBeInstanceOf(Refused);
});

test('one that is paused finishes what runs, also over a restart, and goes on when it is let', async () => {
  const batch = await create([['alpha'], ['beta']]);
  await work();
  await stage.call('pauseBatch', { params: { id: batch.id }, body: { paused: true } });
  await work();
  await work();
  await using second = await freshHub({ access: stage.access, beside: stage.home });
  expect(await stage.worker.claim({ waitSeconds: 1 })).toBeNull();
  expect(await get(batch.id)).toMatchObject({
    state: 'paused',
    waiting: { code: 'paused' },
    counts: { done: 1, ready: 1 },
  });
  await second.call('pauseBatch', { params: { id: batch.id }, body: { paused: false } });
  for (let n = 0; n < 3; n++) await work();
  expect((await get(batch.id)).state).toBe('done');
});

test('several platforms go each at its own pace, or together', async () => {
  await stage.call('createTag', {
    body: { name: 'f2', settings: { arches: ['x86_64'], macros: { dist: '.f2' } } },
  });
  await stage.call('createTarget', { body: { name: 'f2', buildTag: 'f2', destTag: 'f2' } });
  await work();
  const options = { scratch: true };
  const apart = await create([['alpha'], ['beta']], { targets: ['f1', 'f2'], options });
  expect((await get(apart.id)).items.map((item) => item.needs.length)).toEqual([0, 0, 1, 1]);
  await stage.call('cancelBatch', { params: { id: apart.id }, body: {} });
  const together = await create([['alpha'], ['beta']], { targets: ['f1', 'f2'], together: true, options });
  expect((await get(together.id)).items.map((item) => item.needs.length)).toEqual([0, 0, 2, 2]);
  await stage.call('cancelBatch', { params: { id: together.id }, body: {} });
});

test('a chain whose later builds could never see the earlier ones is refused', async () => {
  await stage.call('createTag', { body: { name: 'apart', settings: { arches: ['x86_64'] } } });
  await stage.call('createTarget', { body: { name: 'apart', buildTag: 'f1', destTag: 'apart' } });
  await work();
  await expect(create([['alpha'], ['beta']], { targets: ['apart'] })).rejects.toMatchObject({
    problem: { code: 'not_inherited' },
  });
  const batch = await create([['alpha', 'beta']], { targets: ['apart'] });
  await stage.call('cancelBatch', { params: { id: batch.id }, body: {} });
});

test('the longest path of a batch is that of its tasks', async () => {
  const batch = await create([['alpha'], ['beta'], ['gamma']]);
  while ((await states(batch.id))[0] !== 'building');
  const [row] = await query<{ after: number; seconds: number }>(
    stage.access,
    `SELECT after, seconds FROM tasks WHERE kind = 'srpm' ORDER BY id DESC LIMIT 1`,
  );
  // Its own build, and two more of source package and build each.
  expect(row?.after).toBe((row?.seconds ?? 0) * 5);
  expect((await get(batch.id)).estimate).not.toBeNull();
  await stage.call('cancelBatch', { params: { id: batch.id }, body: {} });
});
