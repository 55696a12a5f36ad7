/** What people and failures do to workers and to the system, and what is learned, over the real API. */
import { describe, expect, test } from 'vitest';
import { type Fleet, fleetForAll, refusal } from '../testing/fleet.ts';
import { passTime, query } from '../testing/hub.ts';
import { nothing } from '../testing/stage.ts';
import type { HandWorker } from '../testing/worker.ts';
import { tellWaiting } from './tell-waiting.ts';

let place: Fleet['place'];
let one: Fleet['one'];
let two: Fleet['two'];
let tag: Fleet['tag'];
let task: Fleet['task'];
let info: Fleet['info'];
let standing: Fleet['standing'];
fleetForAll((fleet) => {
  ({ place, one, two, tag, task, info, standing } = fleet);
});

const failWith = (worker: HandWorker, lease: { task: number; attempt: number }, code: string) =>
  worker.finish(lease, { outcome: 'failed', failure: { code, message: code, fault: 'infrastructure' } });

describe('a worker', () => {
  test('that is disabled gets nothing new and keeps what it has', async () => {
    await task();
    const lease = await one.take();
    const next = await task();
    await standing('one', 'disabled', 'new disk');
    await standing('two', 'disabled');
    expect(await one.claim({ slot: 1 })).toBeNull();
    expect((await one.beat(lease)).held).toEqual([lease.task]);
    expect((await info(next)).waiting).toMatchObject({
      code: 'none_online',
      reason: expect.stringContaining('one is disabled (new disk)'),
    });
    await standing('one', 'enabled');
    await standing('two', 'enabled');
    expect((await one.take({ slot: 1 })).task).toBe(next);
  });

  test('that is quarantined loses what it has, without using up an attempt', async () => {
    const id = await task();
    const lease = await one.take();
    expect((await standing('one', 'quarantined', 'strange hashes')).tasks).toEqual([]);
    expect((await one.beat(lease)).lost).toHaveLength(1);
    expect(await info(id)).toMatchObject({ state: 'free', attempts: [{ outcome: 'freed' }] });
    expect(await one.claim()).toBeNull();
    await standing('one', 'enabled');
  });

  test('is told at once what is no longer its own', async () => {
    const id = await task();
    const lease = await one.take();
    const watching = one.line('watchTasks', {
      body: { tasks: [{ task: lease.task, attempt: lease.attempt }], standing: 'enabled', waitSeconds: 20 },
    });
    const before = performance.now();
    await place.call('cancelTask', { params: { id }, body: {} });
    expect(await watching).toEqual({
      lost: [{ task: id, why: `task ${id} is canceled` }],
      standing: 'enabled',
    });
    expect(performance.now() - before).toBeLessThan(5000);
  });

  test('whose task is freed loses it, and another may have it at once', async () => {
    const id = await task();
    const lease = await one.take();
    await place.call('freeTask', { params: { id }, body: {} });
    expect((await one.beat(lease)).lost).toHaveLength(1);
    expect((await two.take()).task).toBe(id);
    expect(await refusal(place.call('freeTask', { params: { id: 1 }, body: {} }))).toBe('task_over');
  });

  test('on which sound tasks fail in a row is set aside and says so; never the last one', async () => {
    for (const worker of [one, two]) {
      for (let n = 0; n < 3; n++) {
        const id = await task();
        await place.call('assignTask', { params: { id }, body: { worker: worker.name } });
        await failWith(worker, await worker.take(), `${worker.name}_broken`);
        await place.call('cancelTask', { params: { id }, body: {} });
      }
    }
    const worker = await place.call('getWorker', { params: { name: 'one' } });
    expect(worker).toMatchObject({
      standing: 'aside',
      standingReason: expect.stringContaining(
        '3 tasks in a row failed on it for no fault of their own (one_broken',
      ),
      idle: expect.stringContaining('is set aside'),
    });
    expect((await place.call('getWorker', { params: { name: 'two' } })).standing).toBe('enabled');
    expect(await one.claim()).toBeNull();
    expect(await standing('one', 'enabled')).toMatchObject({ standing: 'enabled', troubles: [] });
    await standing('two', 'enabled');
  });

  test('that has no memory for a build gives it to one with more, once', async () => {
    const id = await task({ package: 'chromium', needs: { memoryMb: 6000 } });
    await failWith(one, await one.take(), 'out_of_memory');
    expect(await one.claim()).toBeNull();
    expect((await info(id)).needs.memoryMb).toBe(12_000);
    const lease = await two.take();
    expect(await failWith(two, lease, 'out_of_memory')).toMatchObject({ state: 'failed' });
    expect((await info(id)).failure).toMatchObject({
      code: 'out_of_memory',
      message: expect.stringContaining('It had 12000 MiB'),
    });
    // What is learned is kept for the package.
    const known = await query(place.access, `SELECT memory_mb FROM durations WHERE package = 'chromium'`);
    expect(known).toEqual([{ memory_mb: 12_000 }]);
  });

  test('says why it takes nothing, and how far its clock is off', async () => {
    const unfit = { code: 'disk_low', reason: 'its disk has 10 MiB left' };
    const clock = new Date(Date.now() + 3_600_000).toISOString();
    await one.line('heartbeat', { body: { tasks: [], unfit, clock } });
    const worker = await place.call('getWorker', { params: { name: 'one' } });
    expect(worker).toMatchObject({ unfit, idle: 'takes nothing now: its disk has 10 MiB left' });
    expect(worker.clockAhead).not.toBeNull();
    await one.line('heartbeat', { body: { tasks: [], unfit: null } });
    expect((await place.call('getWorker', { params: { name: 'one' } })).idle).toBeNull();
  });

  test.each([
    ['a time that there is none of', { clock: '2026-13-45T99:99:99Z' }],
    ['a year that there is none of', { clock: '0000-01-01T00:00:00Z' }],
  ])('a sign of life with %s is refused, and nothing of it is kept', async (_, sign) => {
    const before = await place.call('getWorker', { params: { name: 'one' } });
    const said = one.line('heartbeat', { body: { tasks: [], ...sign } });
    await expect(said).rejects.toMatchObject({ problem: { code: 'bad_request' } });
    const { unfit, clockAhead } = await place.call('getWorker', { params: { name: 'one' } });
    expect({ unfit, clockAhead }).toEqual({ unfit: before.unfit, clockAhead: before.clockAhead });
  });
});

describe('the system', () => {
  test('can be paused: builds wait and say why, publishing goes on', async () => {
    await place.call('setPause', { body: { tag: null, paused: true, reason: 'moving the store' } });
    const build = await task({ kind: 'build', arch: 'x86_64', channel: 'nobody' });
    const publish = await task();
    expect((await one.take()).task).toBe(publish);
    expect(await one.claim({ slot: 1 })).toBeNull();
    expect((await info(build)).waiting).toMatchObject({
      code: 'paused',
      reason: expect.stringContaining('moving the store'),
    });
    expect((await place.call('listPauses')).items).toMatchObject([{ tag: null, actor: 'admin' }]);
    await place.call('setPause', { body: { tag: null, paused: false } });
    expect((await info(build)).waiting?.code).toBe('no_fit');
  });

  test('of a paused tag only', async () => {
    await place.call('setPause', { body: { tag: 'f1', paused: true } });
    const here = await task({ kind: 'build', arch: 'x86_64', tag, channel: 'nobody' });
    expect((await info(here)).waiting).toMatchObject({
      code: 'paused',
      change: expect.stringContaining('moromi unpause f1'),
    });
    await place.call('setPause', { body: { tag: 'f1', paused: false } });
    expect(await refusal(place.call('setPause', { body: { tag: 'nowhere', paused: true } }))).toBe(
      'unknown_tag',
    );
  });

  test('counts what is ready, held and running, and who watches', async () => {
    await task();
    await task();
    await one.take();
    const { items } = await place.call('stats');
    expect(items).toMatchObject([
      {
        kind: 'publish',
        arch: null,
        channel: 'default',
        ready: 1,
        held: 0,
        running: 1,
        workers: 2,
        watchers: 15,
      },
    ]);
  });
});

describe('waiting', () => {
  test('is told by an event, once for each reason, of the first task of a queue', async () => {
    await task({ channel: 'nowhere' });
    const second = await task({ channel: 'nowhere', after: 100 });
    const events = () =>
      query<{ subject: string; code: string }>(
        place.access,
        `SELECT subject, data->>'code' AS code FROM events WHERE type = 'task.waiting' ORDER BY id`,
      );
    await tellWaiting(place.hub.ledger, 0);
    expect(await events()).toEqual([]);
    await passTime(place.access, 61);
    for (let n = 0; n < 2; n++) await tellWaiting(place.hub.ledger, 0);
    expect(await events()).toEqual([{ subject: `task:${second}`, code: 'no_fit' }]);
    await place.call('editWorker', { params: { name: 'one' }, body: { channels: ['default', 'nowhere'] } });
    await one.beat();
    await tellWaiting(place.hub.ledger, 0);
    expect((await events()).map((event) => event.code)).toEqual(['no_fit', 'starting']);
    await place.call('editWorker', { params: { name: 'one' }, body: { channels: ['default'] } });
  });
});

describe('learning', () => {
  test('what a task took is what the next of its package is expected to take', async () => {
    const first = await task({ package: 'gcc' });
    // What others took meanwhile is the guess.
    expect((await info(first)).expected.runs).toBe(0);
    const lease = await one.take();
    // What was never taken up is free again after ten seconds.
    await one.beat(lease);
    await passTime(place.access, 30);
    await one.finish(lease, await one.make(lease, nothing));
    const { expected } = await info(await task({ package: 'gcc' }));
    expect(expected.runs).toBe(1);
    expect(expected.seconds).toBeGreaterThan(29);
    expect(expected.seconds).toBeLessThan(40);
  });

  test('a waiting task says when it is expected to begin', async () => {
    await query(
      place.access,
      `INSERT INTO durations (package, kind, arch, runs, middle, at) VALUES ('slow', 'publish', '', '{600}', 600, now())`,
    );
    for (let slot = 0; slot < 8; slot++) {
      for (const worker of [one, two]) {
        await task({ package: 'slow' });
        await worker.take({ slot });
      }
    }
    const { waiting } = await info(await task({ package: 'slow' }));
    expect(waiting).toMatchObject({
      code: 'busy',
      reason: 'The 2 workers that take publish tasks are busy; 0 tasks come before it.',
    });
    const [now] = await query<{ at: Date }>(place.access, 'SELECT ledger_now() AS at');
    const seconds = (new Date(waiting?.estimate ?? 0).getTime() - (now?.at.getTime() ?? 0)) / 1000;
    expect(seconds).toBeGreaterThan(500);
    expect(seconds).toBeLessThanOrEqual(600);
  });
});
