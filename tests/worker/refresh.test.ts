/** `moromi update-builders`: a real worker reads its settings again while it builds. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { WorkerInfo } from '../../packages/contract/src/index.ts';
import { mainFile } from '../harness/bundled.ts';
import { Program } from '../harness/program.ts';
import { checkPromises } from '../harness/promises.ts';
import { copyTree, System } from '../harness/system.ts';
import { warmed } from '../harness/warmth.ts';

let system: System;
let worker: Program;

const settings = () => join(system.dir, 'worker.toml');
const write = (...lines: string[]) => writeFileSync(settings(), ['[worker]', ...lines, ''].join('\n'));

beforeAll(async () => {
  system = await System.start({ worker: false });
  write('arches = ["x86_64"]', 'slots = 1');
  copyTree(join(await warmed(), 'driver'), join(system.home('tuned'), 'driver'), ['--link']);
  const args = ['worker', '--config', settings(), '--home', system.home('tuned'), '--name', 'tuned'];
  const command = [process.execPath, mainFile(), ...args, '--hub', system.url, '--driver', 'native'];
  const env = { MOROMI_WORKER_STOP_FILE: join(system.dir, 'none') };
  worker = new Program('tuned', command, system.env(env), system.dir);
  system.workers.set('tuned', worker);
  await worker.says(/1 slots for srpm, build on x86_64/);
});
afterAll(async () => {
  try {
    if (system !== undefined) await checkPromises(system.connection(), join(system.home('hub'), 'blobs'));
  } finally {
    await system?.stop();
  }
});

const info = (): Promise<WorkerInfo> => system.client.call('getWorker', { params: { name: 'tuned' } });
const update = (...more: string[]) =>
  system.cli(['--hub', system.url, 'update-builders', ...more], { MOROMI_TOKEN: system.token });

test('a worker that builds gets an architecture and a slot; what it built went on, and it is given both', async () => {
  const long = await system.submit('slow', {
    scratch: true,
    arches: ['x86_64'],
    define: { ticks: '200' },
  });
  const leased = await system.feed.until(
    'its binary task is leased',
    (events) => events.filter((one) => one.build === long.id && one.type === 'task.leased')[1],
    60_000,
    () => system.explain(),
  );
  const id = Number(leased.subject.split(':')[1]);
  const pid = worker.pid;
  write('arches = ["x86_64", "i686"]', 'slots = 2');
  const { out, code } = await update('tuned');
  expect(out).toMatch(
    /^tuned \(\S+\): arches: x86_64 → x86_64 i686; slots: 1 → 2(; emulated: none → i686)?$/m,
  );
  expect(code).toBe(0);
  // Beside what still runs: with one slot, or without i686, it could not be built now.
  const other = await system.submit('notes', { scratch: true, arches: ['i686'] });
  expect(await system.over(other.id)).toMatchObject({ state: 'complete' });
  expect(await system.client.call('getTask', { params: { id } })).toMatchObject({
    state: 'leased',
    attempt: 1,
  });
  expect(await system.over(long.id, 120_000)).toMatchObject({ state: 'complete' });
  const task = await system.client.call('getTask', { params: { id } });
  expect(task.attempts).toMatchObject([{ worker: 'tuned', outcome: 'done' }]);
  expect([worker.pid, worker.ending]).toEqual([pid, undefined]);
});

test('a settings file that makes no sense is told, and the worker goes on with what it had', async () => {
  write('arches = ["x86_64"]', 'slots = "many"');
  const { out, code } = await update('--json', 'tuned');
  const [told] = JSON.parse(out) as { outcome: string; problem: string; changes: unknown[] }[];
  expect(told).toMatchObject({ outcome: 'answered', changes: [] });
  expect(told?.problem).toContain(`${settings()}:3: worker.slots wants a whole number`);
  expect(code).toBe(0);
  expect((await info()).offer).toMatchObject({ arches: ['x86_64', 'i686'], slots: 2 });
  await worker.says(/worker\.toml:3: worker\.slots .*; it goes on to offer 2 slots for srpm, build/);
  const { id } = await system.submit('notes', { scratch: true, arches: ['i686'] });
  expect(await system.over(id)).toMatchObject({ state: 'complete' });
});

test('a file that is right again counts, and an idle worker hears of it within its heartbeat', async () => {
  write('arches = ["x86_64"]', 'slots = 1');
  const started = performance.now();
  const { out, code } = await update('tuned');
  expect(out).toMatch(/arches: x86_64 i686 → x86_64; slots: 2 → 1(; emulated: i686 → none)?$/m);
  expect(code).toBe(0);
  // A heartbeat's time, a probe's, and the client's start on a busy machine.
  expect(performance.now() - started).toBeLessThan(45_000);
  const { id, task } = await system.submit('notes', { scratch: true, arches: ['i686'] });
  const { waiting } = await system.client.call('getTask', { params: { id: task } });
  expect(waiting).toMatchObject({ reason: expect.stringContaining('i686') });
  await system.client.call('cancelTask', { params: { id: task }, body: {} });
  expect(await system.over(id)).toMatchObject({ state: 'canceled' });
  worker.signal('SIGTERM');
  expect(await worker.ends()).toEqual({ code: 0, signal: null });
});
