/** The private PostgreSQL under a living hub: killed, found again, stopped. */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Postgres } from '../../packages/hub/src/ledger/index.ts';
import { type RunningHub, startHub } from '../../packages/hub/src/main.ts';
import { call, Refused, send } from '../../packages/hub/src/testing/call.ts';
import { enrol, type HandWorker } from '../../packages/hub/src/testing/worker.ts';

let home: string;
let hub: RunningHub;
let worker: HandWorker;
/** Without a press, whose place the worker of this file takes. */
const config = () => ({
  home,
  host: '127.0.0.1',
  port: 0,
  ownWorker: false,
  press: false,
  logLevel: 'error' as const,
});
beforeAll(async () => {
  home = await mkdtemp('/var/tmp/moromi-killed-');
  // The server runs as nobody where this runs as root.
  await chmod(home, 0o755);
  hub = await startHub(config());
  worker = await enrol({ url: hub.url, hub }, 'w1');
});
afterAll(async () => {
  await hub.stop();
  await rm(home, { recursive: true, force: true });
});

async function killPostgres(): Promise<void> {
  const pid = await new Postgres({ home }).pid();
  if (pid === undefined) throw new Error('PostgreSQL does not run');
  process.kill(pid, 'SIGKILL');
}

/** Repeats as clients do, as long as the database is away. */
async function patiently<T>(act: () => Promise<T>): Promise<T> {
  const end = performance.now() + 60_000;
  for (;;) {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof Refused && error.status === 503) || performance.now() > end) throw error;
      await delay(50);
    }
  }
}

const addTag = (name: string) =>
  call(hub.url, hub.adminToken, 'createTag', { body: { name, settings: { arches: ['x86_64'] } } });

test('a database that is killed under load comes back, and waiters, followers and leases go on', async () => {
  await addTag('before');
  const lease = await worker.take();
  await worker.beat(lease);
  await worker.log(lease, 'build.log', 0, 'one ');
  const params = { id: lease.task, attempt: lease.attempt, log: 'build.log' };
  const events = await send(hub.url, undefined, 'followEvents');
  const waiting = worker.claim({ slot: 1, waitSeconds: 25 });
  const load = Array.from({ length: 20 }, async (_, n) => {
    await delay(n * 10);
    await patiently(() => addTag(`tag-${n}`)).catch((error: unknown) => {
      // Its reply was lost with the database, and it was there all the same.
      if (!(error instanceof Refused && error.problem.code === 'tag_exists')) throw error;
    });
  });
  await delay(60);
  await killPostgres();
  await Promise.all(load);
  expect((await waiting)?.kind).toBe('publish');
  expect((await patiently(() => worker.beat(lease))).held).toEqual([lease.task]);
  await patiently(() => worker.log(lease, 'build.log', 4, 'two', true));
  const log = await send(hub.url, undefined, 'readLog', { params, query: { follow: true } });
  expect(await log.text()).toBe('one two');
  await events.body?.cancel().catch(() => {});
  const { items, last } = await patiently(() =>
    call(hub.url, undefined, 'listEvents', { query: { limit: 1000 } }),
  );
  expect(items.map((event) => event.seq)).toEqual(Array.from({ length: last }, (_, n) => n + 1));
});

test('hints and sweeps go on after the database was killed', async () => {
  await killPostgres();
  await patiently(() => addTag('after-1'));
  const drained: number[] = [];
  // The process that served the tag may have outlived the server that it was of, and be gone by now.
  const claim = () => patiently(() => worker.claim({ slot: 2 }));
  for (let lease = await claim(); lease !== null; lease = await claim()) {
    drained.push(lease.task);
    await worker.fail(lease, 'package');
  }
  expect(drained.length).toBeGreaterThan(0);
  const waiting = worker.claim({ slot: 3, waitSeconds: 25 });
  await addTag('after-2');
  expect((await waiting)?.label).toBe('after-2');
});

test('the server of a hub that was killed is found and used by the next', async () => {
  const postgres = new Postgres({ home });
  const before = await postgres.pid();
  const second = new Postgres({ home });
  const access = await second.start();
  expect(access.database).toBe('postgres');
  expect(await postgres.pid()).toBe(before);
  await second.stop();
  expect(await postgres.pid()).not.toBe(before);
});
