/** Asking workers to look at themselves again, over the real API. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkPromises } from '../../../../tests/harness/promises.ts';
import { send } from '../testing/call.ts';
import { type Fleet, refusal, startFleet } from '../testing/fleet.ts';
import { query } from '../testing/hub.ts';

let fleet: Fleet;
let place: Fleet['place'];
let one: Fleet['one'];
let two: Fleet['two'];
beforeAll(async () => {
  fleet = await startFleet();
  ({ place, one, two } = fleet);
});
afterAll(async () => {
  await checkPromises(place.access);
  await place.stop();
});

const ask = (...workers: string[]) =>
  place.call('refreshWorkers', { body: workers.length === 0 ? {} : { workers } });
const info = (name: string) => place.call('getWorker', { params: { name } });
const offer = {
  arches: ['x86_64', 'i686'],
  kinds: ['srpm', 'build', 'publish', 'plan', 'closure'],
  slots: 8,
  version: '1',
  driver: 'none',
  host: {},
};
const answer = { problem: null, restart: [], unfit: null };

test('a worker hears with each heartbeat that it is asked, until it has answered', async () => {
  expect((await one.beat()).refresh).toBeUndefined();
  const { items } = await ask('one');
  expect(items).toMatchObject([{ name: 'one', refresh: { asked: 1, done: 0 }, offer: { version: '0' } }]);
  expect((await one.beat()).refresh).toBe(1);
  expect((await one.beat()).refresh).toBe(1);
  expect((await two.beat()).refresh).toBeUndefined();
  await one.line('offer', { body: { ...offer, answer: { ...answer, ask: 1 } } });
  expect((await one.beat()).refresh).toBeUndefined();
  expect(await info('one')).toMatchObject({
    offer: { version: '1' },
    refresh: { asked: 1, done: 1, problem: null, restart: [] },
  });
  // What it answered is no part of what it offers.
  expect((await info('one')).offer).not.toHaveProperty('answer');
});

test('an answer is for the ask that it names and those before it; all are asked where none is named', async () => {
  const { items } = await ask();
  expect(items.map(({ name }) => name)).toEqual(['one', 'two']);
  await ask();
  expect((await one.beat()).refresh).toBe(3);
  await one.line('offer', { body: { ...offer, answer: { ...answer, ask: 2 } } });
  expect((await one.beat()).refresh).toBe(3);
  // One that never was asked, from a hub that was set back.
  await one.line('offer', { body: { ...offer, answer: { ...answer, ask: 99 } } });
  expect((await info('one')).refresh).toMatchObject({ asked: 3, done: 3 });
  await one.line('offer', { body: { ...offer, answer: { ...answer, ask: 1 } } });
  expect((await info('one')).refresh).toMatchObject({ asked: 3, done: 3 });
  // An older version answers nothing, whatever it says, and goes on.
  await two.line('offer', { body: offer });
  expect((await info('two')).refresh).toMatchObject({ asked: 2, done: 0 });
});

test('what a worker has goes on, why it takes nothing stays true, and its offer counts at once', async () => {
  const id = await fleet.task();
  await fleet.standing('two', 'disabled');
  const lease = await one.take();
  const unfit = { code: 'stop_file', reason: 'the file is there' };
  await one.line('heartbeat', { body: { tasks: [lease], unfit } });
  await ask('one');
  const told = { ...answer, ask: 4, problem: 'moromi.toml:3: no', restart: ['name'], unfit };
  await one.line('offer', { body: { ...offer, slots: 9, answer: told } });
  expect(await info('one')).toMatchObject({
    capacity: 9,
    unfit,
    tasks: [id],
    refresh: { done: 4, problem: 'moromi.toml:3: no', restart: ['name'] },
  });
  expect((await one.beat(lease)).held).toEqual([id]);
  const events = await query<{ data: object }>(
    place.access,
    `SELECT data FROM events WHERE type = 'worker.offered' AND subject = 'worker:one' ORDER BY id DESC LIMIT 1`,
  );
  expect(events[0]?.data).toMatchObject({ ask: 4, slots: 9, problem: 'moromi.toml:3: no' });
  // One that starts has read its settings whole.
  await one.line('offer', { body: offer });
  expect(await info('one')).toMatchObject({ unfit: null, refresh: { done: 4, problem: null, restart: [] } });
  await fleet.standing('two', 'enabled');
  await fleet.clear();
});

test('an unknown name asks nobody, a repeat asks once, and only administrators may', async () => {
  const before = (await info('one')).refresh?.asked ?? 0;
  expect(await refusal(ask('one', 'nobody'))).toBe('unknown_worker');
  expect((await info('one')).refresh?.asked).toBe(before);
  const key = randomUUID();
  for (let n = 0; n < 2; n++) {
    const reply = await send(place.url, place.hub.adminToken, 'refreshWorkers', {
      body: { workers: ['one'] },
      key,
    });
    expect(reply.status).toBe(200);
  }
  expect((await info('one')).refresh?.asked).toBe(before + 1);
  expect(await refusal(one.line('refreshWorkers', { body: {} }))).toBe('forbidden');
});
