/** How a worker leaves, and what it leaves behind: real processes, real builds. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TaskDetail } from '../../packages/contract/src/index.ts';
import { checkPromises } from '../harness/promises.ts';
import { buildProcessesOf } from '../harness/sweep.ts';
import { System } from '../harness/system.ts';

let system: System;

beforeAll(async () => {
  system = await System.start({ worker: false });
});
afterAll(async () => {
  await checkPromises(system.connection(), join(system.home('hub'), 'blobs'));
  await system.stop();
});

/** Starts a worker and a build that takes some seconds in it; returns once the build's own commands run there. */
async function building(name: string, ticks: number): Promise<{ build: number; task: TaskDetail }> {
  await system.startWorker({ name, arches: 'x86_64' });
  const { id } = await system.submit('slow', { scratch: true, define: { ticks: String(ticks) } });
  const leased = await system.feed.until(
    `${name} builds`,
    (events) =>
      events.findLast((one) => one.build === id && one.type === 'task.leased' && isBinary(id, one.subject)),
    60_000,
    () => system.explain(),
  );
  const task = Number(leased.subject.split(':')[1]);
  await ticking(task, 1);
  return { build: id, task: await taskOf(task) };
}

/** The second task of a build that is leased is the binary one. */
function isBinary(build: number, subject: string): boolean {
  const first = system.feed.of(build).find((one) => one.type === 'task.leased');
  return first !== undefined && first.subject !== subject;
}

/** Follows the attempt's log until its commands speak. */
async function ticking(id: number, attempt: number): Promise<void> {
  for (;;) {
    const text = await system.log(id, attempt, 'build.log').catch(() => '');
    if (text.includes('tick 2 of')) return;
    await new Promise((done) => setTimeout(done, 100));
  }
}

async function taskOf(id: number): Promise<TaskDetail> {
  return await system.client.call('getTask', { params: { id } });
}

const buildsIn = (name: string) =>
  buildProcessesOf(system.home(name)).filter((pid) => pid !== system.worker(name).pid).length;

test('after SIGTERM a worker finishes its build, takes no other, and ends with 0', async () => {
  const { build, task } = await building('polite', 25);
  const worker = system.worker('polite');
  worker.signal('SIGTERM');
  await worker.says(/taking no more/);
  const other = await system.submit('notes', { scratch: true });
  expect(await worker.ends(60_000)).toEqual({ code: 0, signal: null });
  expect((await system.over(build)).state).toBe('complete');
  expect((await taskOf(task.id)).attempt).toBe(1);
  expect((await system.detail(other.id)).state).toBe('building');
  expect(await taskOf(other.task)).toMatchObject({ state: 'free', attempt: 0 });
  await system.client.call('cancelBuild', { params: { id: other.id }, body: {} });
});

test('after a second SIGTERM it is gone within some two seconds, and its task is free at once', async () => {
  const { build, task } = await building('hasty', 200);
  const worker = system.worker('hasty');
  const told = performance.now();
  worker.signal('SIGTERM');
  await worker.says(/taking no more/);
  worker.signal('SIGTERM');
  expect(await worker.ends()).toEqual({ code: 0, signal: null });
  // Two seconds on an idle machine.
  expect(performance.now() - told).toBeLessThan(10_000);
  expect(await taskOf(task.id)).toMatchObject({ state: 'free', attempts: [{ outcome: 'freed' }] });
  expect(buildsIn('hasty')).toBe(0);
  expect(readdirSync(join(system.home('hasty'), 'running'))).toEqual([]);
  await system.client.call('cancelBuild', { params: { id: build }, body: {} });
});

test('a worker that is killed takes its build with it; started again it gives the task back at once and does it', async () => {
  const { build, task } = await building('killed', 25);
  await system.worker('killed').kill();
  const died = performance.now();
  while (buildsIn('killed') > 0) await new Promise((done) => setTimeout(done, 20));
  expect(performance.now() - died).toBeLessThan(5000);
  expect(readdirSync(join(system.home('killed'), 'running'))).toEqual([`${task.id}-1.json`]);
  await system.startWorker({ name: 'killed', arches: 'x86_64' });
  expect((await system.over(build)).state).toBe('complete');
  const after = await taskOf(task.id);
  expect(after.attempts.map(({ outcome }) => outcome)).toEqual(['freed', 'done']);
  const worker = system.worker('killed');
  worker.signal('SIGTERM');
  await worker.ends();
  expect(readdirSync(join(system.home('killed'), 'work'))).toEqual([]);
});

test('a build that is canceled is stopped on its worker, which goes on with others', async () => {
  const { build, task } = await building('told', 400);
  await system.client.call('cancelBuild', { params: { id: build }, body: {} });
  await system.worker('told').says(/no longer ours/, 30_000);
  while (buildsIn('told') > 0) await new Promise((done) => setTimeout(done, 20));
  expect((await taskOf(task.id)).state).toBe('canceled');
  const next = await system.submit('notes', { scratch: true });
  expect((await system.over(next.id)).state).toBe('complete');
});
