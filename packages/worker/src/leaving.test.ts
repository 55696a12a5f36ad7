import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { untilStopped } from './testing/driver.ts';
import { buildLease } from './testing/lease.ts';
import { scene, until } from './testing/scene.ts';
import { srpm, start, startHeld } from './testing/start.ts';

test('SIGTERM: takes no more, says that it leaves, finishes its build', async () => {
  await using stage = await scene();
  const { worker, finish } = startHeld(stage, { slots: 2 });
  const blob = stage.hub.addBlob(srpm);
  stage.hub.offer(buildLease(1, blob));
  await until(() => stage.hub.beats.length > 0);
  worker.leave();
  await until(() => stage.hub.beats.some(({ leaving }) => leaving === true));
  stage.hub.offer(buildLease(2, blob));
  finish();
  expect(await worker.exit).toBe(0);
  expect(stage.hub.results.get('1-1')?.outcome).toBe('done');
  expect(stage.hub.results.has('2-1')).toBe(false);
  // The last claims of both slots took the second lease at most to give it back.
  expect(stage.hub.held.has(2)).toBe(false);
});

test('a second SIGTERM gives the builds back at once and leaves within two seconds', async () => {
  await using stage = await scene();
  const worker = start(stage, (_, __, signal) => untilStopped(signal));
  stage.hub.offer(buildLease(1, stage.hub.addBlob(srpm)));
  await until(() => stage.hub.beats.length > 0 && worker.driver.orders.length > 0);
  const started = performance.now();
  worker.leave();
  worker.now();
  expect(await worker.exit).toBe(0);
  expect(performance.now() - started).toBeLessThan(2000);
  expect(stage.hub.released).toEqual([{ task: 1, attempt: 1 }]);
  expect(stage.hub.results.size).toBe(0);
  expect(worker.driver.destroyed).toEqual(['1-1']);
  expect(await readdir(join(worker.home, 'running'))).toEqual([]);
});

test('leaving now while no hub answers keeps the note, and the next start gives the task back first of all', async () => {
  await using stage = await scene();
  const worker = start(stage, (_, __, signal) => untilStopped(signal));
  stage.hub.offer(buildLease(1, stage.hub.addBlob(srpm)));
  await until(() => stage.hub.beats.length > 0 && worker.driver.orders.length > 0);
  stage.hub.away = true;
  stage.hub.cut();
  const started = performance.now();
  worker.leave();
  worker.now();
  expect(await worker.exit).toBe(0);
  expect(performance.now() - started).toBeLessThan(2500);
  expect(await readdir(join(worker.home, 'running'))).toEqual(['1-1.json']);
  stage.hub.away = false;
  const before = stage.hub.calls.length;
  const again = start(stage);
  await until(() => stage.hub.named('claim').length > 1);
  expect(stage.hub.calls[before]?.name).toBe('release');
  expect(stage.hub.calls.slice(before).findIndex(({ name }) => name === 'claim')).toBeGreaterThan(1);
  expect(stage.hub.released).toEqual([{ task: 1, attempt: 1 }]);
  expect(await readdir(join(worker.home, 'running'))).toEqual([]);
  again.leave();
  await again.exit;
});

test('leftovers of a killed worker are swept at the next start', async () => {
  await using stage = await scene();
  const home = join(stage.dir, 'home');
  await mkdir(join(home, 'running'), { recursive: true });
  await mkdir(join(home, 'work', '4-2', 'logs'), { recursive: true });
  await writeFile(join(home, 'running', '4-2.json'), '{"task":4');
  await writeFile(join(home, 'running', '4-3.json.new'), '{');
  const worker = start(stage);
  await until(() => stage.hub.named('claim').length > 0);
  worker.leave();
  await worker.exit;
  expect(stage.hub.released).toEqual([{ task: 4, attempt: 2 }]);
  expect(await readdir(join(home, 'work'))).toEqual([]);
  expect(await readdir(join(home, 'running'))).toEqual([]);
});

test('a task that took its worker down again and again is told as a failure, not given back for ever', async () => {
  await using stage = await scene();
  const home = join(stage.dir, 'home');
  await mkdir(join(home, 'running'), { recursive: true });
  await writeFile(join(home, 'running', '4-6.json'), '{}');
  await writeFile(join(home, 'running', '5-9.json'), '{}');
  stage.hub.held.set(4, 6);
  const worker = start(stage);
  await until(() => stage.hub.named('claim').length > 0);
  worker.leave();
  await worker.exit;
  expect(stage.hub.results.get('4-6')).toMatchObject({ outcome: 'failed', failure: { code: 'worker_lost' } });
  // The other was lost long ago; that is no reason to stop.
  expect(stage.hub.results.has('5-9')).toBe(false);
  expect(await readdir(join(home, 'running'))).toEqual([]);
});
