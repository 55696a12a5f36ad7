/** A worker that is cut off from its hub, or that comes back with its machine. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkPromises } from '../harness/promises.ts';
import { System } from '../harness/system.ts';
import { Relay, startBehind } from './relay.ts';

let system: System;

beforeAll(async () => {
  system = await System.start({ worker: false });
});
afterAll(async () => {
  try {
    if (system !== undefined) await checkPromises(system.connection(), join(system.home('hub'), 'blobs'));
  } finally {
    await system?.stop();
  }
});

/** Submits a build of so many fifths of a second; returns once its binary task has written a tick. */
async function ticking(ticks: number, dist: string): Promise<{ build: number; task: number }> {
  const { id } = await system.submit('slow', { scratch: true, dist, define: { ticks: String(ticks) } });
  const leased = await system.feed.until(
    'the build task is leased',
    (events) => events.filter((one) => one.build === id && one.type === 'task.leased')[1],
    60_000,
    () => system.explain(),
  );
  const task = Number(leased.subject.split(':')[1]);
  await system.until(`task ${task} ticks`, async () => {
    const text = await system.log(task, 1, 'build.log').catch(() => '');
    return text.includes('tick 1 of') || undefined;
  });
  return { build: id, task };
}

/** The build is complete by one attempt of these, and its log is whole. */
async function completeOnce(slow: { build: number; task: number }, ticks: number, outcomes: string[]) {
  expect(await system.over(slow.build, 90_000)).toMatchObject({ state: 'complete' });
  const types = system.feed.of(slow.build).map(({ type }) => type);
  expect(types.filter((type) => type === 'build.complete')).toHaveLength(1);
  const { attempts, attempt } = await system.client.call('getTask', { params: { id: slow.task } });
  expect(attempts.map(({ outcome }) => outcome)).toEqual(outcomes);
  const text = await system.log(slow.task, attempt, 'build.log');
  expect(text.match(/^tick \d+ of \d+$/gm)).toHaveLength(ticks);
}

test('a worker that reconnects within its time goes on with its build, which is accepted once', async () => {
  await using relay = await Relay.to(system.url);
  const worker = await startBehind(relay.url, system, 'cut-off', { MOROMI_WORKER_LOG_LEVEL: 'debug' });
  const slow = await ticking(90, '.cut');
  // The hub goes on listening, so the lease runs.
  relay.cut();
  const missed = () => worker.said.match(/heartbeat: .*does not answer/g)?.length ?? 0;
  // More than one heartbeat, and less than a lease.
  await system.until('two heartbeats were missed', () => missed() >= 2 || undefined, 40_000);
  expect(await system.client.call('getTask', { params: { id: slow.task } })).toMatchObject({
    state: 'leased',
    attempt: 1,
    worker: 'cut-off',
  });
  relay.mend();
  await worker.says(/answers again after/);
  await completeOnce(slow, 90, ['done']);
  worker.signal('SIGTERM');
  await worker.ends();
});

test('a frozen hub that thaws within a lease finds the build going on', async () => {
  const worker = await system.startWorker({
    name: 'patient',
    arches: 'x86_64',
    env: { MOROMI_WORKER_LOG_LEVEL: 'debug' },
  });
  const slow = await ticking(90, '.frozen');
  system.hub?.signal('SIGSTOP');
  try {
    await worker.says(/heartbeat: .*does not answer/, 40_000);
  } finally {
    system.hub?.signal('SIGCONT');
  }
  await completeOnce(slow, 90, ['done']);
  worker.signal('SIGTERM');
  await worker.ends();
});

test('after a power cut worker and hub start by themselves, in whatever order, and the build is done', async () => {
  const name = 'rebooted';
  const env = { MOROMI_WORKER_LOG_LEVEL: 'debug' };
  await system.startWorker({ name, arches: 'x86_64', env });
  const slow = await ticking(15, '.reboot');
  await Promise.all([system.worker(name).kill(), system.killHub()]);
  process.kill(system.postgresPid(), 'SIGKILL');
  expect(readdirSync(join(system.home(name), 'running'))).toEqual([`${slow.task}-1.json`]);
  // As at a boot at which the hub comes later: the worker waits for it.
  const worker = await system.launchWorker({ name, arches: 'x86_64', env });
  await worker.says(/does not answer.*going on without it/);
  expect(worker.ending).toBeUndefined();
  await system.startHub();
  await worker.says(/ slots for /);
  await completeOnce(slow, 15, ['freed', 'done']);
  worker.signal('SIGTERM');
  await worker.ends();
  expect(readdirSync(join(system.home(name), 'work'))).toEqual([]);
});
