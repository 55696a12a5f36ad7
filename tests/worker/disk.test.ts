/** A builder whose disk is full, on a small file system of its own. */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, ftruncateSync, mkdirSync, openSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Failure } from '../../packages/contract/src/index.ts';
import { checkPromises } from '../harness/promises.ts';
import { makeSpec, packSpec } from '../harness/specs.ts';
import { copyTree, System } from '../harness/system.ts';
import { warmed } from '../harness/warmth.ts';

let system: System;
let small = '';
let tiny = '';
const mib = 2 ** 20;

function must(program: string, args: string[]): string {
  const done = spawnSync(program, args, { encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`${program} ${args.join(' ')}: ${done.stderr}`);
  return done.stdout;
}

/** A worker's home on a file system of its own. */
function homeOf(name: string, size: number): string {
  const image = join(system.dir, `${name}.img`);
  const file = openSync(image, 'w');
  ftruncateSync(file, size);
  closeSync(file);
  must('mkfs.ext4', ['-q', '-F', '-m', '0', '-i', '4096', image]);
  const home = system.home(name);
  mkdirSync(home);
  must('mount', ['-o', 'loop', image, home]);
  return home;
}

beforeAll(async () => {
  system = await System.start({ worker: false });
  const driver = join(await warmed(), 'driver');
  const used = Number(must('du', ['-sm', driver]).split('\t')[0]);
  small = homeOf('small', (Math.ceil(used * 1.15) + 350) * mib);
  copyTree(driver, join(small, 'driver'), []);
});
afterAll(async () => {
  for (const name of ['small', 'tiny']) await system?.workers.get(name)?.kill();
  for (const home of [small, tiny]) if (home !== '') spawnSync('umount', ['--lazy', home]);
  await system?.stop();
});

test('a build that fills its builder is tried elsewhere and completes there; the builder goes on', async () => {
  const worker = await system.startWorker({ name: 'small', arches: 'x86_64' });
  const { id } = await system.submit('fill-disk', { scratch: true, define: { fill_mib: '700' } });
  const retried = await system.event(id, /^task\.retried$/, 90_000);
  expect(retried.data['failure'] as Failure).toMatchObject({ code: 'disk_full', fault: 'infrastructure' });
  await system.startWorker({ name: 'roomy', arches: 'x86_64' });
  expect((await system.over(id, 90_000)).state).toBe('complete');

  const task = Number(retried.subject.split(':')[1]);
  const { attempts } = await system.client.call('getTask', { params: { id: task } });
  expect(attempts[0]).toMatchObject({ worker: 'small', outcome: 'failed' });
  expect(attempts.at(-1)).toMatchObject({ worker: 'roomy', outcome: 'done' });
  const { items } = await system.client.call('listLogs', { params: { id: task } });
  const kept = items.filter((log) => log.attempt === 1);
  expect(kept.map(({ name }) => name)).toContain('build.log');
  expect(kept.every(({ complete }) => complete)).toBe(true);
  expect(worker.ending).toBeUndefined();
  const { bavail, bsize } = statfsSync(small);
  expect(bavail * bsize).toBeGreaterThan(100 * mib);
  await checkPromises(system.connection(), join(system.home('hub'), 'blobs'));
});

test('a builder without any room claims nothing, says so, and goes on once it has some', async () => {
  const roomy = system.worker('roomy');
  roomy.signal('SIGTERM');
  await roomy.ends();
  const filling = join(small, 'filling');
  spawnSync('dd', ['if=/dev/zero', `of=${filling}`, 'bs=1M']);
  const worker = system.worker('small');
  worker.signal('SIGTERM');
  await worker.ends();
  // The state of one that was started on a full disk.
  const again = await system.startWorker({ name: 'small', arches: 'x86_64' });
  await again.says(/nothing is claimed: no room left under /);
  const { id, task } = await system.submit('notes', { scratch: true });
  must('rm', [filling]);
  expect((await system.over(id)).state).toBe('complete');
  const { attempts } = await system.client.call('getTask', { params: { id: task } });
  expect(attempts.map(({ outcome }) => outcome)).toEqual(['done']);
});

test('a source larger than a builder’s disk is given back for good, once, and done elsewhere', async () => {
  const worker = system.worker('small');
  worker.signal('SIGTERM');
  await worker.ends();
  tiny = homeOf('tiny', 80 * mib);
  const spec = makeSpec(system.dir, 'large', { lines: 'BuildArch: noarch\nSource0: large.bin' });
  writeFileSync(join(spec, '..', 'large.bin'), randomBytes(30 * mib));
  const srpm = packSpec(spec, join(system.dir, 'srpms'), { _sourcedir: join(spec, '..') });
  await system.startWorker({ name: 'tiny', arches: 'x86_64' });
  const { id, task } = await system.submit(srpm, { scratch: true });
  const freed = await system.event(id, /^task\.freed$/, 60_000);
  expect(freed).toMatchObject({ subject: `task:${task}`, data: { worker: 'tiny', refusal: { hard: true } } });
  const waiting = await system.client.call('getTask', { params: { id: task } });
  expect(waiting.answers.find((one) => one.worker === 'tiny')?.reason).toMatch(
    /has a disk of \d+ MiB and 9\d MiB are needed for the source package/,
  );
  await system.startWorker({ name: 'roomier', arches: 'x86_64' });
  expect((await system.over(id)).state).toBe('complete');
  const { attempts } = await system.client.call('getTask', { params: { id: task } });
  expect(attempts.map(({ worker: by, outcome }) => `${by} ${outcome}`)).toEqual([
    'tiny freed',
    'roomier done',
  ]);
});
