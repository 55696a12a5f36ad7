/** What a worker looks at before it takes work: real processes, a real hub. */
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { WorkerInfo } from '../../packages/contract/src/index.ts';
import { System } from '../harness/system.ts';
import { Relay, startBehind } from './relay.ts';

let system: System;

beforeAll(async () => {
  system = await System.start({ worker: false });
});
afterAll(() => system?.stop());

const info = (name: string): Promise<WorkerInfo> => system.client.call('getWorker', { params: { name } });

async function untilUnfit(name: string, code: string | undefined): Promise<WorkerInfo> {
  return await system.until(`${name} is ${code ?? 'fit'}`, async () => {
    const worker = await info(name);
    return worker.unfit?.code === code ? worker : undefined;
  });
}

async function leave(name: string): Promise<void> {
  const worker = system.worker(name);
  worker.signal('SIGTERM');
  expect(await worker.ends()).toEqual({ code: 0, signal: null });
}

test('while the stop file is there a build is finished and nothing is begun; without it the worker goes on', async () => {
  const file = join(system.dir, 'graceful_stop');
  await system.startWorker({ name: 'polite', arches: 'x86_64', env: { MOROMI_WORKER_STOP_FILE: file } });
  const first = await system.submit('slow', { scratch: true, define: { ticks: '15' } });
  const leased = await system.feed.until(
    'its binary task is leased',
    (events) => events.filter((one) => one.build === first.id && one.type === 'task.leased')[1],
    60_000,
    () => system.explain(),
  );
  writeFileSync(file, '');
  const worker = system.worker('polite');
  await worker.says(/nothing is claimed: \S+graceful_stop is there/);
  const told = await untilUnfit('polite', 'stop_file');
  expect(told.idle).toContain('graceful_stop is there');
  const second = await system.submit('notes', { scratch: true });
  expect(await system.over(first.id)).toMatchObject({ state: 'complete' });
  const task = await system.client.call('getTask', { params: { id: Number(leased.subject.split(':')[1]) } });
  expect(task.attempts.map(({ outcome }) => outcome)).toEqual(['done']);
  expect(await system.client.call('getTask', { params: { id: second.task } })).toMatchObject({
    state: 'free',
    attempt: 0,
  });
  expect(worker.ending).toBeUndefined();
  rmSync(file);
  await worker.says(/takes new work again/);
  expect(await system.over(second.id)).toMatchObject({ state: 'complete' });
  await untilUnfit('polite', undefined);
  await leave('polite');
});

/** libfaketime's library, where a package of this machine has it. */
function faketime(): string | undefined {
  for (const folder of readdirSync('/usr/lib').map((name) => join('/usr/lib', name, 'faketime')))
    if (existsSync(join(folder, 'libfaketime.so.1'))) return join(folder, 'libfaketime.so.1');
  return undefined;
}

test('a worker whose clock is an hour off takes nothing until it is right, and the hub says why', async () => {
  await using relay = await Relay.to(system.url);
  const library = faketime();
  const env = { MOROMI_WORKER_STOP_FILE: join(system.dir, 'none') };
  if (library === undefined) relay.clockAhead = -3_725_000;
  await startBehind(relay.url, system, 'early', {
    ...env,
    ...(library === undefined ? {} : { LD_PRELOAD: library, FAKETIME: '+3725s' }),
  });
  const worker = system.worker('early');
  await worker.says(/nothing is claimed: its clock is 1 h 2 min ahead of the hub's; set it/);
  const told = await untilUnfit('early', 'clock_off');
  expect(told).toMatchObject({ state: 'online', idle: expect.stringContaining('its clock is 1 h 2 min') });
  const { id, task } = await system.submit('notes', { scratch: true });
  if (library === undefined) {
    // By its next heartbeat.
    relay.clockAhead = 0;
    await worker.says(/takes new work again/);
    expect(await system.over(id)).toMatchObject({ state: 'complete' });
    await untilUnfit('early', undefined);
  } else {
    expect(Math.round(told.clockAhead ?? 0)).toBeGreaterThan(3600);
    expect(await system.client.call('getTask', { params: { id: task } })).toMatchObject({ attempt: 0 });
    await system.client.call('cancelTask', { params: { id: task }, body: {} });
  }
  await leave('early');
});
