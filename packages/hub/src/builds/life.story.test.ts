import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Built, rpmbuild } from '../testing/samples.ts';
import { type Stage, stageForEach } from '../testing/stage.ts';

let folder: string;
let alpha: Built;
let beta: Built;
let gamma: Built;
let stage: Stage;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'moromi-life-'));
  alpha = await rpmbuild(folder, { name: 'alpha', arches: ['x86_64', 'i686'] });
  beta = await rpmbuild(folder, { name: 'beta', preamble: ['BuildArch: noarch'] });
  gamma = await rpmbuild(folder, {
    name: 'gamma',
    preamble: ['ExclusiveArch: aarch64'],
    arches: ['aarch64'],
  });
});
afterAll(() => rm(folder, { recursive: true }));
stageForEach((fresh) => {
  stage = fresh;
});

const cancel = (id: number) => stage.call('cancelBuild', { params: { id }, body: {} });
const resubmit = (id: number) => stage.call('resubmitBuild', { params: { id }, body: {} });

describe('a build', () => {
  test('becomes packages of each architecture, is tagged and gets into a new revision', async () => {
    const build = await stage.submit(alpha.srpm);
    expect(build).toMatchObject({ state: 'building', nvr: null });
    expect((await stage.worker.work(alpha)).kind).toBe('srpm');
    expect(await stage.build(build.id)).toMatchObject({
      nvr: 'alpha-1-1',
      state: 'building',
      revision: 'f1/1',
    });
    const arches = [await stage.worker.work(alpha), await stage.worker.work(alpha)].map((one) => one.arch);
    expect(arches.toSorted()).toEqual(['i686', 'x86_64']);
    expect(await stage.build(build.id)).toMatchObject({
      state: 'complete',
      tags: ['f1'],
      buildroots: [{}, {}],
    });
    expect((await stage.worker.work(alpha)).kind).toBe('publish');
    expect((await stage.call('getTag', { params: { name: 'f1' } })).revision).toBe(2);
  });

  test('of a noarch package is built once', async () => {
    const build = await stage.submit(beta.srpm);
    await stage.worker.work(beta);
    await stage.worker.work(beta);
    expect(await stage.build(build.id)).toMatchObject({ state: 'complete', rpms: [{ arch: 'noarch' }] });
  });

  test('of a package that excludes all architectures fails and says so', async () => {
    const build = await stage.submit(gamma.srpm);
    await stage.worker.work(gamma);
    const failed = await stage.build(build.id);
    expect(failed).toMatchObject({ state: 'failed', failure: { code: 'all_excluded', fault: 'excluded' } });
    expect(failed.failure?.message).toContain('ExclusiveArch has aarch64');
  });

  test('whose architecture fails names the task, and its NVR is free again', async () => {
    const build = await stage.submit(alpha.srpm);
    await stage.worker.work(alpha);
    const task = await stage.worker.take();
    await stage.worker.fail(task, 'package');
    await stage.worker.work(alpha);
    const failed = await stage.build(build.id);
    expect(failed).toMatchObject({ state: 'failed', failure: { code: 'a_test' } });
    expect(failed.failure?.message).toContain(`task ${task.task}`);
    const again = await resubmit(build.id);
    for (let n = 0; n < 3; n++) await stage.worker.work(alpha);
    expect(await stage.build(again.id)).toMatchObject({ state: 'complete', nvr: 'alpha-1-1' });
  });

  test('that is canceled frees its workers and ends all its tasks', async () => {
    const build = await stage.submit(alpha.srpm);
    await stage.worker.work(alpha);
    const lease = await stage.worker.take();
    await stage.worker.beat(lease);
    expect(await cancel(build.id)).toMatchObject({ state: 'canceled' });
    expect((await stage.worker.beat(lease)).lost).toHaveLength(1);
    expect(await stage.worker.claim()).toBeNull();
    await expect(cancel(build.id)).rejects.toMatchObject({ problem: { code: 'build_over' } });
    expect(await resubmit(build.id)).toMatchObject({ state: 'building' });
  });

  test('is resubmitted neither while it runs nor when it is complete', async () => {
    const build = await stage.submit(beta.srpm);
    await expect(resubmit(build.id)).rejects.toMatchObject({ problem: { code: 'build_running' } });
    await stage.worker.work(beta);
    await stage.worker.work(beta);
    await expect(resubmit(build.id)).rejects.toMatchObject({ problem: { code: 'nvr_exists' } });
  });

  test('that is scratch occupies no NVR and is tagged nowhere', async () => {
    for (let n = 0; n < 2; n++) {
      const build = await stage.submit(beta.srpm, { scratch: true });
      await stage.worker.work(beta);
      await stage.worker.work(beta);
      expect(await stage.build(build.id)).toMatchObject({ state: 'complete', scratch: true, tags: [] });
    }
    const real = await stage.submit(beta.srpm);
    await stage.worker.work(beta);
    await stage.worker.work(beta);
    expect(await stage.build(real.id)).toMatchObject({ state: 'complete', tags: ['f1'] });
  });

  test('is one of many of the same NVR that end their source packages at once, and the only one that goes on', async () => {
    const builds = [];
    for (let n = 0; n < 6; n++) builds.push(await stage.submit(beta.srpm));
    const leases = await Promise.all(builds.map((_, slot) => stage.worker.take({ slot })));
    await Promise.all(
      leases.map(async (lease) => stage.worker.finish(lease, await stage.worker.make(lease, beta))),
    );
    const states = await Promise.all(builds.map(async ({ id }) => stage.build(id)));
    expect(states.filter((one) => one.state === 'building')).toHaveLength(1);
    for (const one of states.filter((each) => each.state === 'failed'))
      expect(one.failure?.code).toBe('nvr_exists');
  });

  test('of two architectures that end at once ends once', async () => {
    for (let n = 0; n < 5; n++) {
      const build = await stage.submit(alpha.srpm, { scratch: true });
      await stage.worker.work(alpha);
      const leases = [await stage.worker.take({ slot: 1 }), await stage.worker.take({ slot: 2 })];
      const results = await Promise.all(leases.map((lease) => stage.worker.make(lease, alpha)));
      await Promise.all(
        leases
          .flatMap((lease, i) => {
            const [result] = results.slice(i);
            return result === undefined
              ? []
              : [stage.worker.finish(lease, result), stage.worker.finish(lease, result)];
          })
          .map((finishing) => finishing.catch(() => {})),
      );
      expect(await stage.build(build.id)).toMatchObject({ state: 'complete' });
    }
  });

  test('for an architecture or target that is not there is refused', async () => {
    const refused = stage.submit(beta.srpm, { arches: ['s390x'] });
    await expect(refused).rejects.toMatchObject({ problem: { code: 'unknown_arch' } });
    const source = { sha256: beta.srpm.sha256, name: beta.srpm.name };
    const unknown = stage.call('createBuild', { body: { target: 'none', source } });
    await expect(unknown).rejects.toMatchObject({ problem: { code: 'unknown_target' } });
  });

  test('that is submitted twice with one key is one build', async () => {
    await stage.submit(beta.srpm);
    const body = { target: 'f1', source: { sha256: beta.srpm.sha256, name: beta.srpm.name } };
    const same = () => stage.call('createBuild', { body, key: 'the-same-key' });
    const ids = (await Promise.all([same(), same(), same()])).map((one) => one.id);
    expect(new Set(ids).size).toBe(1);
  });
});
