import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Claim, Unfit, WorkerOffer } from '@moromi/contract';
import { expect, test } from 'vitest';
import { buildLease } from './testing/lease.ts';
import { type Scene, scene, until } from './testing/scene.ts';
import { srpm, start, startHeld } from './testing/start.ts';

const unfitIn = (stage: Scene): (Unfit | null | undefined)[] => stage.hub.beats.map(({ unfit }) => unfit);
const nonces = (stage: Scene) => stage.hub.named('claim').map(({ body }) => (body as Claim).nonce);

test('an offer says what the machine is', async () => {
  await using stage = await scene();
  const worker = start(stage);
  await until(() => stage.hub.named('claim').length > 0);
  worker.leave();
  await worker.exit;
  const offer = stage.hub.named('offer')[0]?.body as WorkerOffer;
  expect(offer.machine).toEqual({
    cores: expect.any(Number),
    memoryMb: expect.any(Number),
    diskMb: expect.any(Number),
    cpuLevel: expect.any(Number),
  });
  expect(offer.machine?.diskMb).toBeGreaterThan(0);
});

test('a worker whose clock is off claims nothing, says so, and goes on once it is right', async () => {
  await using stage = await scene();
  stage.hub.clockAhead = -3_725_000;
  const worker = start(stage);
  await until(() => unfitIn(stage).some((unfit) => unfit?.code === 'clock_off'));
  expect(stage.hub.beats[0]?.unfit?.reason).toMatch(/^its clock is 1 h 2 min ahead of the hub's; set it/);
  expect(stage.hub.beats[0]?.tasks).toEqual([]);
  expect(stage.hub.named('claim')).toEqual([]);
  expect(stage.said.join('')).toContain('warning: nothing is claimed: its clock is 1 h 2 min ahead');
  stage.hub.clockAhead = 0;
  // The next beat brings the right time.
  await until(() => stage.hub.named('claim').length > 0);
  await until(() => unfitIn(stage).includes(null));
  worker.leave();
  expect(await worker.exit).toBe(0);
});

test('while the stop file is there the worker finishes what it has and takes nothing new', async () => {
  await using stage = await scene();
  const { worker, finish } = startHeld(stage, { slots: 2 });
  const blob = stage.hub.addBlob(srpm);
  stage.hub.offer(buildLease(1, blob));
  await until(() => worker.driver.orders.length === 1);
  const file = join(stage.dir, 'stop');
  await writeFile(file, '');
  const written = performance.now();
  // The other slot's claim is withdrawn: a task that comes now is nobody's.
  await until(() => unfitIn(stage).some((unfit) => unfit?.code === 'stop_file'));
  expect(performance.now() - written).toBeLessThan(7000);
  finish();
  await until(() => stage.hub.results.get('1-1')?.outcome === 'done');
  const claims = stage.hub.named('claim').length;
  stage.hub.offer(buildLease(2, blob));
  const beats = stage.hub.beats.length;
  await until(() => stage.hub.beats.length > beats);
  expect(stage.hub.named('claim')).toHaveLength(claims);
  expect(stage.hub.beats.at(-1)).toMatchObject({ tasks: [], unfit: { code: 'stop_file' } });
  expect(stage.hub.held.has(2)).toBe(false);
  await rm(file);
  await until(() => stage.hub.results.get('2-1')?.outcome === 'done');
  expect(unfitIn(stage)).toContain(null);
  worker.leave();
  expect(await worker.exit).toBe(0);
  expect(stage.said.join('')).toContain(`nothing is claimed: ${file} is there`);
  expect(stage.said.join('')).toContain('takes new work again');
});

test('a claim that is withdrawn is repeated with its nonce, so a lease that came just then is heard of', async () => {
  await using stage = await scene();
  const worker = start(stage);
  await until(() => stage.hub.named('claim').length === 1);
  await writeFile(join(worker.home, 'graceful_stop'), '');
  await until(() => unfitIn(stage).length > 0);
  await rm(join(worker.home, 'graceful_stop'));
  await until(() => stage.hub.named('claim').length === 2);
  expect(new Set(nonces(stage)).size).toBe(1);
  worker.leave();
  expect(await worker.exit).toBe(0);
});

test('too little memory and too little disk are named by their own codes', async () => {
  for (const [more, code] of [
    [{ minFreeMemoryMb: 2 ** 31 - 1 }, 'memory_low'],
    [{ minFreeDiskMb: 2 ** 31 - 1 }, 'disk_low'],
  ] as const) {
    await using stage = await scene();
    const worker = start(stage, undefined, more);
    await until(() => unfitIn(stage).length > 0);
    expect(unfitIn(stage)[0]?.code).toBe(code);
    expect(stage.hub.named('claim')).toEqual([]);
    worker.leave();
    expect(await worker.exit).toBe(0);
  }
});
