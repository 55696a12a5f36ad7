import { appendFile, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { BuildFailure } from '@moromi/buildroot';
import type { Claim } from '@moromi/contract';
import { expect, test } from 'vitest';
import type { WorkerConfig } from './config.ts';
import { runWorker } from './run.ts';
import { type Build, makeFiles, TestDriver, untilStopped } from './testing/driver.ts';
import { buildLease } from './testing/lease.ts';
import { type Scene, scene, until } from './testing/scene.ts';
import { srpm, start } from './testing/start.ts';

const logOf = (stage: Scene, task: number, name: string, attempt = 1) =>
  stage.hub.log(task, attempt, name).toString();

test('a worker enrols once, keeps its token to itself and offers what it has', async () => {
  await using stage = await scene();
  const first = start(stage);
  await until(() => stage.hub.named('claim').length === 1);
  first.leave();
  expect(await first.exit).toBe(0);
  expect((await stat(join(first.home, 'token'))).mode & 0o777).toBe(0o600);
  const second = start(stage);
  await until(() => stage.hub.named('claim').length >= 2);
  second.leave();
  expect(await second.exit).toBe(0);
  expect(stage.hub.named('enrolWorker')).toHaveLength(1);
  expect(stage.hub.named('offer')[0]?.body).toMatchObject({
    arches: ['x86_64'],
    kinds: ['srpm', 'build'],
    slots: 1,
  });
});

test('a worker without a token says what it needs', async () => {
  await using stage = await scene();
  const home = join(stage.dir, 'home');
  const config = {
    home,
    hub: stage.hub.url,
    name: 'x',
    kinds: ['build' as const],
    driver: 'native' as const,
    logLevel: 'info' as const,
  };
  expect(await runWorker(config, {}, { driver: new TestDriver(home), journal: stage.journal })).toBe(1);
  expect(stage.said.join('')).toContain('MOROMI_WORKER_ENROL_TOKEN');
});

test('a build goes from its lease to its result: logs, uploads, list of the root', async () => {
  await using stage = await scene();
  const worker = start(stage);
  stage.hub.offer(buildLease(34, stage.hub.addBlob(srpm)));
  await until(() => stage.hub.results.size === 1);
  worker.leave();
  expect(await worker.exit).toBe(0);
  const result = stage.hub.results.get('34-1');
  if (result?.outcome !== 'done' || result.packages === undefined) throw new Error(JSON.stringify(result));
  expect(result.packages.srpm.name).toBe('hello-1-1.src.rpm');
  expect(result.packages.rpms.map(({ name }) => name)).toEqual([
    'hello-1-1.x86_64.rpm',
    'hello-libs-1-1.x86_64.rpm',
  ]);
  for (const { sha256 } of result.packages.rpms) expect(stage.hub.blobs.has(sha256)).toBe(true);
  expect(result.packages.installed).toHaveLength(1);
  expect(result.used).toEqual({ memoryMb: 700, diskMb: 30 });
  expect(logOf(stage, 34, 'build.log')).toBe('Building\nDone\n');
  expect([...stage.hub.logs.values()].every(({ complete }) => complete)).toBe(true);
  expect(worker.driver.orders[0]).toMatchObject({ id: '34-1', arch: 'x86_64', macros: { dist: '.el9' } });
  expect(worker.driver.destroyed).toEqual(['34-1']);
  for (const folder of ['running', 'work']) expect(await readdir(join(worker.home, folder))).toEqual([]);
  expect(stage.said.join('')).toMatch(/Z build 3 task 34 x86_64 hello-1-1: leased, attempt 1\n/);
  expect(stage.said.join('')).toMatch(/tally: 0 of 1 running, 1 done, 0 failed, 0 lost/);
});

test('all logs are complete before the result is given', async () => {
  await using stage = await scene();
  let complete: boolean[] = [];
  stage.hub.fate = (name) => {
    if (name === 'finishAttempt') complete = [...stage.hub.logs.values()].map((log) => log.complete);
    return 'well';
  };
  const worker = start(stage);
  stage.hub.offer(buildLease(34, stage.hub.addBlob(srpm)));
  await until(() => stage.hub.results.size === 1);
  worker.leave();
  await worker.exit;
  expect(complete).toEqual([true, true]);
});

test('a failed build keeps all its logs and says whose fault it was', async () => {
  await using stage = await scene();
  const worker = start(stage, async (order) => {
    await appendFile(join(order.logDir, 'build.log'), 'x'.repeat(3_000_000));
    await appendFile(join(order.logDir, 'build.log'), '\nerror: no such header\n');
    throw new BuildFailure('build_failed', 'make ended with 2', 'error: no such header');
  });
  stage.hub.offer(buildLease(5, stage.hub.addBlob(srpm)));
  await until(() => stage.hub.results.size === 1);
  worker.leave();
  await worker.exit;
  expect(stage.hub.results.get('5-1')).toEqual({
    outcome: 'failed',
    failure: {
      code: 'build_failed',
      message: 'make ended with 2',
      fault: 'package',
      excerpt: 'error: no such header',
    },
  });
  expect(logOf(stage, 5, 'build.log')).toHaveLength(3_000_023);
});

test('the root of a failed build is kept when that was ordered, and can be found again', async () => {
  await using stage = await scene();
  const fail: Build = async () => {
    throw new BuildFailure('check_failed', '%check ended with 1');
  };
  const worker = start(stage, fail);
  const lease = buildLease(5, stage.hub.addBlob(srpm));
  if (lease.source !== undefined) lease.source.root.keepFailed = 86_400;
  stage.hub.offer(lease);
  await until(() => stage.hub.results.size === 1);
  worker.leave();
  await worker.exit;
  expect(worker.driver.kept).toEqual(['5-1']);
  expect(worker.driver.destroyed).toEqual([]);
  const result = stage.hub.results.get('5-1');
  expect(result?.outcome === 'failed' && Date.parse(result.keptUntil ?? '')).toBeGreaterThan(Date.now());
  const kept: unknown = JSON.parse(await readFile(join(worker.home, 'kept', '5-1.json'), 'utf8'));
  expect(kept).toMatchObject({ task: 5, attempt: 1, dir: join(worker.home, 'driver', 'root-5-1') });
});

test('a disk that a build has filled is told as such', async () => {
  await using stage = await scene();
  const worker = start(stage, async (order) => {
    await appendFile(join(order.logDir, 'state.log'), '2026-01-05 - Start: rpmbuild\n');
    throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  });
  stage.hub.offer(buildLease(5, stage.hub.addBlob(srpm)));
  await until(() => stage.hub.results.size === 1);
  worker.leave();
  await worker.exit;
  const result = stage.hub.results.get('5-1');
  expect(result?.outcome === 'failed' && result.failure).toMatchObject({
    code: 'disk_full',
    fault: 'infrastructure',
  });
});

test('an order that names no sound file is refused before anything is done', async () => {
  await using stage = await scene();
  const worker = start(stage);
  const lease = buildLease(5, stage.hub.addBlob(srpm));
  if (lease.source !== undefined) lease.source.srpm.name = '../../etc/x.src.rpm';
  stage.hub.offer(lease);
  await until(() => stage.hub.results.size === 1);
  worker.leave();
  await worker.exit;
  expect(stage.hub.results.get('5-1')).toMatchObject({ outcome: 'failed', failure: { code: 'bad_order' } });
  expect(worker.driver.orders).toEqual([]);
});

test('a claim that was cut is repeated with its nonce and brings the same lease; the next one has another', async () => {
  await using stage = await scene();
  let cuts = 3;
  stage.hub.fate = (name) => (name === 'claim' && stage.hub.held.size > 0 && cuts-- > 0 ? 'after' : 'well');
  const worker = start(stage);
  await until(() => stage.hub.named('claim').length === 1);
  const blob = stage.hub.addBlob(srpm);
  // Leased while the answer is cut: the hub holds it, the worker has not heard of it.
  stage.hub.fate = (name) => (name === 'claim' && cuts-- > 0 ? 'before' : 'well');
  stage.hub.offer(buildLease(1, blob));
  await until(() => stage.hub.results.has('1-1'));
  stage.hub.fate = (name) => (name === 'claim' && cuts-- > -3 ? 'after' : 'well');
  stage.hub.offer(buildLease(2, blob));
  const nonces = () => stage.hub.named('claim').map(({ body }) => (body as Claim).nonce);
  await until(() => stage.hub.results.has('2-1') && new Set(nonces()).size === 3);
  worker.leave();
  await worker.exit;
  expect(new Set(nonces()).size).toBe(3);
  expect(nonces().length).toBeGreaterThan(3);
});

test('the first heartbeat comes at once, and one beat is for all attempts', async () => {
  await using stage = await scene();
  const worker = start(stage, (_, __, signal) => untilStopped(signal), { slots: 3 });
  const blob = stage.hub.addBlob(srpm);
  for (const task of [1, 2, 3]) stage.hub.offer(buildLease(task, blob, { heartbeatSeconds: 1 }));
  await until(() => stage.hub.named('heartbeat').length > 0);
  const claimed = stage.hub.named('claim')[0]?.at ?? 0;
  expect((stage.hub.named('heartbeat')[0]?.at ?? Infinity) - claimed).toBeLessThan(1000);
  await until(() => stage.hub.beats.some(({ tasks }) => tasks.length === 3));
  worker.now();
  expect(await worker.exit).toBe(0);
});

test('a lease that the hub calls lost stops the build at once, and nothing more is said of it', async () => {
  await using stage = await scene();
  const worker = start(stage, (_, __, signal) => untilStopped(signal));
  stage.hub.offer(buildLease(8, stage.hub.addBlob(srpm), { heartbeatSeconds: 0.2 as number }));
  await until(() => stage.hub.beats.length > 0 && worker.driver.orders.length > 0);
  stage.hub.lost.set(8, 'canceled by kojiadmin');
  await until(() => worker.driver.destroyed.includes('8-1'));
  await until(() => stage.said.join('').includes('no longer ours: canceled by kojiadmin'));
  worker.leave();
  await worker.exit;
  expect(stage.hub.results.size).toBe(0);
  expect(stage.hub.released).toEqual([]);
  expect(await readdir(join(worker.home, 'running'))).toEqual([]);
});

test('an outage of the hub kills no build: it goes on, and its result arrives afterwards', async () => {
  await using stage = await scene();
  const worker = start(stage, async (order, dir, signal) => {
    await appendFile(join(order.logDir, 'build.log'), 'begun\n');
    await until(() => stage.hub.away);
    for (let line = 0; line < 20; line++) {
      await appendFile(join(order.logDir, 'build.log'), `line ${line}\n`);
      await new Promise((done) => setTimeout(done, 20));
    }
    setTimeout(() => {
      stage.hub.away = false;
    }, 1500);
    return await makeFiles(order, dir, signal);
  });
  stage.hub.offer(buildLease(9, stage.hub.addBlob(srpm), { heartbeatSeconds: 1 }));
  await until(() => logOf(stage, 9, 'build.log') === 'begun\n');
  stage.hub.away = true;
  stage.hub.cut();
  await until(() => stage.hub.results.size === 1);
  worker.leave();
  await worker.exit;
  expect(stage.hub.results.get('9-1')?.outcome).toBe('done');
  expect(logOf(stage, 9, 'build.log')).toContain('line 19\nBuilding\nDone\n');
  expect(stage.said.join('')).toMatch(/answers again after/);
});

test('two workers do not share a home', async () => {
  await using stage = await scene();
  const first = start(stage);
  await until(() => stage.hub.named('claim').length > 0);
  expect(await start(stage).exit).toBe(1);
  expect(stage.said.join('')).toContain('another worker is running in');
  first.leave();
  expect(await first.exit).toBe(0);
});

test('a worker that the hub does not know any more stops its builds and ends with 1', async () => {
  await using stage = await scene();
  const worker = start(stage, (_, __, signal) => untilStopped(signal));
  stage.hub.offer(buildLease(1, stage.hub.addBlob(srpm), { heartbeatSeconds: 0.2 as number }));
  await until(() => worker.driver.orders.length > 0);
  stage.hub.strangers = true;
  expect(await worker.exit).toBe(1);
  expect(worker.driver.destroyed).toEqual(['1-1']);
});

test('without a usable driver a builder ends with 1, and its offer shows the reason to the hub', async () => {
  await using stage = await scene();
  const home = join(stage.dir, 'home');
  const driver = new TestDriver(home);
  driver.usable = false;
  const config: WorkerConfig = {
    home,
    hub: stage.hub.url,
    name: 'builder1',
    enrolToken: 'x',
    kinds: ['build'],
    driver: 'native',
    logLevel: 'info',
  };
  expect(await runWorker(config, {}, { driver, journal: stage.journal })).toBe(1);
  expect(stage.hub.named('offer')[0]?.body).toMatchObject({ kinds: [] });
  expect(stage.said.join('')).toContain('there is no rpmbuild; install rpm');
});

test('what the hub does not take as a result is told as a failure of the worker', async () => {
  await using stage = await scene();
  const worker = start(stage);
  stage.hub.refuse = 'result_refused';
  stage.hub.offer(buildLease(1, stage.hub.addBlob(srpm)));
  await until(() => stage.hub.results.size === 1);
  worker.leave();
  await worker.exit;
  expect(stage.hub.results.get('1-1')).toMatchObject({
    outcome: 'failed',
    failure: { code: 'result_refused', fault: 'infrastructure' },
  });
});
