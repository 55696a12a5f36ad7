import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BuildFailure } from '@moromi/buildroot';
import type { Release } from '@moromi/contract';
import { expect, test } from 'vitest';
import { type Build, makeFiles } from './testing/driver.ts';
import { buildLease } from './testing/lease.ts';
import { type Scene, scene, until } from './testing/scene.ts';
import { srpm, start } from './testing/start.ts';

/** Tasks that were refused; a worker that leaves gives back as well. */
const releases = (stage: Scene) =>
  stage.hub
    .named('release')
    .map(({ body }) => body as Release)
    .filter(({ refusal }) => refusal !== undefined);

/** What becomes of one build task. */
async function outcome(stage: Scene, build: Build, size = srpm.length) {
  const worker = start(stage, build);
  stage.hub.offer(buildLease(5, { ...stage.hub.addBlob(srpm), size }));
  await until(() => stage.hub.results.size + releases(stage).length === 1);
  worker.leave();
  await worker.exit;
  return { worker, release: releases(stage)[0], result: stage.hub.results.get('5-1') };
}

const full: Build = async () => {
  throw new BuildFailure('disk_full', 'no space left to install the root');
};

test('a task that finds no room to begin is given back for a while, with the reason and its logs', async () => {
  await using stage = await scene();
  const { worker, release } = await outcome(stage, full);
  expect(release).toEqual({
    tasks: [{ task: 5, attempt: 1 }],
    reason: 'has no room on its disk to begin with it',
    refusal: { hard: false, reason: 'has no room on its disk to begin with it' },
    failure: {
      code: 'disk_full',
      message: 'no space left to install the root',
      fault: 'infrastructure',
    },
  });
  expect(worker.driver.destroyed).toEqual(['5-1']);
  expect(stage.hub.log(5, 1, 'worker.log').toString()).toContain('given back: this worker has no room');
  expect([...stage.hub.logs.values()].every(({ complete }) => complete)).toBe(true);
  expect(stage.said.join('')).toContain('0 failed, 0 lost, 1 given back');
});

test('one that is larger than the disk is given back for good, before anything of it is fetched', async () => {
  await using stage = await scene();
  const { worker, release } = await outcome(stage, makeFiles, 2 ** 50);
  expect(release?.refusal).toEqual({
    hard: true,
    reason: expect.stringMatching(/^has a disk of [\d.]+ [MG]iB and 3145728 GiB are needed/),
  });
  expect(stage.hub.named('getBlob')).toEqual([]);
  expect(worker.driver.orders).toEqual([]);
});

test('an architecture whose roots turn out not to run is refused for good', async () => {
  await using stage = await scene();
  let driver: { arches?: Record<string, 'not'> } = {};
  const worker = start(stage, async () => {
    driver.arches = { x86_64: 'not' };
    throw new BuildFailure('root_failed', 'this machine cannot run programs for x86_64');
  });
  driver = worker.driver as typeof driver;
  stage.hub.offer(buildLease(5, stage.hub.addBlob(srpm)));
  await until(() => releases(stage).length === 1);
  worker.leave();
  await worker.exit;
  expect(releases(stage)[0]?.refusal).toEqual({ hard: true, reason: 'does not run programs of x86_64' });
});

test('a driver that turns out broken gives its task back, and takes no other', async () => {
  await using stage = await scene();
  const worker = start(stage, async () => {
    worker.driver.usable = false;
    throw new BuildFailure('root_failed', 'installing the root failed');
  });
  const blob = stage.hub.addBlob(srpm);
  stage.hub.offer(buildLease(5, blob));
  await until(() => releases(stage).length === 1);
  expect(releases(stage)[0]?.refusal).toMatchObject({ hard: false });
  await until(() => stage.hub.beats.some(({ unfit }) => unfit?.code === 'driver_broken'));
  expect(stage.hub.results.size).toBe(0);
  worker.leave();
  expect(await worker.exit).toBe(0);
});

test('a root that fails where the driver is well is a failure, and so is all that came after the package began', async () => {
  await using stage = await scene();
  const worker = start(stage, async (order) => {
    if (order.id.startsWith('5-')) throw new BuildFailure('root_failed', 'a package is missing');
    await appendFile(join(order.logDir, 'state.log'), 't - Start: rpmbuild\n');
    return await full(order, '', new AbortController().signal);
  });
  const blob = stage.hub.addBlob(srpm);
  for (const task of [5, 6]) stage.hub.offer(buildLease(task, blob));
  await until(() => stage.hub.results.size === 2);
  worker.leave();
  await worker.exit;
  expect(stage.hub.results.get('5-1')).toMatchObject({ failure: { code: 'root_failed' } });
  expect(stage.hub.results.get('6-1')).toMatchObject({ failure: { code: 'disk_full' } });
  expect(releases(stage)).toEqual([]);
});

test('a task that comes back again and again is told as a failure in the end', async () => {
  await using stage = await scene();
  const worker = start(stage, makeFiles);
  for (let attempt = 1; attempt <= 4; attempt++) {
    stage.hub.offer(buildLease(5, { ...stage.hub.addBlob(srpm), size: 2 ** 50 }, { attempt }));
    await until(() => releases(stage).length + stage.hub.results.size === attempt);
  }
  worker.leave();
  await worker.exit;
  expect(releases(stage)).toHaveLength(3);
  expect(stage.hub.results.get('5-4')).toMatchObject({
    failure: { code: 'disk_full', fault: 'infrastructure' },
  });
});
