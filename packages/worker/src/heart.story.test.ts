import { Problem } from '@moromi/contract';
import { expect, test } from 'vitest';
import { LeaseLost } from './failure.ts';
import { Heart } from './heart.ts';
import { buildLease } from './testing/lease.ts';
import { type Scene, scene, until } from './testing/scene.ts';

const srpm = { sha256: 'a'.repeat(64), size: 1 };

function beating(stage: Scene) {
  const strange: unknown[] = [];
  const asks: number[] = [];
  const heart = new Heart(
    stage.line,
    stage.journal,
    (problem) => strange.push(problem),
    (ask) => asks.push(ask),
  );
  const over = new AbortController();
  const beat = heart.beat(over.signal);
  const hold = (task: number, attempt = 1, heartbeatSeconds = 10) => {
    const abort = new AbortController();
    stage.hub.held.set(task, attempt);
    heart.add(buildLease(task, srpm, { attempt, heartbeatSeconds }), abort);
    return abort.signal;
  };
  const stop = async () => {
    over.abort();
    await beat;
  };
  return { heart, hold, stop, strange, asks };
}

test('a new lease is in a beat at once, also while another beat is under way', async () => {
  await using stage = await scene();
  stage.hub.latency = () => 150;
  const { hold, stop } = beating(stage);
  hold(1);
  await new Promise((done) => setTimeout(done, 50));
  hold(2);
  await until(() => stage.hub.beats.length === 2);
  expect(stage.hub.beats.map(({ tasks }) => tasks.map(({ task }) => task))).toEqual([[1], [1, 2]]);
  await stop();
});

test('beats come a little before the time that the lease states', async () => {
  await using stage = await scene();
  const { hold, stop } = beating(stage);
  hold(1, 1, 1);
  await until(() => stage.hub.beats.length === 4);
  const at = stage.hub.named('heartbeat').map((call) => call.at);
  const gaps = at.slice(1).map((time, index) => time - (at[index] ?? 0));
  expect(Math.min(...gaps)).toBeGreaterThan(400);
  await stop();
});

test('without attempts and anything to say no beat comes before its time, but for the one of leaving', async () => {
  await using stage = await scene();
  const { heart, stop } = beating(stage);
  await new Promise((done) => setTimeout(done, 100));
  expect(stage.hub.beats).toEqual([]);
  heart.leave();
  await until(() => stage.hub.beats.length > 0);
  expect(stage.hub.beats[0]).toEqual({ tasks: [], leaving: true, clock: expect.any(String) });
  await stop();
});

test('one that has nothing to say still asks in its time, and hears that it is asked', async () => {
  await using stage = await scene();
  const { asks, stop } = beating(stage);
  stage.hub.ask = 7;
  const begun = performance.now();
  await until(() => asks.length > 0);
  expect(performance.now() - begun).toBeLessThan(12_000);
  expect(asks).toEqual([7]);
  expect(stage.hub.beats).toEqual([{ tasks: [], clock: expect.any(String) }]);
  await stop();
});

test('why nothing is taken is said at once and with every beat, and once that it is over', async () => {
  await using stage = await scene();
  const { heart, hold, stop } = beating(stage);
  heart.tell({ code: 'disk_low', reason: 'no room' });
  await until(() => stage.hub.beats.length === 1);
  expect(stage.hub.beats[0]).toMatchObject({ tasks: [], unfit: { code: 'disk_low', reason: 'no room' } });
  hold(1, 1, 0.2);
  await until(() => stage.hub.beats.length === 3);
  expect(stage.hub.beats.every(({ unfit }) => unfit?.code === 'disk_low')).toBe(true);
  heart.tell(null);
  await until(() => stage.hub.beats.some(({ unfit }) => unfit === null));
  const over = stage.hub.beats.findIndex(({ unfit }) => unfit === null);
  await until(() => stage.hub.beats.length > over + 2);
  expect(stage.hub.beats.slice(over + 1).every((beat) => !('unfit' in beat))).toBe(true);
  await stop();
});

test('that it is over is said again until a hub has heard it', async () => {
  await using stage = await scene();
  const { heart, stop } = beating(stage);
  heart.tell({ code: 'disk_low', reason: 'no room' });
  await until(() => stage.hub.beats.length === 1);
  stage.hub.away = true;
  heart.tell(null);
  // The line says so when it found nobody.
  await until(() => stage.said.some((line) => line.includes('heartbeat:')));
  stage.hub.away = false;
  await until(() => stage.hub.beats.length === 2);
  expect(stage.hub.beats[1]?.unfit).toBeNull();
  await stop();
});

test("every beat carries the worker's own time", async () => {
  await using stage = await scene();
  const { hold, stop } = beating(stage);
  const before = Date.now();
  hold(1);
  await until(() => stage.hub.beats.length > 0);
  const clock = stage.hub.beats[0]?.clock ?? '';
  expect(clock).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  expect(Date.parse(clock)).toBeGreaterThanOrEqual(before);
  expect(Date.parse(clock)).toBeLessThanOrEqual(Date.now());
  await stop();
});

test('what the hub says is lost is aborted, and nothing else', async () => {
  await using stage = await scene();
  const { heart, hold, stop } = beating(stage);
  const one = hold(1, 1, 0.2);
  const two = hold(2, 1, 0.2);
  stage.hub.lost.set(1, 'somebody else has it');
  await until(() => one.aborted);
  expect(one.reason).toBeInstanceOf(LeaseLost);
  expect((one.reason as Error).message).toBe('somebody else has it');
  expect(two.aborted).toBe(false);
  expect(heart.held).toEqual([{ task: 2, attempt: 1 }]);
  await stop();
});

test('an answer about an older attempt does not touch a newer one of the same task', async () => {
  await using stage = await scene();
  const { heart, hold, stop } = beating(stage);
  stage.hub.lost.set(1, 'it was lost');
  stage.hub.latency = () => 200;
  const first = hold(1, 1);
  await until(() => stage.hub.named('heartbeat').length === 1);
  // Given up and leased again while the answer is on its way.
  heart.remove({ task: 1, attempt: 1 });
  const second = hold(1, 2);
  stage.hub.latency = (name) => {
    if (name === 'heartbeat') stage.hub.lost.clear();
    return 0;
  };
  await until(() => stage.hub.beats.length >= 2);
  expect([first.aborted, second.aborted]).toEqual([false, false]);
  await stop();
});

test('no answer aborts nothing, and beats come faster until there is one', async () => {
  await using stage = await scene();
  const { hold, stop } = beating(stage);
  const signal = hold(1);
  await until(() => stage.hub.beats.length === 1);
  stage.hub.away = true;
  hold(2);
  await new Promise((done) => setTimeout(done, 2000));
  expect(signal.aborted).toBe(false);
  stage.hub.away = false;
  const back = performance.now();
  await until(() => stage.hub.beats.length === 2);
  expect(performance.now() - back).toBeLessThan(4000);
  await stop();
});

test('a hub that does not know the worker is told on', async () => {
  await using stage = await scene();
  const { hold, stop, strange } = beating(stage);
  stage.hub.answer = () => 'unauthenticated';
  hold(1);
  await until(() => strange.length > 0);
  expect(strange[0]).toBeInstanceOf(Problem);
  await stop();
});
