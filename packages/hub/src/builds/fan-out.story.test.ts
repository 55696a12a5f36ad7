/** A build on its architectures: pairs, tolerated ones, what must agree, what is done again. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Completion } from '@moromi/contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { query } from '../testing/hub.ts';
import { type Built, rpmbuild } from '../testing/samples.ts';
import { nothing, type Stage, stageForEach } from '../testing/stage.ts';
import { enrol } from '../testing/worker.ts';

let folder: string;
let alpha: Built;
let docs: Built;
let torn: Built;
let stage: Stage;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'moromi-fan-out-'));
  const arches = ['x86_64', 'i686'];
  alpha = await rpmbuild(folder, { name: 'alpha', arches });
  docs = await rpmbuild(folder, { name: 'docs', arches, noarch: { html: [] } });
  torn = await rpmbuild(folder, {
    name: 'torn',
    arches,
    noarch: { html: ['%ifarch i686', 'Requires: only-there', '%endif'] },
  });
});
afterAll(() => rm(folder, { recursive: true }));
stageForEach((fresh) => {
  stage = fresh;
});

const edit = (settings: Record<string, unknown>) =>
  stage.call('editTag', { params: { name: 'f1' }, body: { settings } });
const tasksOf = async (build: number) =>
  (await stage.call('listTasks', { query: { build } })).items.filter((one) => one.kind === 'build');
const resubmitFailed = (id: number) =>
  stage.call('resubmitBuild', { params: { id }, body: { failed: true } });

test('i686 goes to the builder that has its x86_64, and the source package is made once', async () => {
  const other = await enrol(stage, 'w2');
  const build = await stage.submit(alpha.srpm);
  await stage.worker.work(alpha);
  const first = await other.take();
  expect(first.arch).toBe('x86_64');
  const [mine, theirs] = await Promise.all([
    stage.worker.claim({ waitSeconds: 1 }),
    other.claim({ slot: 1, waitSeconds: 1 }),
  ]);
  // Both wait in one look or one after the other; only a look with both has the choice.
  expect([mine?.arch, theirs?.arch]).toContain('i686');
  expect((await tasksOf(build.id)).map((one) => one.arch).toSorted()).toEqual(['i686', 'x86_64']);
  for (const lease of [mine, theirs]) if (lease !== null) await stage.worker.release(lease);
});

test('a noarch subpackage of two architectures that agree counts once', async () => {
  const build = await stage.submit(docs.srpm);
  for (let n = 0; n < 3; n++) await stage.worker.work(docs);
  const detail = await stage.build(build.id);
  expect(detail.state).toBe('complete');
  expect(detail.rpms.map((one) => one.name).toSorted()).toEqual([
    'docs-1-1.i686.rpm',
    'docs-1-1.x86_64.rpm',
    'docs-html-1-1.noarch.rpm',
  ]);
});

test('also when both end at the same moment', async () => {
  const build = await stage.submit(docs.srpm);
  await stage.worker.work(docs);
  const leases = [await stage.worker.take(), await stage.worker.take({ slot: 1 })];
  const made: Completion[] = [];
  for (const lease of leases) made.push(await stage.worker.make(lease, docs));
  const said = await Promise.all(
    leases.map((lease, n) => stage.worker.finish(lease, made[n] ?? { outcome: 'done' })),
  );
  expect(said.map((one) => one.accepted)).toEqual([true, true]);
  expect((await stage.build(build.id)).state).toBe('complete');
});

test('one that differs fails the build, and the difference is shown', async () => {
  const build = await stage.submit(torn.srpm);
  await stage.worker.work(torn);
  await stage.worker.work(torn);
  const lease = await stage.worker.take();
  expect(await stage.worker.finish(lease, await stage.worker.make(lease, torn))).toMatchObject({
    accepted: false,
    state: 'failed',
  });
  const { state, failure } = await stage.build(build.id);
  expect(state).toBe('failed');
  expect(failure?.code).toBe('noarch_differs');
  expect(failure?.message).toContain('torn-html-1-1.noarch is not the same');
  expect(failure?.message).toContain('only-there');
});

test('a tolerated architecture that fails does not fail the build', async () => {
  await edit({ toleratedArches: ['i686'] });
  const build = await stage.submit(alpha.srpm);
  await stage.worker.work(alpha);
  const first = await stage.worker.take();
  const second = await stage.worker.take({ slot: 1 });
  const [x86, i686] = first.arch === 'x86_64' ? [first, second] : [second, first];
  await stage.worker.fail(i686, 'package');
  await stage.worker.finish(x86, await stage.worker.make(x86, alpha));
  const detail = await stage.build(build.id);
  expect(detail.state).toBe('complete');
  expect(detail.rpms.map((one) => one.name)).toEqual(['alpha-1-1.x86_64.rpm']);
});

test('where all that was built was tolerated and failed, the build has failed', async () => {
  await edit({ toleratedArches: ['i686'] });
  const build = await stage.submit(alpha.srpm, { arches: ['i686'] });
  await stage.worker.work(alpha);
  await stage.worker.fail(await stage.worker.take(), 'package');
  expect(await stage.build(build.id)).toMatchObject({ state: 'failed', failure: { code: 'a_test' } });
});

test('to fail fast is to end the others at once; otherwise they finish', async () => {
  const build = await stage.submit(alpha.srpm, { failFast: true });
  await stage.worker.work(alpha);
  const lease = await stage.worker.take();
  const other = await stage.worker.take({ slot: 1 });
  await stage.worker.fail(lease, 'package');
  expect((await stage.build(build.id)).state).toBe('failed');
  expect((await stage.worker.beat(other)).lost).toHaveLength(1);
});

test('what failed is done again, and what was built stays', async () => {
  const build = await stage.submit(alpha.srpm);
  await stage.worker.work(alpha);
  const good = await stage.worker.work(alpha);
  await stage.worker.fail(await stage.worker.take(), 'package');
  expect((await stage.build(build.id)).state).toBe('failed');
  expect(await resubmitFailed(build.id)).toMatchObject({ id: build.id, state: 'building', nvr: 'alpha-1-1' });
  const again = await stage.worker.work(alpha);
  expect(again).toMatchObject({ attempt: 2 });
  expect(again.task).not.toBe(good.task);
  const detail = await stage.build(build.id);
  expect(detail.state).toBe('complete');
  expect(detail.rpms).toHaveLength(2);
});

test('after the root has changed it is built anew as a whole', async () => {
  const build = await stage.submit(alpha.srpm);
  await stage.worker.work(alpha);
  await stage.worker.work(alpha);
  await stage.worker.fail(await stage.worker.take(), 'package');
  await edit({ macros: { vendor: 'somebody else' } });
  const again = await resubmitFailed(build.id);
  expect(again.id).not.toBe(build.id);
  expect((await tasksOf(again.id)).length).toBe(0);
  await stage.call('cancelBuild', { params: { id: again.id }, body: {} });
});

test('not when another has its NVR by now', async () => {
  const build = await stage.submit(alpha.srpm);
  await stage.worker.work(alpha);
  await stage.worker.fail(await stage.worker.take(), 'package');
  await stage.worker.work(alpha);
  const other = await stage.submit(alpha.srpm);
  await stage.worker.work(alpha);
  await expect(resubmitFailed(build.id)).rejects.toMatchObject({ problem: { code: 'nvr_exists' } });
  await stage.call('cancelBuild', { params: { id: other.id }, body: {} });
});

test('a kernel is built for what it wants beside the target, and once more as noarch', async () => {
  await edit({
    arches: ['x86_64'],
    packages: { 'alpha*': { additionalArches: ['i686', 'noarch'], memoryMb: 512 } },
  });
  await stage.worker.work(nothing);
  const build = await stage.submit(alpha.srpm);
  await stage.worker.work(alpha, { kinds: ['srpm'] });
  const tasks = await tasksOf(build.id);
  expect(tasks.map((one) => one.arch).toSorted()).toEqual(['i686', 'x86_64', 'x86_64']);
  expect(tasks.map((one) => one.needs.memoryMb)).toEqual([512, 512, 512]);
  const leases = [];
  for (let slot = 0; slot < 3; slot++) leases.push(await stage.worker.take({ slot, kinds: ['build'] }));
  expect(leases.map((one) => one.source?.root.target)).toContain('noarch');
  await stage.call('cancelBuild', { params: { id: build.id }, body: {} });
});

test('an architecture that no enabled builder takes is told at submission', async () => {
  await edit({ arches: ['x86_64', 'riscv64'] });
  const build = await stage.submit(alpha.srpm);
  expect(build.warnings).toEqual([
    {
      code: 'no_builder',
      message: 'No enabled builder takes riscv64: the build waits until one is enrolled or enabled.',
    },
  ]);
  await stage.call('cancelBuild', { params: { id: build.id }, body: {} });
});

test('a tag’s priority is that of its builds, and who may not hurry cannot say a lower one', async () => {
  await edit({ priority: 30 });
  const { token } = await stage.call('createToken', { body: { principal: 'ann', permissions: ['build'] } });
  const asAnn = async (priority?: number) => {
    const { call } = await import('../testing/call.ts');
    const body = {
      target: 'f1',
      source: { sha256: alpha.srpm.sha256, name: alpha.srpm.name },
      options: { scratch: true, ...(priority === undefined ? {} : { priority }) },
    };
    return await call(stage.url, token, 'createBuild', { body });
  };
  await stage.submit(alpha.srpm, { scratch: true });
  const build = await asAnn();
  const [row] = await query(stage.access, 'SELECT priority FROM tasks WHERE build_id = $1', [build.id]);
  expect(row).toEqual({ priority: 30 });
  await expect(asAnn(10)).rejects.toMatchObject({ problem: { code: 'forbidden' } });
  expect((await asAnn(40)).state).toBe('building');
  for (const { id } of (await stage.call('listBuilds', { query: { state: 'building' } })).items)
    await stage.call('cancelBuild', { params: { id }, body: {} });
});

test('builds that are named are in the root of one build only, before all else or beside the rest', async () => {
  const first = await stage.submit(alpha.srpm);
  for (let n = 0; n < 4; n++) await stage.worker.work(alpha);
  expect((await stage.build(first.id)).state).toBe('complete');
  const build = await stage.submit(docs.srpm, {
    sideNvrs: ['alpha-1-1'],
    linked: [String(first.id)],
    scratch: true,
  });
  // Both are the same set of builds, so one repository does.
  expect(await stage.worker.claim({ kinds: ['srpm'] })).toBeNull();
  await stage.worker.work(nothing);
  const lease = await stage.worker.take({ kinds: ['srpm'] });
  const repos = lease.source?.root.repos ?? [];
  expect(repos.map((one) => [one.id.replace(/-[0-9a-f]{16}$/, ''), one.priority])).toEqual([
    ['link', 1],
    ['build-f1', 10],
  ]);
  await stage.call('cancelBuild', { params: { id: build.id }, body: {} });
  for (const [wanted, code] of [
    ['nowhere-1-1', 'unknown_build'],
    [String(build.id), 'build_not_complete'],
  ] as const)
    await expect(stage.submit(docs.srpm, { sideNvrs: [wanted] })).rejects.toMatchObject({
      problem: { code },
    });
});
