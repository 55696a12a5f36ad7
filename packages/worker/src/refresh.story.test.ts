import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Claim, ToldOffer } from '@moromi/contract';
import { expect, test } from 'vitest';
import type { WorkerConfig } from './config.ts';
import { makeFiles } from './testing/driver.ts';
import { buildLease } from './testing/lease.ts';
import { type Scene, scene, until } from './testing/scene.ts';
import { srpm, start } from './testing/start.ts';

/** A build that goes on until it may end. */
function held() {
  const { promise, resolve } = Promise.withResolvers<void>();
  const build: typeof makeFiles = async (order, dir, signal) => {
    await promise;
    return await makeFiles(order, dir, signal);
  };
  return { build, finish: resolve };
}

const answers = (stage: Scene) =>
  stage.hub.named('offer').flatMap(({ body }) => {
    const { answer, ...offer } = body as ToldOffer;
    return answer === undefined ? [] : [{ answer, offer }];
  });
const claims = (stage: Scene) => stage.hub.named('claim').map(({ body }) => body as Claim);

/** A worker whose settings a test changes; they throw where `broken` says so. */
async function changeable(stage: Scene, build?: typeof makeFiles, more: Partial<WorkerConfig> = {}) {
  const now: { change: Partial<WorkerConfig>; broken?: string } = { change: {} };
  const worker = start(stage, build, more, (started) => ({
    idleSeconds: 0.2,
    settings: () => {
      if (now.broken !== undefined) throw new Error(now.broken);
      return { ...started, ...now.change };
    },
  }));
  await until(() => claims(stage).length > 0);
  let asks = 0;
  const ask = async (): Promise<ReturnType<typeof answers>[number]> => {
    stage.hub.ask = ++asks;
    await until(() => answers(stage).some(({ answer }) => answer.ask === asks));
    const found = answers(stage).findLast(({ answer }) => answer.ask === asks);
    if (found === undefined) throw new Error('there is no answer');
    return found;
  };
  const end = async () => {
    worker.leave();
    expect(await worker.exit).toBe(0);
  };
  return { worker, now, ask, end };
}

test('an idle worker hears of an ask by its heartbeat and answers it once', async () => {
  await using stage = await scene();
  const { ask, end } = await changeable(stage);
  const { answer, offer } = await ask();
  expect(answer).toEqual({ ask: 1, problem: null, restart: [], unfit: null });
  expect(offer).toMatchObject({ arches: ['x86_64'], slots: 1 });
  // The same claim waits on: it asks for what is offered.
  expect(claims(stage)).toHaveLength(1);
  await end();
  expect(answers(stage)).toHaveLength(1);
});

test('what is built goes on while slots and architectures come, and new slots claim them', async () => {
  await using stage = await scene();
  const { build, finish } = held();
  const { worker, now, ask, end } = await changeable(stage, build);
  const blob = stage.hub.addBlob(srpm);
  stage.hub.offer(buildLease(1, blob, { heartbeatSeconds: 0.2 as number }));
  await until(() => worker.driver.orders.length === 1);
  now.change = { arches: ['x86_64', 'i686'], slots: 2 };
  const { offer } = await ask();
  expect(offer).toMatchObject({ arches: ['x86_64', 'i686'], slots: 2, kinds: ['srpm', 'build'] });
  await until(() => claims(stage).some(({ slot, arches }) => slot === 1 && arches.length === 2));
  stage.hub.offer(buildLease(2, blob));
  await until(() => worker.driver.orders.length === 2);
  finish();
  await until(() => stage.hub.results.size === 2);
  expect([...stage.hub.results.keys()].toSorted()).toEqual(['1-1', '2-1']);
  expect(stage.hub.released).toEqual([]);
  await until(() => /tally: [01] of 2 running/.test(stage.said.join('')));
  await end();
});

test('a claim that waits is repeated with its nonce when other architectures are offered', async () => {
  await using stage = await scene();
  const { now, ask, end } = await changeable(stage);
  now.change = { arches: ['i686'] };
  await ask();
  await until(() => claims(stage).length === 2);
  const [first, second] = claims(stage);
  expect([first?.arches, second?.arches]).toEqual([['x86_64'], ['i686']]);
  expect(second?.nonce).toBe(first?.nonce);
  await end();
});

test('a slot that is not wanted finishes what it has; one that waits asks once more and ends', async () => {
  await using stage = await scene();
  const { build, finish } = held();
  const { worker, now, ask, end } = await changeable(stage, build, { slots: 3 });
  await until(() => claims(stage).length === 3);
  const blob = stage.hub.addBlob(srpm);
  for (const task of [1, 2]) stage.hub.offer(buildLease(task, blob, { heartbeatSeconds: 0.2 as number }));
  await until(() => worker.driver.orders.length === 2);
  now.change = { slots: 1 };
  expect((await ask()).offer.slots).toBe(1);
  finish();
  await until(() => stage.hub.results.size === 2);
  expect(stage.hub.released).toEqual([]);
  // Only the first slot goes on to wait.
  await until(
    () => claims(stage).filter(({ slot, waitSeconds }) => slot === 0 && waitSeconds > 0).length === 2,
  );
  const waits = () => claims(stage).filter(({ waitSeconds }) => waitSeconds > 0);
  expect(waits().filter(({ slot }) => slot > 0)).toHaveLength(2);
  expect(claims(stage).filter(({ waitSeconds }) => waitSeconds === 0)).toMatchObject([{ slot: 2 }]);
  now.change = { slots: 2 };
  await ask();
  await until(() => waits().filter(({ slot }) => slot === 1).length === 2);
  await end();
});

test('settings that make no sense change nothing, and what is wrong is told', async () => {
  await using stage = await scene();
  const { now, ask, end } = await changeable(stage);
  now.broken = 'moromi.toml:3: worker.slots wants a whole number from 1 to 256, not "many"';
  const { answer, offer } = await ask();
  expect(answer.problem).toBe(now.broken);
  expect(offer).toMatchObject({ arches: ['x86_64'], slots: 1 });
  delete now.broken;
  now.change = { kinds: [] };
  expect((await ask()).answer.problem).toContain('there is no kind of task that this machine can do');
  now.change = {};
  expect((await ask()).answer.problem).toBeNull();
  expect(claims(stage)).toHaveLength(1);
  expect(stage.said.join('')).toMatch(
    /error: moromi\.toml:3: .*; it goes on to offer 1 slots for srpm, build/,
  );
  await end();
});

test('what only a restart brings is named and stays as it was', async () => {
  await using stage = await scene();
  const { now, ask, end } = await changeable(stage);
  now.change = { name: 'other', hub: 'http://127.0.0.1:1', driver: 'mock', logLevel: 'warn', slots: 2 };
  const { answer, offer } = await ask();
  expect(answer).toMatchObject({ problem: null, restart: ['hub', 'name', 'driver', 'log_level'] });
  expect(offer).toMatchObject({ driver: 'native', slots: 2 });
  expect(stage.said.join('')).toContain('hub, name, driver, log_level: changed in the settings');
  // It is said for as long as it is so.
  expect((await ask()).answer.restart).toHaveLength(4);
  await end();
});

test('limits and the stop file count at once, and the answer says what the checks find', async () => {
  await using stage = await scene();
  const { now, ask, end } = await changeable(stage);
  now.change = { minFreeMemoryMb: 2 ** 31 - 1 };
  expect((await ask()).answer.unfit?.code).toBe('memory_low');
  const file = join(stage.dir, 'another-stop');
  await writeFile(file, '');
  now.change = { stopFile: file };
  expect((await ask()).answer.unfit).toMatchObject({ code: 'stop_file' });
  now.change = {};
  expect((await ask()).answer.unfit).toBeNull();
  await until(() => claims(stage).length === 2);
  await end();
});

test('a driver that does not work now leaves the offer as it was and makes the machine unfit', async () => {
  await using stage = await scene();
  const { worker, ask, end } = await changeable(stage);
  worker.driver.usable = false;
  const { answer, offer } = await ask();
  expect(offer.kinds).toEqual(['srpm', 'build']);
  expect(answer).toMatchObject({
    problem: 'the native driver cannot build here: there is no rpmbuild; install rpm',
    unfit: { code: 'driver_broken' },
  });
  worker.driver.usable = true;
  expect((await ask()).answer).toMatchObject({ problem: null, unfit: null });
  await end();
});

test('an offer that the hub does not take is answered with the one before it', async () => {
  await using stage = await scene();
  const { now, ask, end } = await changeable(stage);
  now.change = { arches: ['X'] };
  stage.hub.fate = (name, { body }) => {
    stage.hub.answer = () => (name === 'offer' && body.includes('"X"') ? 'bad_request' : undefined);
    return 'well';
  };
  const found = answers(stage).length;
  await ask();
  await until(() => answers(stage).length === found + 2);
  expect(answers(stage).at(-1)).toMatchObject({
    answer: { problem: 'The request is not in the form that this route takes.' },
    offer: { arches: ['x86_64'] },
  });
  await end();
});
