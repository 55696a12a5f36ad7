/** What is taken from a worker is stopped at once: real builds, real processes. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkPromises } from '../harness/promises.ts';
import { makeSpec, packSpec } from '../harness/specs.ts';
import { processesWith } from '../harness/sweep.ts';
import { System } from '../harness/system.ts';

let system: System;
let count = 0;

/** Beats come every 8 to 10 s, so whatever is sooner did not wait for one. */
const beatMs = 8000;

beforeAll(async () => {
  system = await System.start();
});
afterAll(async () => {
  try {
    if (system !== undefined) await checkPromises(system.connection(), join(system.home('hub'), 'blobs'));
  } finally {
    await system?.stop();
  }
});

interface Asleep {
  build: number;
  task: number;
  /** Its processes, one of them in a session of its own. */
  sleepers: () => number[];
}

/** A build whose commands sleep, once they do. */
async function asleep(target = 'el9'): Promise<Asleep> {
  count += 1;
  const seconds = `${5000 + count}.${process.pid}`;
  const body = `%build\n(setsid sleep ${seconds} &)\necho asleep\nsleep ${seconds}\n%install\n%files\n`;
  const spec = makeSpec(system.dir, `sleeper-${count}`, { body });
  const { id } = await system.submit(packSpec(spec, join(system.dir, 'srpms')), { scratch: true }, target);
  const sleepers = () => processesWith(seconds);
  await system.until('both sleepers run', () => sleepers().length === 2 || undefined);
  const leased = system.feed.of(id).findLast((one) => one.type === 'task.leased');
  return { build: id, task: Number(leased?.subject.split(':')[1]), sleepers };
}

interface Stopped {
  /** Milliseconds from the request until no process of the build was left, and until the worker had cleaned up. */
  processes: number;
  lease: number;
}

async function stopped({ task, sleepers }: Asleep, stop: () => Promise<unknown>): Promise<Stopped> {
  const running = join(system.home('builder'), 'running');
  // Of its first attempt: another may begin as soon as that is over.
  const notes = () => readdirSync(running).filter((name) => name === `${task}-1.json`);
  expect(notes()).toHaveLength(1);
  const started = performance.now();
  const asking = stop();
  const since = async (what: string, over: () => boolean) => {
    await system.until(what, () => over() || undefined, 60_000);
    return performance.now() - started;
  };
  const processes = await since('the sleepers are gone', () => sleepers().length === 0);
  const lease = await since('the worker is done with it', () => notes().length === 0);
  await asking;
  return { processes, lease };
}

test('a canceled build ends within a second, with all its processes, and its worker has let go of it', async () => {
  const runs: Stopped[] = [];
  for (let round = 0; round < 3; round++) {
    const one = await asleep();
    const cancel = () => system.client.call('cancelTask', { params: { id: one.task }, body: {} });
    runs.push(await stopped(one, cancel));
    expect(await system.over(one.build)).toMatchObject({ state: 'canceled' });
  }
  const best = (what: keyof Stopped) => Math.min(...runs.map((run) => run[what]));
  console.info(`canceled: ${runs.map((run) => `${Math.round(run.processes)}/${Math.round(run.lease)}`)} ms`);
  // The best of three: this machine may be busy with other tests.
  expect(best('processes')).toBeLessThan(1000);
  expect(best('lease')).toBeLessThan(1000);
  for (const run of runs) expect(run.lease).toBeLessThan(beatMs);
});

test('a build in whose logs nothing is written any more is ended as stuck, with its last words', async () => {
  await system.addTarget('impatient', { arches: ['x86_64'], stuckSeconds: 10 });
  const one = await asleep('impatient');
  const build = await system.over(one.build);
  expect(one.sleepers()).toEqual([]);
  expect(build).toMatchObject({ state: 'failed', failure: { code: 'stuck', fault: 'package' } });
  expect(build.failure?.message).toMatch(/no log grew for 10 s in rpmbuild: last line of build\.log: /);
  const { attempts } = await system.client.call('getTask', { params: { id: one.task } });
  expect(attempts).toHaveLength(1);
  expect(await system.log(one.task, 1, 'build.log')).toContain('asleep');
});

test('a task that somebody frees is stopped at once and begun again', async () => {
  const one = await asleep();
  const run = await stopped(one, () =>
    system.client.call('freeTask', { params: { id: one.task }, body: {} }),
  );
  expect(run.processes).toBeLessThan(beatMs);
  await system.until('it sleeps again', () => one.sleepers().length === 2 || undefined);
  const { attempts } = await system.client.call('getTask', { params: { id: one.task } });
  expect(attempts.map(({ outcome }) => outcome)).toEqual(['freed', 'running']);
  await system.client.call('cancelTask', { params: { id: one.task }, body: {} });
  await system.over(one.build);
});

test('a quarantined worker stops all it has at once, says so once, and comes back by itself when enabled', async () => {
  const two = [await asleep(), await asleep()];
  const [one] = two;
  if (one === undefined) throw new Error('nothing sleeps');
  const stand = (standing: 'quarantined' | 'enabled') =>
    system.client.call('setStanding', { params: { name: 'builder' }, body: { standing } });
  const run = await stopped(one, () => stand('quarantined'));
  expect(run.processes).toBeLessThan(beatMs);
  await system.until('the others are gone too', () =>
    two.every(({ sleepers }) => sleepers().length === 0) ? true : undefined,
  );
  const worker = system.worker();
  await worker.says(/this worker is quarantined/);
  for (const { task } of two)
    expect(await system.client.call('getTask', { params: { id: task } })).toMatchObject({ state: 'free' });
  await stand('enabled');
  await system.until('they sleep again', () =>
    two.every(({ sleepers }) => sleepers().length === 2) ? true : undefined,
  );
  await worker.says(/this worker takes tasks again/);
  expect(worker.said.match(/is quarantined/g)).toHaveLength(1);
  for (const { task, build } of two) {
    await system.client.call('cancelTask', { params: { id: task }, body: {} });
    await system.over(build);
  }
});
