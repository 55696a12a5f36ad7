import type { ServerResponse } from 'node:http';
import type { EventEnvelope, Task } from '@moromi/contract';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { anEvent, aTask, FakeHub } from './testing/fake-hub.ts';
import { type Played, play } from './testing/stage.ts';

let hub: FakeHub;
const tasks = new Map<number, Task>();
let build: Record<string, unknown>;
/** Events of the ledger: what must have been printed before, and what happens as each is about to be sent. */
let ledger: { event: EventEnvelope; after?: string; first?: () => void }[];
/** What the watcher has printed so far. */
let printed: string;
/** The stream is cut before these events, once each. */
let cuts: Set<number>;

function set(task: Task): () => void {
  return () => tasks.set(task.id, task);
}

beforeEach(async () => {
  hub = await FakeHub.start();
  tasks.clear();
  build = {
    id: 7,
    nvr: null,
    target: 'f1',
    source: { name: 'hello-2.10-1.src.rpm' },
    state: 'building',
    tasks: [34],
    failure: null,
  };
  ledger = [];
  printed = '';
  cuts = new Set();
  hub.on('GET', /^\/events\?/, () => ({ items: [], last: 100 }));
  hub.on(
    'GET',
    /^\/events\/stream/,
    (request, reply) => void stream(Number(/after=(\d+)/.exec(request.url ?? '')?.[1]), reply),
  );
  hub.on('GET', /^\/builds\/7/, () => build);
  hub.on('GET', /^\/tasks\?/, () => ({
    items: [...tasks.values()].filter((task) => task.build === 7),
    next: null,
  }));
  hub.on('GET', /^\/tasks\/\d+$/, (request) => {
    const task = tasks.get(Number(/\d+$/.exec(request.url ?? '')?.[0]));
    const children = [...tasks.values()].filter(({ parent }) => parent === task?.id).map(({ id }) => id);
    return { ...task, attempts: [], blockedBy: [], children, request: {}, result: null };
  });
});
afterEach(async () => {
  await hub[Symbol.asyncDispose]();
});

async function stream(after: number, reply: ServerResponse): Promise<void> {
  reply.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
  for (const { event, after: line, first } of ledger) {
    if (event.seq <= after) continue;
    while (line !== undefined && !printed.includes(line)) {
      if (reply.destroyed) return;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    if (cuts.delete(event.seq)) {
      first?.();
      reply.destroy();
      return;
    }
    first?.();
    reply.write(`id: ${event.seq}\ndata: ${JSON.stringify(event)}\n\n`);
  }
}

/** Watches as a person does, and lets the events go on as it prints. */
async function watch(task: string): Promise<Played> {
  return await play(hub.address, ['watch-task', task], {}, (out) => {
    printed = out;
  });
}

const data = (to: string, more = {}) => ({ from: 'leased', to, attempt: 1, worker: 'builder1', ...more });
const failure = {
  code: 'build_failed',
  message: '%build failed',
  fault: 'package' as const,
  excerpt: 'foo.c:1: error: \x1b[31mno\x1b[0m\n',
};

function script(end: 'done' | 'failed'): void {
  const srpm = { kind: 'srpm' as const };
  const child = { parent: 34, arch: 'x86_64' };
  set(aTask(34, 'free', srpm))();
  const lost = end === 'failed' ? { failure } : {};
  ledger = [
    {
      event: anEvent(101, 'task.leased', 'task:34', data('leased')),
      after: 'rpm): free',
      first: set(aTask(34, 'leased', srpm)),
    },
    {
      event: anEvent(102, 'task.done', 'task:34', data('done')),
      after: 'rpm): free -> leased',
      first: () => {
        set(aTask(34, 'done', srpm))();
        set(aTask(35, 'free', child))();
      },
    },
    { event: anEvent(103, 'task.created', 'task:35'), after: '64): free' },
    { event: anEvent(104, 'task.leased', 'task:35', data('leased')), first: set(aTask(35, 'leased', child)) },
    {
      event: anEvent(105, `task.${end}`, 'task:35', data(end, lost)),
      after: '64): free -> leased',
      first: () => {
        set(aTask(35, end, { ...child, ...lost }))();
        build = {
          ...build,
          nvr: 'hello-2.10-1',
          state: end === 'done' ? 'complete' : 'failed',
          failure: end === 'done' ? null : failure,
        };
        if (end === 'done')
          set(aTask(36, 'free', { kind: 'publish', build: null, parent: 34, label: 'f1' }))();
      },
    },
  ];
  if (end === 'done') {
    ledger.push(
      { event: anEvent(106, 'build.complete', 'build:7'), after: 'publish (f1): free' },
      {
        event: anEvent(107, 'task.done', 'task:36', data('done')),
        first: set(aTask(36, 'done', { kind: 'publish', build: null, parent: 34, label: 'f1' })),
      },
    );
  }
}

const whole = [
  '34 srpm (hello-2.10-1.src.rpm): free',
  '34 srpm (hello-2.10-1.src.rpm): free -> leased (builder1)',
  '34 srpm (hello-2.10-1.src.rpm): leased -> done',
  '  35 build (hello-2.10-1.src.rpm, x86_64): free',
  '  35 build (hello-2.10-1.src.rpm, x86_64): free -> leased (builder1)',
  '  35 build (hello-2.10-1.src.rpm, x86_64): leased -> done',
  '  36 publish (f1): free',
  '  36 publish (f1): free -> done',
  '',
  '3 done  0 failed',
  '',
  '34 build (f1, hello-2.10-1) completed successfully',
  '',
];

test('a build is watched to the end of the tasks that publish it, and is well', async () => {
  script('done');
  const { out, exit } = await watch('34');
  expect(out.split('\n')).toEqual(whole);
  expect(exit).toBe(0);
});

test('a cut at any event loses no end, and the stream is resumed after the last event', async () => {
  for (let seq = 102; seq <= 107; seq++) {
    script('done');
    build = { ...build, nvr: null, state: 'building', failure: null };
    tasks.delete(35);
    tasks.delete(36);
    cuts = new Set([seq]);
    hub.asked.length = 0;
    printed = '';
    const { out, exit } = await watch('34');
    expect(exit).toBe(0);
    expect(out).toContain('3 done  0 failed');
    expect(out.split('\n').filter((line) => line.endsWith('-> done'))).toHaveLength(3);
    // The event just before the cut may have been lost with it; those before that were heard and are not asked for.
    const resumed = hub.asked.flatMap((one) => /stream\?after=(\d+)/.exec(one)?.[1] ?? []).map(Number);
    expect(resumed).toHaveLength(2);
    expect([seq - 2, seq - 1]).toContain(resumed[1]);
  }
}, 30_000);

test('a failure is told with its sentence, what to do, the excerpt without escapes, and where the log is', async () => {
  script('failed');
  const { out, exit } = await watch('34');
  expect(exit).toBe(1);
  expect(out.split('\n').slice(-12)).toEqual([
    '',
    '1 done  1 failed',
    '',
    '34 build (f1, hello-2.10-1) failed',
    '',
    '35 build (hello-2.10-1.src.rpm, x86_64): %build failed (build_failed)',
    'what to do: See %build in the build log for the first error.',
    '',
    '    foo.c:1: error: no',
    '',
    'the whole log: moromi watch-logs 35',
    '',
  ]);
});

test('with --json each change is a line, and the last line is the result', async () => {
  script('failed');
  for (const step of ledger) delete step.after;
  const { out, exit } = await play(hub.address, ['--json', 'watch-task', '34']);
  const lines = out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines.slice(0, -1).every(({ kind }) => kind === 'task')).toBe(true);
  expect(lines.at(-1)).toMatchObject({
    kind: 'result',
    task: 34,
    well: false,
    failures: [{ task: 35, todo: expect.stringContaining('%build') }],
  });
  expect(exit).toBe(1);
});

test('what has ended already is told at once', async () => {
  set(aTask(34, 'canceled', { kind: 'srpm' }))();
  build = { ...build, state: 'canceled' };
  const { out, exit } = await watch('34');
  expect(out).toContain('34 build (f1, hello-2.10-1.src.rpm) was canceled');
  expect(exit).toBe(1);
});

test('a task of no build is watched by itself', async () => {
  set(aTask(50, 'leased', { kind: 'publish', build: null, label: 'f1' }))();
  ledger = [
    { event: { ...anEvent(101, 'task.done', 'task:99', data('done')), build: null }, after: 'leased' },
    {
      event: { ...anEvent(102, 'task.done', 'task:50', data('done')), build: null },
      first: set(aTask(50, 'done', { kind: 'publish', build: null, label: 'f1' })),
    },
  ];
  const { out, exit } = await watch('50');
  expect(out).toContain('50 publish (f1): leased -> done');
  expect(out).not.toContain('99');
  expect(exit).toBe(0);
});

test('Ctrl-C leaves the task running and says how to go on', async () => {
  set(aTask(34, 'leased', { kind: 'srpm' }))();
  const played = play(hub.address, ['watch-task', '34']);
  await expect.poll(() => hub.asked.some((one) => one.includes('/events/stream'))).toBe(true);
  await new Promise((resolve) => setTimeout(resolve, 100));
  process.emit('SIGINT');
  const { err, exit } = await played;
  expect(err).toContain('Tasks still running (1). You can continue to watch with: moromi watch-task 34');
  expect(exit).toBe(130);
  expect(hub.asked.some((one) => one.startsWith('POST'))).toBe(false);
});
