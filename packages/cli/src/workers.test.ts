import type { EventEnvelope, WorkerInfo } from '@moromi/contract';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { anEvent, aTask, aWorker, FakeHub, problem } from './testing/fake-hub.ts';
import { type Played, play } from './testing/stage.ts';

let hub: FakeHub;
const fleet = new Map<string, WorkerInfo>();

beforeEach(async () => {
  hub = await FakeHub.start();
  fleet.clear();
  hub.on('GET', /^\/workers\?/, () => ({ items: [...fleet.values()], next: null }));
  hub.on('GET', /^\/workers\/[a-z0-9]+$/, (request, reply) => {
    const worker = fleet.get(request.url?.split('/').at(-1) ?? '');
    return worker ?? problem(reply, 404, 'unknown_worker', 'there is no such worker');
  });
  hub.on('POST', /^\/workers\/[a-z0-9]+\/(standing|edit)$/, (request, reply, body) => {
    const name = request.url?.split('/').at(-2) ?? '';
    const worker = fleet.get(name);
    if (worker === undefined) return problem(reply, 404, 'unknown_worker', `there is no worker ${name}`);
    fleet.set(name, { ...worker, ...(JSON.parse(body.toString()) as Partial<WorkerInfo>) });
    return fleet.get(name);
  });
  hub.on('GET', /^\/tasks\?state=leased/, () => ({
    items: [
      aTask(35, 'leased', { worker: 'builder1', weight: 1.5 }),
      aTask(36, 'leased', { worker: 'builder1', weight: 0.5 }),
    ],
    next: null,
  }));
});
afterEach(async () => {
  await hub[Symbol.asyncDispose]();
});

function enrolled(name: string, more: Partial<WorkerInfo> = {}): void {
  fleet.set(name, aWorker(name, more));
}

async function run(...args: string[]): Promise<Played> {
  return await play(hub.address, ['--utc', ...args]);
}

const quarantined = {
  standing: 'quarantined' as const,
  standingBy: 'ann',
  standingAt: '2026-11-21T10:00:00.000Z',
  standingReason: 'memory errors',
  idle: 'is quarantined (memory errors)',
};

test('the list says standing, channels, load, speed, what keeps a worker idle, and a clock that is off', async () => {
  enrolled('builder1', { tasks: [35, 36], capacity: 4, channels: ['default', 'image'], speed: 1.256 });
  enrolled('builder2', quarantined);
  enrolled('builder3', { idle: 'takes nothing now: 1 GiB of disk is left', clockAhead: -90 });
  const lines = (await run('list-workers')).out.split('\n');
  expect(lines[0]).toMatch(/^Name +State +Kinds +Arches +Channels +Busy +Load +Speed +.* Note$/);
  expect(lines[1]).toMatch(/^-+$/);
  expect(lines[2]).toMatch(
    /^builder1 +online +srpm,build +x86_64 +default,image +2\/2 +2\/4 +1\.26 .* 35, 36$/,
  );
  expect(lines[3]).toMatch(
    /^builder2 +online, quarantined .* by ann at 2026-11-21 10:00:00 UTC: memory errors$/,
  );
  expect(lines[4]).toMatch(/ it takes nothing now: 1 GiB of disk is left; its clock is 1m 30s behind$/);
  expect(JSON.parse((await run('--json', 'list-workers')).out)).toEqual([...fleet.values()]);
});

test('one worker is shown with its machine, what was decided and by whom, and what it holds', async () => {
  enrolled('builder1', {
    ...quarantined,
    tasks: [35, 36],
    excludes: ['kernel*'],
    troubles: [{ task: 9, code: 'disk_full' }],
    clockAhead: 300,
  });
  const { out } = await run('hostinfo', 'builder1');
  for (const line of [
    /^Standing: +quarantined$/m,
    /^Decided: +by ann at 2026-11-21 10:00:00 UTC: memory errors$/m,
    /^Gets nothing: +it is quarantined \(memory errors\)$/m,
    /^Clock: +its clock is 5m 00s ahead$/m,
    /^Excludes: +kernel\*$/m,
    /^Load: +2\/2$/m,
    /^Troubles: +task 9 \(disk_full\)$/m,
    /^Machine: +4 cores, 8\.0 GiB of memory, 20 GiB of disk free when it last looked, x86-64-v3$/m,
    /^Host: +roots="overlay"$/m,
    /^ID +Kind[\s\S]*^ *35 +build +leased/m,
  ]) {
    expect(out).toMatch(line);
  }
  expect(JSON.parse((await run('--json', 'worker-info', 'builder1')).out)).toEqual(fleet.get('builder1'));
  expect((await run('worker-info', 'nobody')).exit).toBe(3);
});

test('standings are set for one worker or several, and each is told of at once', async () => {
  enrolled('builder1', { tasks: [35, 36] });
  enrolled('builder2', { idle: 'was never seen' });
  const disabled = await run('disable-host', 'builder1', 'builder2', '--reason', 'new disks');
  expect(disabled.out).toBe(
    'Disabled builder1; it finishes tasks 35, 36\nDisabled builder2; it has nothing to do\n',
  );
  expect(hub.sent).toEqual([
    { standing: 'disabled', reason: 'new disks' },
    { standing: 'disabled', reason: 'new disks' },
  ]);
  expect((await run('enable-worker', 'builder2')).out).toBe('Enabled builder2; but it was never seen\n');
  expect((await run('drain-worker', 'builder2')).out).toBe('Draining builder2; it has nothing to do\n');
  expect((await run('quarantine-worker', 'builder1')).out).toBe(
    'Quarantined builder1; what it had was taken from it\n',
  );
  expect(hub.sent.slice(2)).toEqual([
    { standing: 'enabled' },
    { standing: 'draining' },
    { standing: 'quarantined' },
  ]);
  const json = await run('--json', 'enable-worker', 'builder1');
  expect(JSON.parse(json.out)).toMatchObject([{ name: 'builder1', standing: 'enabled' }]);
  const partly = await run('disable-worker', 'builder1', 'nobody');
  expect(partly.out).toContain('Disabled builder1');
  expect(partly.err).toContain('there is no worker nobody (unknown_worker)');
  expect(partly.exit).toBe(3);
});

/** Sends these events to whoever follows; what each does happens just before it. */
function happening(...events: [EventEnvelope, () => void][]): void {
  hub.on('GET', /^\/events\?/, () => ({ items: [], last: 100 }));
  hub.on('GET', /^\/events\/stream/, async (_request, reply) => {
    reply.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
    await expect.poll(() => hub.asked).toContain('GET /workers/builder1');
    for (const [event, first] of events) {
      first();
      reply.write(`data: ${JSON.stringify(event)}\n\n`);
    }
  });
}

test('draining is watched until the worker is empty, and only what concerns it is asked for', async () => {
  enrolled('builder1', { tasks: [35] });
  happening(
    [anEvent(101, 'task.done', 'task:99'), () => {}],
    [anEvent(102, 'task.done', 'task:35'), () => enrolled('builder1', { standing: 'draining' })],
  );
  const { out, exit } = await run('drain-worker', '--wait', 'builder1');
  expect(out).toBe('Draining builder1; it finishes task 35\nbuilder1 is empty\n');
  expect(hub.asked.filter((one) => one === 'GET /workers/builder1')).toHaveLength(2);
  expect(exit).toBe(0);
});

test('draining that somebody ends is told as an error; one that is empty already is not watched', async () => {
  enrolled('builder1', { tasks: [35] });
  happening([
    anEvent(101, 'worker.enabled', 'worker:builder1'),
    () => enrolled('builder1', { tasks: [35], standingBy: 'joe' }),
  ]);
  const { err, exit } = await run('drain-worker', '--wait', 'builder1');
  expect(err).toContain('builder1 was enabled again by joe before it was empty (worker_enabled)');
  expect(exit).toBe(3);
  enrolled('builder1');
  hub.asked.length = 0;
  expect((await run('drain-worker', '--wait', 'builder1')).exit).toBe(0);
  expect(hub.asked).toEqual(['POST /workers/builder1/standing']);
});

test('Ctrl-C ends the watching, not the draining, and it is said how to go on', async () => {
  enrolled('builder1', { tasks: [35] });
  happening();
  const played = run('drain-worker', '--wait', 'builder1');
  await expect.poll(() => hub.asked).toContain('GET /workers/builder1');
  process.emit('SIGINT');
  const { err, exit } = await played;
  expect(err).toContain('You can continue to watch with: moromi drain-worker --wait builder1\n');
  expect(exit).toBe(130);
});

test('what a worker carries and takes is changed by what is named alone', async () => {
  enrolled('builder1');
  const { out } = await run('edit-worker', 'builder1', '--capacity', '3.5', '--channel', 'default,image');
  expect(out).toBe('Worker:   builder1\nCapacity: 3.5\nChannels: default, image\n');
  await run('edit-worker', 'builder1', '--capacity', 'slots', '--exclude', 'kernel*', '--exclude', 'gcc');
  await run('edit-worker', 'builder1', '--no-exclude');
  await run('edit-worker', 'builder1', '--no-exclude', '--exclude', 'gcc');
  expect(hub.sent).toEqual([
    { capacity: 3.5, channels: ['default', 'image'] },
    { capacity: null, excludes: ['kernel*', 'gcc'] },
    { excludes: [] },
    { excludes: ['gcc'] },
  ]);
  for (const [args, message] of [
    [[], /nothing is said that could be changed/],
    [['--capacity', '0'], /--capacity wants a number above 0/],
    [['--capacity', 'many'], /--capacity wants a number/],
    [['--exclude', 'a b'], /--exclude wants a name of packages/],
  ] as const) {
    const { err, exit } = await run('edit-worker', 'builder1', ...args);
    expect(err).toMatch(message);
    expect(exit).toBe(2);
  }
});

test('a worker joins a channel once, and leaves it where it is in another', async () => {
  enrolled('builder1');
  expect((await run('add-host-to-channel', 'builder1', 'image')).out).toBe('builder1 is in default, image\n');
  expect((await run('add-worker-to-channel', 'builder1', 'image')).out).toBe(
    'builder1 is in default, image\n',
  );
  expect((await run('remove-worker-from-channel', 'builder1', 'default')).out).toBe('builder1 is in image\n');
  expect(hub.sent).toEqual([{ channels: ['default', 'image'] }, { channels: ['image'] }]);
  const last = await run('remove-host-from-channel', 'builder1', 'image');
  expect(last.err).toContain('builder1 is in no channel but image (usage)');
  const wrong = await run('remove-worker-from-channel', 'builder1', 'imge');
  expect(wrong.err).toContain('builder1 is not in the channel imge; it is in image');
  expect([last.exit, wrong.exit]).toEqual([2, 2]);
  expect(JSON.parse((await run('--json', 'add-worker-to-channel', 'builder1', 'image')).out)).toEqual(
    fleet.get('builder1'),
  );
});
