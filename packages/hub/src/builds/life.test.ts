import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkPromises } from '../../../../tests/harness/promises.ts';
import { type Built, rpmbuild } from '../testing/samples.ts';
import { setStage } from '../testing/stage.ts';

let folder: string;
let alpha: Built;
let beta: Built;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'moromi-life-'));
  alpha = await rpmbuild(folder, { name: 'alpha', arches: ['x86_64', 'i686'] });
  beta = await rpmbuild(folder, { name: 'beta', preamble: ['BuildArch: noarch'] });
});
afterAll(() => rm(folder, { recursive: true }));

test('a source package becomes packages of each architecture, a tagged build and a new revision', async () => {
  await using stage = await setStage();
  const build = await stage.submit(alpha.srpm);
  expect(build).toMatchObject({ state: 'building', nvr: null });
  expect((await stage.worker.work(alpha)).kind).toBe('srpm');
  expect(await stage.build(build.id)).toMatchObject({
    nvr: 'alpha-1-1',
    state: 'building',
    revision: 'f1/1',
  });
  const first = await stage.worker.work(alpha);
  const second = await stage.worker.work(alpha);
  expect([first.arch, second.arch].toSorted()).toEqual(['i686', 'x86_64']);
  expect(await stage.build(build.id)).toMatchObject({ state: 'complete', tags: ['f1'] });
  expect((await stage.worker.work(alpha)).kind).toBe('publish');
  const tag = await stage.call('getTag', { params: { name: 'f1' } });
  expect(tag.revision).toBe(2);
  await checkPromises(stage.access, join(stage.home, 'blobs'));
});

test('a noarch package is built once', async () => {
  await using stage = await setStage();
  const build = await stage.submit(beta.srpm);
  await stage.worker.work(beta);
  await stage.worker.work(beta);
  expect(await stage.build(build.id)).toMatchObject({ state: 'complete', rpms: [{ arch: 'noarch' }] });
  await checkPromises(stage.access);
});
