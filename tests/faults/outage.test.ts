/** Processes that go away in the middle of a build: nothing is lost, and the build is complete once. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { BuildDetail } from '../../packages/contract/src/index.ts';
import { checkPromises } from '../harness/promises.ts';
import { buildProcessesOf } from '../harness/sweep.ts';
import { System } from '../harness/system.ts';

let system: System;
let count = 0;

beforeAll(async () => {
  system = await System.start({ worker: false });
});
afterAll(() => system?.stop());
beforeEach(async () => {
  for (const worker of system.workers.values()) {
    worker.signal('SIGCONT');
    await worker.kill();
  }
  system.workers.clear();
  if (system.hub?.ending !== undefined) await system.startHub();
});

interface Slow {
  build: number;
  task: number;
}

/** Submits a build of so many fifths of a second, and waits until its binary task has written a tick. */
async function ticking(ticks: number): Promise<Slow> {
  count += 1;
  const options = { define: { ticks: String(ticks) }, dist: `.o${count}`, arches: ['x86_64'] };
  const { id } = await system.submit('slow', options);
  const leased = await system.feed.until(
    'the build task is leased',
    (events) => events.filter((one) => one.build === id && one.type === 'task.leased')[1],
    60_000,
    () => system.explain(),
  );
  const task = Number(leased.subject.split(':')[1]);
  await system.until(`task ${task} ticks`, async () => {
    const { items } = await system.client.call('listLogs', { params: { id: task } });
    if (!items.some((log) => log.name === 'build.log' && log.size > 0)) return undefined;
    return (await system.log(task, 1, 'build.log')).includes('tick 1 of') || undefined;
  });
  return { build: id, task };
}

/** Complete and published exactly once, with the whole log of the attempt that made it. */
async function completeOnce({ build, task }: Slow, ticks: number, ms = 90_000): Promise<BuildDetail> {
  const detail = await system.published(build, ms);
  const types = system.feed.of(build).map((event) => event.type);
  expect(types.filter((type) => type === 'build.complete')).toHaveLength(1);
  expect(types.filter((type) => type === 'build.published')).toHaveLength(1);
  const { attempt } = await system.client.call('getTask', { params: { id: task } });
  const text = await system.log(task, attempt, 'build.log');
  expect(text.match(/^tick \d+ of \d+$/gm)).toEqual(
    Array.from({ length: ticks }, (_, i) => `tick ${i + 1} of ${ticks}`),
  );
  await checkPromises(system.connection(), join(system.home('hub'), 'blobs'));
  return detail;
}

async function attempts(task: number): Promise<string[]> {
  const detail = await system.client.call('getTask', { params: { id: task } });
  return detail.attempts.map((one) => `${one.worker} ${one.outcome}`);
}

/** Processes that a worker's builds have started. */
function buildProcesses(): number[] {
  return buildProcessesOf(join(system.home('builder'), 'driver'));
}

test('an hour without any hub, sixty leases long, kills no build: it goes on and is complete once', async () => {
  await system.startWorker();
  const slow = await ticking(20);
  await system.killHub();
  await system.passTime(3600);
  // The build ends while nobody listens, and its worker keeps what it made.
  await system.until('the build is over', () => buildProcesses().length === 0 || undefined, 60_000);
  await system.startHub();
  await completeOnce(slow, 20);
  expect(await attempts(slow.task)).toEqual(['builder done']);
});

test('kill -9 of the hub and of PostgreSQL at once: both come back and the build is complete once', async () => {
  await system.startWorker();
  const slow = await ticking(15);
  process.kill(system.postgresPid(), 'SIGKILL');
  await system.killHub();
  await system.startHub();
  await completeOnce(slow, 15);
  expect(await attempts(slow.task)).toEqual(['builder done']);
});

test('kill -9 of PostgreSQL alone: the hub starts it again, and the build is complete once', async () => {
  await system.startWorker();
  const slow = await ticking(15);
  const before = system.postgresPid();
  process.kill(before, 'SIGKILL');
  await completeOnce(slow, 15);
  expect(system.postgresPid()).not.toBe(before);
  expect(system.hub?.ending).toBeUndefined();
  expect(await attempts(slow.task)).toEqual(['builder done']);
});

test('kill -9 of the worker: the build’s processes end with it, and its next start has it complete once', async () => {
  const worker = await system.startWorker();
  const slow = await ticking(15);
  expect(buildProcesses().length).toBeGreaterThan(0);
  await worker.kill();
  await system.until(
    'the build’s processes are gone',
    () => buildProcesses().length === 0 || undefined,
    5000,
  );
  await system.startWorker();
  await completeOnce(slow, 15);
  expect(await attempts(slow.task)).toEqual(['builder freed', 'builder done']);
  // The log of the attempt that was lost is still there.
  expect(await system.log(slow.task, 1, 'build.log')).toContain('tick 1 of 15');
  expect(readdirSync(join(system.home('builder'), 'work'))).toEqual([]);
});

test('a worker that never comes back: its lease lapses and another has the build complete once', async () => {
  const worker = await system.startWorker();
  const slow = await ticking(25);
  await worker.kill();
  await system.startWorker({ name: 'other' });
  await lapse(slow.task);
  await completeOnce(slow, 25);
  expect(await attempts(slow.task)).toEqual(['builder lost', 'other done']);
});

test('a worker that was frozen finds that the task is another’s, stops at once, and nothing of it counts', async () => {
  // One slot: a frozen worker that waits for more would be given this task again, until its first heartbeat is missed.
  const worker = await system.startWorker({ slots: 1 });
  const slow = await ticking(40);
  worker.signal('SIGSTOP');
  await system.startWorker({ name: 'other' });
  await lapse(slow.task);
  await system.feed.until(
    'the other has the task',
    (events) => events.find((one) => one.subject === `task:${slow.task}` && one.data['worker'] === 'other'),
    120_000,
    () => system.explain(),
  );
  worker.signal('SIGCONT');
  await worker.says(/no longer ours/);
  await system.until('its build is gone', () => buildProcesses().length === 0 || undefined, 5000);
  await completeOnce(slow, 40);
  expect(await attempts(slow.task)).toEqual(['builder lost', 'other done']);
});

test('SIGTERM: the worker finishes its build, takes no other, and leaves with 0', async () => {
  const worker = await system.startWorker();
  const slow = await ticking(15);
  worker.signal('SIGTERM');
  await worker.says(/taking no more/);
  const waiting = await system.submit('notes', { scratch: true });
  expect(await worker.ends(60_000)).toEqual({ code: 0, signal: null });
  await completeOnce(slow, 15);
  expect(await attempts(slow.task)).toEqual(['builder done']);
  const task = await system.client.call('getTask', { params: { id: waiting.task } });
  expect(task).toMatchObject({ state: 'free', attempt: 0 });
  expect(task.waiting).not.toBeNull();
  await system.startWorker({ name: 'other' });
  expect(await system.over(waiting.id)).toMatchObject({ state: 'complete' });
});

test('SIGTERM twice: the worker leaves now, and its task is free at once without having used an attempt', async () => {
  const worker = await system.startWorker();
  const slow = await ticking(25);
  await system.startWorker({ name: 'other' });
  worker.signal('SIGTERM');
  await worker.says(/taking no more/);
  const started = performance.now();
  worker.signal('SIGTERM');
  expect(await worker.ends(10_000)).toEqual({ code: 0, signal: null });
  await system.event(slow.build, /^task\.freed$/, 5000);
  expect(performance.now() - started).toBeLessThan(5000);
  expect(buildProcesses()).toEqual([]);
  await completeOnce(slow, 25);
  expect(await attempts(slow.task)).toEqual(['builder freed', 'other done']);
  const [row] = await system.sql<{ spent: number }>('SELECT spent FROM tasks WHERE id = $1', [slow.task]);
  expect(row?.spent).toBe(0);
});

test('SIGTERM of the hub in the middle of a build: it comes back and the build is complete once', async () => {
  await system.startWorker();
  const slow = await ticking(15);
  const { hub } = system;
  hub?.signal('SIGTERM');
  expect(await hub?.ends()).toEqual({ code: 0, signal: null });
  expect(existsSync(join(system.home('hub'), 'hub.json'))).toBe(false);
  expect(readFileSync(join(system.home('hub'), 'admin.token'), 'utf8')).not.toBe('');
  await system.startHub();
  await completeOnce(slow, 15);
  expect(await attempts(slow.task)).toEqual(['builder done']);
});

/** Lets the lease of a task run out, as if its time had passed; moving the clock would look like an absence of the hub. */
async function lapse(task: number): Promise<void> {
  await system.sql(
    `UPDATE tasks SET lease_until = ledger_now() - interval '1 second' WHERE id = $1 AND state = 'leased'`,
    [task],
  );
  await system.feed.until(
    `task ${task} is lost`,
    (events) => events.find((one) => one.subject === `task:${task}` && one.type === 'task.lost'),
    120_000,
    () => system.explain(),
  );
}
