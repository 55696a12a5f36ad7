import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkPromises } from '../../../../tests/harness/promises.ts';
import { call, Refused } from '../testing/call.ts';
import { freshHub, passTime, query, type TestHub } from '../testing/hub.ts';
import { enrol, type HandWorker } from '../testing/worker.ts';
import { Finisher } from './finish.ts';
import { Kinds } from './kinds.ts';
import { sweepLeases } from './leases.ts';

let place: TestHub;
let other: TestHub;
let worker: HandWorker;
let rival: HandWorker;
let tags = 0;
beforeAll(async () => {
  place = await freshHub();
  other = await freshHub({ access: place.access, beside: place.home });
  worker = await enrol(place, 'w1');
  rival = await enrol(place, 'w2');
});
afterAll(async () => {
  await checkPromises(place.access);
  await other.stop();
  await place.stop();
});

/** A fresh task, leased to `worker`: the publish task of a new tag. */
async function leased(): Promise<Awaited<ReturnType<HandWorker['take']>>> {
  await place.call('createTag', { body: { name: `t${++tags}`, settings: { arches: ['x86_64'] } } });
  return await worker.take();
}

const finisher = () => new Finisher(place.hub.ledger, new Kinds());
const sweep = () => sweepLeases(place.hub.ledger, finisher());
const task = (id: number) => place.call('getTask', { params: { id } });

async function pass(seconds: number): Promise<void> {
  await passTime(place.access, seconds);
  await sweep();
}

async function refusal(work: Promise<unknown>): Promise<string> {
  return await work.then(
    () => 'was accepted',
    (error: unknown) => (error instanceof Refused ? error.problem.code : String(error)),
  );
}

describe('a lease', () => {
  test('that was never taken up lapses in 10 s and uses no attempt', async () => {
    const lease = await leased();
    await pass(11);
    expect(await task(lease.task)).toMatchObject({ state: 'free', attempts: [{ outcome: 'freed' }] });
    const [row] = await query(place.access, 'SELECT spent FROM tasks WHERE id = $1', [lease.task]);
    expect(row).toEqual({ spent: 0 });
    await rival.release(await rival.take());
    await place.call('cancelTask', { params: { id: lease.task }, body: {} });
  });

  test('that was taken up lapses after 60 s, and is its worker’s again until another has it', async () => {
    const lease = await leased();
    await worker.beat(lease);
    await pass(50);
    expect((await task(lease.task)).state).toBe('leased');
    await pass(11);
    expect(await task(lease.task)).toMatchObject({ state: 'free', attempts: [{ outcome: 'lost' }] });
    expect(await rival.claim()).toBeNull();
    expect(await worker.beat(lease)).toEqual({ held: [lease.task], lost: [] });
    expect(await task(lease.task)).toMatchObject({ state: 'leased', worker: 'w1', attempt: 1 });
    const [row] = await query(place.access, 'SELECT spent FROM tasks WHERE id = $1', [lease.task]);
    expect(row).toEqual({ spent: 0 });
    await place.call('cancelTask', { params: { id: lease.task }, body: {} });
  });

  test('that is lost is held back for a tenth of its time, then goes to another', async () => {
    const lease = await leased();
    await worker.beat(lease);
    await pass(300);
    expect((await task(lease.task)).waiting?.reason).toContain('for its worker to come back');
    await pass(15);
    expect(await rival.claim()).toBeNull();
    await pass(20);
    const second = await rival.take();
    expect(second).toMatchObject({ task: lease.task, attempt: 2 });
    expect((await worker.beat(lease)).lost[0]?.why).toContain('attempt 2');
    const file = { name: 'x', sha256: 'a'.repeat(64), bytes: Buffer.from('x') };
    for (const late of [
      () => worker.log(lease, 'build.log', 0, 'late'),
      () => worker.finish(lease, { outcome: 'done' }),
      () => worker.upload(lease, file),
    ])
      expect(await refusal(late())).toBe('lease_lost');
    await place.call('cancelTask', { params: { id: lease.task }, body: {} });
  });

  test('is held back no longer than 15 minutes', async () => {
    const lease = await leased();
    await worker.beat(lease);
    await passTime(place.access, 86_400, true);
    await sweep();
    await pass(800);
    expect(await rival.claim()).toBeNull();
    await pass(110);
    await rival.release(await rival.take());
    await place.call('cancelTask', { params: { id: lease.task }, body: {} });
  });

  test('is lost three times at most', async () => {
    const lease = await leased();
    await worker.beat(lease);
    await pass(61);
    for (const attempt of [2, 3]) {
      await pass(10);
      const again = await rival.take();
      expect(again).toMatchObject({ task: lease.task, attempt });
      await rival.beat(again);
      await passTime(place.access, 61);
      await expect.poll(async () => (await task(lease.task)).state, { timeout: 5000 }).not.toBe('leased');
    }
    expect(await task(lease.task)).toMatchObject({ state: 'failed', failure: { code: 'worker_lost' } });
  });

  test('given back is free at once', async () => {
    const lease = await leased();
    await worker.beat(lease);
    await worker.release(lease);
    expect(await rival.take()).toMatchObject({ task: lease.task, attempt: 2 });
    await place.call('cancelTask', { params: { id: lease.task }, body: {} });
  });

  test('is not late while no hub was listening', async () => {
    const lease = await leased();
    await worker.beat(lease);
    await passTime(place.access, 3600, false);
    await sweep();
    expect((await task(lease.task)).state).toBe('leased');
    await pass(15);
    expect((await task(lease.task)).state).toBe('leased');
    await pass(80);
    expect((await task(lease.task)).state).toBe('free');
    await place.call('cancelTask', { params: { id: lease.task }, body: {} });
  });

  test('is the same when the claim is repeated, at the other hub too', async () => {
    await place.call('createTag', { body: { name: `t${++tags}`, settings: { arches: ['x86_64'] } } });
    const nonce = 'the-same-nonce';
    const lease = await worker.take({ nonce });
    expect(await worker.claim({ nonce })).toEqual(lease);
    const body = { slot: 0, nonce, kinds: ['publish'], arches: [], waitSeconds: 0 };
    expect((await call(other.url, worker.token, 'claim', { body })).lease).toEqual(lease);
    await place.call('cancelTask', { params: { id: lease.task }, body: {} });
    expect(await worker.claim({ nonce })).toBeNull();
  });

  test('of a canceled task is lost with the next heartbeat', async () => {
    const lease = await leased();
    await worker.beat(lease);
    await place.call('cancelTask', { params: { id: lease.task }, body: {} });
    expect(await worker.beat(lease)).toEqual({
      held: [],
      lost: [{ task: lease.task, why: `task ${lease.task} is canceled` }],
    });
  });
});

describe('a claim', () => {
  test('repeated at two hubs at once gets one lease, and keeps neither from others', async () => {
    const nonce = 'twice-at-once';
    const body = { slot: 3, nonce, kinds: ['publish'], arches: [], waitSeconds: 10 };
    const claims = [place, other].map((hub) => call(hub.url, worker.token, 'claim', { body }));
    const slots = [4, 5].map((slot) => rival.claim({ slot, waitSeconds: 10 }));
    for (let n = 0; n < 3; n++)
      await place.call('createTag', { body: { name: `t${++tags}`, settings: { arches: ['x86_64'] } } });
    const [one, two] = await Promise.all(claims);
    const theirs = await Promise.all(slots);
    expect(one?.lease?.task).toBe(two?.lease?.task);
    expect(new Set([one?.lease?.task, ...theirs.map((lease) => lease?.task)]).size).toBe(3);
    for (const lease of [one?.lease, ...theirs])
      if (lease) await place.call('cancelTask', { params: { id: lease.task }, body: {} });
  });

  test('is answered after its time with nothing', async () => {
    const started = performance.now();
    expect(await worker.claim({ waitSeconds: 1 })).toBeNull();
    expect(performance.now() - started).toBeGreaterThan(990);
  });

  test('that does not wait gets what is there', async () => {
    await place.call('createTag', { body: { name: `t${++tags}`, settings: { arches: ['x86_64'] } } });
    const lease = await worker.claim({ waitSeconds: 0 });
    expect(lease?.label).toBe(`t${tags}`);
    await place.call('cancelTask', { params: { id: lease?.task ?? 0 }, body: {} });
  });

  test('waits for a task and gets it when it comes', async () => {
    const waiting = worker.claim({ waitSeconds: 20 });
    await place.call('createTag', { body: { name: `t${++tags}`, settings: { arches: ['x86_64'] } } });
    const lease = await waiting;
    expect(lease?.label).toBe(`t${tags}`);
    await worker.release({ task: lease?.task ?? 0, attempt: lease?.attempt ?? 0 });
    await place.call('cancelTask', { params: { id: lease?.task ?? 0 }, body: {} });
  });
});

describe('a failure', () => {
  test('of the infrastructure is tried three times and says so', async () => {
    const lease = await leased();
    expect(await worker.fail(lease, 'infrastructure')).toMatchObject({ state: 'free' });
    // The one that has just failed with it comes after all others, for a while.
    expect(await worker.claim()).toBeNull();
    expect((await task(lease.task)).answers).toMatchObject([
      { worker: 'w1', reason: 'failed with it (a_test)' },
      { code: null },
    ]);
    const second = await rival.take();
    expect(await rival.fail(second, 'infrastructure')).toMatchObject({ state: 'free' });
    await pass(61);
    const third = await worker.take();
    expect(await worker.fail(third, 'infrastructure')).toMatchObject({ state: 'failed' });
    const events = await place.call('listEvents', { query: { limit: 1000 } });
    const retried = events.items.filter(
      (event) => event.subject === `task:${lease.task}` && event.type === 'task.retried',
    );
    expect(retried.map((event) => event.data['attemptsLeft'])).toEqual([2, 1]);
  });

  test('of the package is final', async () => {
    const lease = await leased();
    expect(await worker.fail(lease, 'package')).toEqual({ accepted: true, state: 'failed' });
    expect(await worker.claim()).toBeNull();
  });

  test('that is told twice counts once', async () => {
    const lease = await leased();
    await worker.fail(lease, 'package');
    expect(await worker.fail(lease, 'package')).toEqual({ accepted: true, state: 'failed' });
    expect((await task(lease.task)).attempts).toHaveLength(1);
  });

  test('after a lost lease was taken back by it does not count the loss too', async () => {
    const lease = await leased();
    await worker.beat(lease);
    await pass(61);
    await worker.fail(lease, 'infrastructure');
    const [row] = await query(place.access, 'SELECT spent FROM tasks WHERE id = $1', [lease.task]);
    expect(row).toEqual({ spent: 1 });
    await place.call('cancelTask', { params: { id: lease.task }, body: {} });
  });

  test('may hold bytes that no database keeps', async () => {
    const lease = await leased();
    const failure = { code: 'a_test', message: 'a\0b\ud800c', fault: 'package' as const };
    await worker.finish(lease, { outcome: 'failed', failure });
    expect((await task(lease.task)).failure?.message).toBe('a\ufffdb\ufffdc');
  });
});
