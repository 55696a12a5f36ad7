import { mkdtemp, readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { anEvent, aTask, FakeHub, problem } from './testing/fake-hub.ts';
import { play } from './testing/stage.ts';

let hub: FakeHub;
const text = Array.from({ length: 200 }, (_, index) => `line ${index} \x1b[31mred\x1b[0m`).join('\n');
let logs: { name: string; attempt: number; content: string; complete: boolean }[];
let state: 'leased' | 'done';
/** Bytes after which a reply is cut, used up one by one. */
let cuts: number[];

beforeEach(async () => {
  hub = await FakeHub.start();
  state = 'done';
  cuts = [];
  logs = [{ name: 'build.log', attempt: 1, content: text, complete: true }];
  hub.on('GET', /^\/tasks\/35$/, () => ({ ...aTask(35, state), attempts: [], blockedBy: [], children: [] }));
  hub.on('GET', /^\/tasks\/35\/logs$/, () => ({
    items: logs.map(({ name, attempt, content, complete }) => ({
      name,
      attempt,
      size: content.length,
      complete,
      updatedAt: '',
      url: '',
    })),
  }));
  hub.on('GET', /^\/tasks\/35\/attempts\//, (request, reply) => {
    const [, attempt, name] = /attempts\/(\d+)\/logs\/([^?]+)/.exec(request.url ?? '') ?? [];
    const log = logs.find((one) => one.name === name && one.attempt === Number(attempt));
    if (log === undefined) return problem(reply, 404, 'unknown_log');
    const rest = log.content.slice(Number(/offset=(\d+)/.exec(request.url ?? '')?.[1] ?? 0));
    const cut = cuts.shift();
    reply.writeHead(200, { 'content-type': 'text/plain' });
    if (cut === undefined) reply.end(rest);
    else reply.write(rest.slice(0, cut), () => setTimeout(() => reply.destroy(), 20));
    return undefined;
  });
  hub.on('GET', /^\/events\?/, () => ({ items: [], last: 1 }));
  hub.on('GET', /^\/events\/stream/, (_request, reply) => {
    reply.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
    setTimeout(() => {
      state = 'done';
      logs = [...logs, { name: 'late.log', attempt: 1, content: 'late\n', complete: true }];
      reply.write(
        `data: ${JSON.stringify(anEvent(2, 'task.done', 'task:35', { to: 'done', attempt: 1 }))}\n\n`,
      );
    }, 200);
  });
});
afterEach(async () => {
  await hub[Symbol.asyncDispose]();
});

test('one log that is named comes as its bytes are', async () => {
  const { out, exit } = await play(hub.address, ['watch-logs', '35', '--log', 'build.log']);
  expect(out).toBe(text);
  expect(exit).toBe(0);
});

test('cuts while following are gone on with from the offset reached: every byte once', async () => {
  cuts = [100, 0, 1, 2000];
  const { out } = await play(hub.address, ['watch-logs', '35', '--log', 'build.log']);
  expect(out).toBe(text);
  const offsets = hub.asked.flatMap((one) => /build\.log\?offset=(\d+)/.exec(one)?.[1] ?? []);
  expect(offsets).toEqual(['0', '100', '100', '101', '2101']);
});

test('of several logs each line names its task and log, without escape sequences', async () => {
  logs.push({ name: 'root.log', attempt: 1, content: 'installing\nno end', complete: true });
  const { out } = await play(hub.address, ['watch-logs', '35', '--no-follow']);
  expect(out.split('\n').slice(0, 3)).toEqual([
    '35 root.log | installing',
    '35 root.log | no end',
    '35 build.log | line 0 red',
  ]);
});

test('a log that a running task begins later is shown too, and it ends with the task', async () => {
  state = 'leased';
  const { out, exit } = await play(hub.address, ['watch-logs', '35']);
  expect(out).toContain('35 late.log | late\n');
  expect(exit).toBe(0);
});

test('only the newest attempt is shown', async () => {
  logs.push({ name: 'build.log', attempt: 0, content: 'old\n', complete: true });
  expect((await play(hub.address, ['watch-logs', '35', '--no-follow'])).out).not.toContain('old');
});

test('a log that is not there is named with those that are', async () => {
  const { err, exit } = await play(hub.address, ['watch-logs', '35', '--log', 'x.log']);
  expect(err).toContain('task 35 has no log x.log; it has build.log (unknown_log)');
  expect(exit).toBe(3);
});

test('download-logs writes whole files into a folder per task', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'moromi-logs-'));
  const { exit } = await play(hub.address, ['download-logs', '--task', '35', '--dir', folder]);
  expect(exit).toBe(0);
  expect(await readdir(join(folder, '35-build'))).toEqual(['build.log']);
  expect(await readFile(join(folder, '35-build', 'build.log'), 'utf8')).toBe(text);
});
