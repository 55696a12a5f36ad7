import { afterEach, beforeEach, expect, test } from 'vitest';
import { aTask, aTaskDetail, FakeHub } from './testing/fake-hub.ts';
import { type Played, play } from './testing/stage.ts';

let hub: FakeHub;
const waiting = {
  code: 'busy',
  reason: 'The 2 workers that take build tasks for x86_64 are busy; 3 tasks come before it.',
  change: 'It gets the first slot that is free when its turn comes.',
  estimate: '2026-11-21T10:12:00.000Z',
};
const answers = [
  { worker: 'arm1', hard: true, code: 'arch', reason: 'is not for x86_64' },
  { worker: 'builder1', hard: false, code: 'no_room', reason: 'carries 2 of 2 already' },
  { worker: 'builder2', hard: false, code: null, reason: null },
];

beforeEach(async () => {
  hub = await FakeHub.start();
  hub.on('GET', /^\/status$/, () => ({ time: '2026-11-21T10:00:00.000Z' }));
});
afterEach(async () => {
  await hub[Symbol.asyncDispose]();
});

async function why(...args: string[]): Promise<Played> {
  return await play(hub.address, ['--utc', 'why', ...args]);
}

test('a task that waits says why, what must change, when it begins, its place, and what each worker answers', async () => {
  hub.on('GET', /^\/tasks\/35$/, () => aTaskDetail(35, 'free', { arch: 'x86_64', waiting, answers }));
  const { out, exit } = await why('35');
  expect(out.split('\n')).toEqual([
    '35 build (hello-2.10-1.src.rpm, x86_64) waits',
    'Why:       The 2 workers that take build tasks for x86_64 are busy; 3 tasks come before it.',
    'To change: It gets the first slot that is free when its turn comes.',
    'Begins:    2026-11-21 10:12:00 UTC, in about 12 min',
    'Its place: in the channel default, with priority 20 (normal), since 2026-11-21 10:00:00 UTC',
    '',
    'Worker    Answer          Because it',
    '------------------------------------------------',
    'builder2  could have it',
    'builder1  not now (soft)  carries 2 of 2 already',
    'arm1      cannot (hard)   is not for x86_64',
    '',
  ]);
  expect(exit).toBe(0);
});

test('where nobody can say when it begins, that is said; quiet leaves the heads out', async () => {
  hub.on('GET', /^\/tasks\/35$/, () =>
    aTaskDetail(35, 'free', { waiting: { ...waiting, estimate: null }, answers, assigned: 'builder1' }),
  );
  const { out } = await why('--quiet', '35');
  expect(out).toMatch(/^Begins: +nobody can say when$/m);
  expect(out).toContain('in the channel default, for builder1 only, with priority');
  expect(out).not.toContain('Answer');
});

test('a task that runs says where, since when, and what it is expected to take, as a guess or on earlier runs', async () => {
  const attempts = [
    {
      attempt: 1,
      worker: 'builder1',
      leasedAt: '2026-11-21T09:59:00.000Z',
      endedAt: null,
      outcome: 'running' as const,
      failure: null,
    },
  ];
  const title = '35 build (hello-2.10-1.src.rpm) runs on builder1 since 2026-11-21 09:59:00 UTC; ';
  const cases: [{ seconds: number; runs: number }, string][] = [
    [{ seconds: 600, runs: 5 }, 'it is expected to take 10m 00s (on 5 earlier runs): it ends in about 9 min'],
    [{ seconds: 120, runs: 0 }, 'it is expected to take 2m 00s (a guess): it ends in about 1 min'],
    [{ seconds: 30, runs: 1 }, 'it is expected to take 30s (on 1 earlier run): it takes longer than that'],
  ];
  for (const [expected, words] of cases) {
    hub.on('GET', /^\/tasks\/35$/, () => aTaskDetail(35, 'leased', { attempts, expected }));
    expect((await why('35')).out).toBe(`${title}${words}\n`);
  }
});

test('a task that has ended says how, and that is well too', async () => {
  const times = { startedAt: '2026-11-21T09:00:00.000Z', endedAt: '2026-11-21T09:02:07.000Z' };
  const failure = { code: 'build_failed', message: '%build failed', fault: 'package' as const };
  hub.on('GET', /^\/tasks\/35$/, () => aTaskDetail(35, 'done', times));
  hub.on('GET', /^\/tasks\/36$/, () => aTaskDetail(36, 'failed', { ...times, failure }));
  expect((await why('35')).out).toBe(
    '35 build (hello-2.10-1.src.rpm) was done at 2026-11-21 09:02:07 UTC after 2m 07s\n',
  );
  const failed = await why('36');
  expect(failed.out).toContain('36 build (hello-2.10-1.src.rpm) failed at 2026-11-21 09:02:07 UTC');
  expect(failed.out).toContain('what to do: See %build in the build log');
  expect(failed.exit).toBe(0);
});

const building = {
  id: 7,
  nvr: null,
  target: 'f1',
  source: { name: 'hello-2.10-1.src.rpm' },
  state: 'building',
  endedAt: null,
  failure: null,
  waiting: null as typeof waiting | null,
};

test('a build says what it waits for once, then each of its tasks; what has ended is passed over', async () => {
  hub.on('GET', /^\/builds\/hello-2\.10-1$/, () => ({ ...building, waiting }));
  hub.on('GET', /^\/tasks\?build=7/, () => ({
    items: [aTask(36, 'free'), aTask(35, 'free'), aTask(34, 'done')],
    next: null,
  }));
  hub.on('GET', /^\/tasks\/35$/, () => aTaskDetail(35, 'free', { waiting, answers }));
  const other = { ...waiting, reason: 'It waits for task 35 to end.' };
  hub.on('GET', /^\/tasks\/36$/, () => aTaskDetail(36, 'free', { waiting: other }));
  const { out, exit } = await why('--build', 'hello-2.10-1');
  expect(out).toMatch(/^build 7 \(f1, hello-2\.10-1\.src\.rpm\) waits\nWhy: +The 2 workers/);
  expect(out.split('The 2 workers')).toHaveLength(2);
  expect(out).toMatch(
    /35 build .* waits\nIts place: [\s\S]*builder2[\s\S]*36 build .* waits\nWhy: +It waits for/,
  );
  expect(hub.asked).not.toContain('GET /tasks/34');
  expect(exit).toBe(0);
});

test('a build of which something runs says that, and one that has ended asks for no tasks', async () => {
  hub.on('GET', /^\/builds\/7$/, () => building);
  hub.on('GET', /^\/tasks\?build=7/, () => ({ items: [aTask(35, 'leased')], next: null }));
  hub.on('GET', /^\/tasks\/35$/, () => aTaskDetail(35, 'leased'));
  expect((await why('--build', '7')).out).toMatch(
    /^build 7 .* is building\n\n35 build .* runs on builder1 since/,
  );
  hub.asked.length = 0;
  hub.on('GET', /^\/builds\/7$/, () => ({
    ...building,
    state: 'complete',
    nvr: 'hello-2.10-1',
    endedAt: '2026-11-21T10:00:00.000Z',
  }));
  expect((await why('--build', '7')).out).toBe(
    'build 7 (f1, hello-2.10-1) completed at 2026-11-21 10:00:00 UTC\n',
  );
  expect(hub.asked).toEqual(['GET /builds/7', 'GET /status']);
});

test('for programs it is the document of the task, or the build with its open tasks', async () => {
  const task = aTaskDetail(35, 'free', { waiting, answers });
  hub.on('GET', /^\/tasks\/35$/, () => task);
  expect(JSON.parse((await why('--json', '35')).out)).toEqual(task);
  hub.on('GET', /^\/builds\/7$/, () => building);
  hub.on('GET', /^\/tasks\?build=7/, () => ({ items: [aTask(35, 'free')], next: null }));
  expect(JSON.parse((await why('--json', '--build', '7')).out)).toEqual({ build: building, tasks: [task] });
  expect((await why('hello-2.10-1')).exit).toBe(2);
});
