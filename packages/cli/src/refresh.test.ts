import type { WorkerInfo } from '@moromi/contract';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { anEvent, aWorker, FakeHub, problem } from './testing/fake-hub.ts';
import { type Played, play } from './testing/stage.ts';

let hub: FakeHub;
const fleet = new Map<string, WorkerInfo>();
/** What workers answer, one after the other, once they are asked. */
let answers: [string, Partial<WorkerInfo>][] = [];

beforeEach(async () => {
  hub = await FakeHub.start();
  fleet.clear();
  answers = [];
  hub.on('POST', /^\/workers\/refresh$/, (_request, reply, body) => {
    const { workers = [...fleet.keys()] } = JSON.parse(body.toString()) as { workers?: string[] };
    const missing = workers.find((name) => !fleet.has(name));
    if (missing !== undefined) return problem(reply, 404, 'unknown_worker', `there is no worker ${missing}`);
    return { items: workers.map((name) => fleet.get(name)) };
  });
  hub.on('GET', /^\/workers\/[a-z0-9]+$/, (request) => fleet.get(request.url?.split('/').at(-1) ?? ''));
  hub.on('GET', /^\/events\?/, () => ({ items: [], last: 100 }));
  hub.on('GET', /^\/events\/stream/, async (_request, reply) => {
    reply.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
    for (const [at, [name, more]] of answers.entries()) {
      await expect.poll(() => hub.asked).toContain(`GET /workers/${name}`);
      fleet.set(name, { ...aWorker(name), ...more });
      reply.write(`data: ${JSON.stringify(anEvent(101 + at, 'worker.offered', `worker:${name}`))}\n\n`);
    }
  });
});
afterEach(async () => {
  await hub[Symbol.asyncDispose]();
});

const refresh = (done: number, more: Partial<NonNullable<WorkerInfo['refresh']>> = {}) => ({
  asked: 2,
  done,
  problem: null,
  restart: [],
  ...more,
});

function enrolled(name: string, more: Partial<WorkerInfo> = {}): void {
  fleet.set(name, aWorker(name, { refresh: refresh(1), ...more }));
}

const run = (...args: string[]): Promise<Played> => play(hub.address, ['--utc', 'update-builders', ...args]);

test('each worker is told of as it answers, with what has changed', async () => {
  for (const name of ['one', 'two', 'three']) enrolled(name);
  const { offer } = aWorker('two');
  answers = [
    ['two', { refresh: refresh(2), offer: { ...offer, arches: ['x86_64', 'aarch64'], slots: 3 } }],
    ['one', { refresh: refresh(2) }],
    [
      'three',
      {
        refresh: refresh(3, { problem: 'moromi.toml:3: worker.slots wants a number', restart: ['name'] }),
        unfit: { code: 'stop_file', reason: '/tmp/graceful_stop is there' },
      },
    ],
  ];
  const { out, err, exit } = await run();
  expect(out.split('\n')).toEqual([
    'two (1.0): arches: x86_64 → x86_64 aarch64; slots: 2 → 3',
    'one (1.0): unchanged',
    'three (1.0): goes on with what it offered: moromi.toml:3: worker.slots wants a number; takes a restart: name; ' +
      'takes nothing now: /tmp/graceful_stop is there',
    '',
  ]);
  expect([err, exit]).toEqual(['', 0]);
  expect(hub.sent).toEqual([{}]);
});

test('one that was quicker than the events is found at once', async () => {
  enrolled('one');
  hub.on('GET', /^\/workers\/one$/, () => aWorker('one', { refresh: refresh(2) }));
  expect(await run('one')).toEqual({ out: 'one (1.0): unchanged\n', err: '', exit: 0 });
  expect(hub.sent).toEqual([{ workers: ['one'] }]);
});

test('who is away is not waited for; who is online and silent is an error', async () => {
  enrolled('away1', { state: 'away' });
  enrolled('away2', { state: 'away', lastSeenAt: null });
  const away = await run();
  expect(away.out).toBe(
    'away1 (1.0): away, last seen at 2026-11-21 10:00:00 UTC; it looks at itself when it comes back\n' +
      'away2 (1.0): away, never seen; it looks at itself when it comes back\n',
  );
  expect(away.exit).toBe(0);
  expect(hub.asked).toEqual(['POST /workers/refresh']);
  enrolled('old');
  const silent = await run('--timeout', '1', 'old');
  expect(silent.out).toBe(
    'old (1.0): no answer within 1 s; an older version does not know the question and takes a restart\n',
  );
  expect(silent.exit).toBe(1);
});

test('--no-wait only asks, --json says the same, and a name that is wrong asks nobody', async () => {
  enrolled('one');
  expect(await run('--no-wait')).toEqual({ out: 'one (1.0): asked\n', err: '', exit: 0 });
  const { offer } = aWorker('one');
  answers = [['one', { refresh: refresh(2), offer: { ...offer, slots: 4 } }]];
  const json = await run('--json');
  expect(JSON.parse(json.out)).toEqual([
    {
      name: 'one',
      version: '1.0',
      outcome: 'answered',
      changes: [{ what: 'slots', from: '2', to: '4' }],
      problem: null,
      restart: [],
      worker: fleet.get('one'),
    },
  ]);
  const wrong = await run('one', 'nobody');
  expect(wrong.err).toContain('there is no worker nobody (unknown_worker)');
  expect(wrong.exit).toBe(3);
});

test('Ctrl-C ends the waiting', async () => {
  enrolled('one');
  const played = run();
  await expect.poll(() => hub.asked).toContain('GET /workers/one');
  process.emit('SIGINT');
  expect((await played).exit).toBe(130);
});
