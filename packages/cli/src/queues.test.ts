import { afterEach, beforeEach, expect, test } from 'vitest';
import { aTask, FakeHub, problem } from './testing/fake-hub.ts';
import { type Played, play } from './testing/stage.ts';

let hub: FakeHub;

beforeEach(async () => {
  hub = await FakeHub.start();
});
afterEach(async () => {
  await hub[Symbol.asyncDispose]();
});

async function run(...args: string[]): Promise<Played> {
  return await play(hub.address, ['--utc', ...args]);
}

async function refused(...args: string[]): Promise<string> {
  const { err, out, exit } = await run(...args);
  expect([out, exit]).toEqual(['', 2]);
  return err;
}

test('tasks are freed, each told of, and the documents are for programs', async () => {
  hub.on('POST', /^\/tasks\/\d+\/free$/, (request) => aTask(Number(request.url?.split('/').at(-2)), 'free'));
  expect((await run('free-task', '35', '36')).out).toBe('Freed task 35\nFreed task 36\n');
  expect(JSON.parse((await run('--json', 'free-task', '35')).out)).toEqual([aTask(35, 'free')]);
  hub.asked.length = 0;
  expect(await refused('free-task', '35', 'x')).toContain('the task wants a whole number');
  expect(hub.asked).toEqual([]);
});

test('a task is assigned to one worker, or to any again', async () => {
  hub.on('POST', /^\/tasks\/35\/assign$/, () => aTask(35, 'free'));
  expect((await run('assign-task', '35', 'builder1')).out).toBe('Assigned task 35 to builder1\n');
  expect((await run('assign-task', '35', '--any')).out).toBe('Any worker may have task 35\n');
  expect(hub.sent).toEqual([{ worker: 'builder1' }, { worker: null }]);
  for (const args of [['35'], ['35', 'builder1', '--any']])
    expect(await refused('assign-task', ...args)).toContain('either a worker or --any');
});

test('a priority is a number or its name, and is told of the build that it holds for', async () => {
  hub.on('POST', /^\/tasks\/35\/priority$/, (_request, _reply, body) =>
    aTask(35, 'free', JSON.parse(body.toString()) as { priority: number }),
  );
  expect((await run('set-priority', '35', 'now')).out).toBe('Build 7, of task 35, has priority 10 (now)\n');
  expect((await run('set-task-priority', '35', '55')).out).toBe('Build 7, of task 35, has priority 55\n');
  await run('set-priority', '35', 'background');
  expect(hub.sent).toEqual([{ priority: 10 }, { priority: 55 }, { priority: 30 }]);
  for (const wrong of ['101', '-1', 'soon', 'toString'])
    expect((await run('set-priority', '35', '--', wrong)).err).toMatch(
      /the priority wants a whole number from 0 to 100, or now, normal, background/,
    );
});

const pauses = [
  { tag: null, reason: 'new database', actor: 'ann', at: '2026-11-21T10:00:00.000Z' },
  { tag: 'f1', reason: '', actor: 'joe', at: '2026-11-21T09:00:00.000Z' },
];

test('the system or a tag is paused and unpaused; what still holds a tag is told', async () => {
  hub.on('POST', /^\/pauses$/, () => ({ items: pauses.slice(0, 1) }));
  expect((await run('pause', '--reason', 'new database')).out).toBe('Paused the system; what runs goes on\n');
  expect((await run('pause', 'f1')).out).toBe('Paused the tag f1; what runs goes on\n');
  expect((await run('unpause', 'f1')).out).toBe(
    'Unpaused the tag f1\nBut the system is paused by ann since 2026-11-21 10:00:00 UTC: new database\n',
  );
  expect(hub.sent).toEqual([
    { tag: null, paused: true, reason: 'new database' },
    { tag: 'f1', paused: true },
    { tag: 'f1', paused: false },
  ]);
  expect(JSON.parse((await run('--json', 'unpause', 'f1')).out)).toEqual(pauses.slice(0, 1));
});

test('is-paused ends with 0 when it is, with 1 when not, and with 3 for a tag that is not there', async () => {
  let items = pauses;
  hub.on('GET', /^\/pauses$/, () => ({ items }));
  hub.on('GET', /^\/tags\/f\d$/, () => ({ name: 'f1' }));
  hub.on('GET', /^\/tags\/x$/, (_request, reply) => problem(reply, 404, 'unknown_tag'));
  const tag = await run('is-paused', 'f1');
  expect(tag.out).toBe(
    'the system is paused by ann since 2026-11-21 10:00:00 UTC: new database\n' +
      'the tag f1 is paused by joe since 2026-11-21 09:00:00 UTC\n',
  );
  expect(tag.exit).toBe(0);
  items = pauses.slice(1);
  const system = await run('is-paused');
  expect(system).toEqual({ out: 'the system is not paused\n', err: 'but these tags are: f1\n', exit: 1 });
  expect((await run('is-paused', 'f2')).out).toBe('the tag f2 is not paused\n');
  const json = await run('--json', 'is-paused', 'f2');
  expect([JSON.parse(json.out), json.exit]).toEqual([[], 1]);
  expect((await run('is-paused', 'x')).exit).toBe(3);
});

test('quotas are listed, set and ended', async () => {
  const items = [{ subject: 'tag', name: 'f1', tasks: 5, running: 3 }];
  hub.on('GET', /^\/quotas$/, () => ({ items }));
  hub.on('POST', /^\/quotas$/, () => ({ items }));
  expect((await run('list-quotas')).out).toBe(
    'Of   Name  Tasks  Running\n-------------------------\ntag  f1        5        3\n',
  );
  expect(JSON.parse((await run('--json', 'list-quotas')).out)).toEqual(items);
  expect((await run('set-quota', 'tag', 'f1', '5')).out).toBe(
    'The tag f1 may have 5 tasks running at once; 3 run now\n',
  );
  expect((await run('set-quota', 'owner', 'ann', 'none')).out).toBe('The owner ann has no quota\n');
  expect(hub.sent).toEqual([
    { subject: 'tag', name: 'f1', tasks: 5 },
    { subject: 'owner', name: 'ann', tasks: null },
  ]);
  expect(await refused('set-quota', 'worker', 'b', '5')).toContain('of owner or tag, not of "worker"');
  expect(await refused('set-quota', 'tag', 'f1', '0')).toContain('the quota wants a whole number from 1');
});

test('stats show each queue with who is there for it', async () => {
  const items = [
    {
      kind: 'build',
      arch: 'x86_64',
      channel: 'default',
      ready: 12,
      held: 2,
      running: 3,
      workers: 2,
      watchers: 1,
      oldest: '2026-11-21T10:00:00.000Z',
    },
    {
      kind: 'publish',
      arch: null,
      channel: 'default',
      ready: 0,
      held: 0,
      running: 1,
      workers: 1,
      watchers: 0,
      oldest: null,
    },
  ];
  hub.on('GET', /^\/stats$/, () => ({ items }));
  expect((await run('stats')).out.split('\n')).toEqual([
    'Kind     Arch    Channel  Ready  Held  Running  Workers  Watchers  Oldest waits since',
    '------------------------------------------------------------------------------------------',
    'build    x86_64  default     12     2        3        2         1  2026-11-21 10:00:00 UTC',
    'publish          default      0     0        1        1         0',
    '',
  ]);
  expect(JSON.parse((await run('--json', 'stats')).out)).toEqual(items);
});

/** A hub that goes on with build 7, or makes another of it. */
function resubmits(id: number): void {
  hub.on('GET', /^\/builds\/hello-1-1$/, () => ({ id: 7 }));
  hub.on('POST', /^\/builds\/7\/resubmit$/, () => ({
    id,
    task: 34,
    warnings: [{ code: 'no_builder', message: 'No enabled builder takes ppc64le.\x1b[2J' }],
  }));
  hub.on('GET', /^\/tasks\/34$/, () => ({ id: 34, url: 'http://hub/tasks/34' }));
}

test('what failed of a build is built again, also in the words of Plague; warnings stand beside the output', async () => {
  resubmits(7);
  for (const words of [['resubmit', '--failed'], ['requeue']]) {
    const { out, err } = await run(...words, '--nowait', 'hello-1-1');
    expect(out).toBe('Going on with build 7, task: 34\nTask info: http://hub/tasks/34\n');
    expect(err).toBe('warning: No enabled builder takes ppc64le.\n');
  }
  expect(hub.sent).toEqual([{ failed: true }, { failed: true }]);
});

test('a build that cannot be gone on with is built again as a whole, which is said', async () => {
  resubmits(8);
  const { out, err } = await run('requeue', '--nowait', 'hello-1-1');
  expect(out).toMatch(/^Created task: 34\n/);
  expect(err).toContain('build 7 cannot be gone on with; all of it is built again\n');
  const whole = await run('--quiet', 'resubmit', '--nowait', 'hello-1-1');
  expect(whole.err).toBe('warning: No enabled builder takes ppc64le.\n');
  expect(hub.sent).toEqual([{ failed: true }, {}]);
});

test('a build has one priority', async () => {
  for (const words of [
    ['--now', '--background'],
    ['--now', '--priority', '5'],
  ])
    expect(await refused('build', ...words, 'f1', 'x')).toContain('a build has one priority');
  expect(hub.asked).toEqual([]);
});
