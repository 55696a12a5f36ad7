import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { failureOf } from './failure.ts';
import { unlessStuck } from './stuck.ts';
import { untilStopped } from './testing/driver.ts';
import { buildLease } from './testing/lease.ts';
import { scene, until } from './testing/scene.ts';
import { srpm, start } from './testing/start.ts';

const never = new AbortController().signal;
let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'moromi-stuck-'));
});
afterEach(() => rm(dir, { recursive: true }));

const log = (name: string, text: string) => appendFile(join(dir, name), text);
const stuckIn = (seconds: number) =>
  unlessStuck(dir, seconds, never, untilStopped).catch((error: unknown) => failureOf(error));

test("a build of the package's that says nothing any more is the package's fault, with its last line", async () => {
  await log('state.log', 't - Start: root\nt - Finish: root\nt - Start: rpmbuild\n');
  const failing = stuckIn(0.3);
  await log('build.log', 'checking whether the\u0007 build hangs...\n\n');
  expect(await failing).toEqual({
    code: 'stuck',
    message: expect.stringMatching(
      /^no log grew for 0 s in rpmbuild: last line of build\.log: checking whether the {2}build hangs\.\.\.$/,
    ),
    fault: 'package',
    excerpt: 'checking whether the\u0007 build hangs...\n\n',
  });
});

test("a root that nobody can make in time is the machine's fault", async () => {
  await log('state.log', 't - Start: root\n');
  expect(await stuckIn(0.3)).toMatchObject({ code: 'stuck', fault: 'infrastructure' });
});

test('a step that has said nothing at all is stuck too', async () => {
  expect(await stuckIn(0.2)).toMatchObject({ message: 'no log grew for 0 s: nothing was printed' });
});

test('a step goes on while any log grows, whichever it is', async () => {
  const started = performance.now();
  const done = await unlessStuck(dir, 0.5, never, async (signal) => {
    for (let line = 0; performance.now() - started < 1500 && !signal.aborted; line++) {
      await log(line % 2 === 0 ? 'build.log' : 'root.log', '.');
      await new Promise((next) => setTimeout(next, 50));
    }
    return signal.aborted;
  });
  expect(done).toBe(false);
});

test("the worker's own notes are no sign of life", async () => {
  const noting = setInterval(() => void log('worker.log', 'a note\n'), 20);
  expect(await stuckIn(0.3)).toMatchObject({ code: 'stuck' });
  clearInterval(noting);
});

test('a step that ends by itself, fails or is stopped ends as it does', async () => {
  expect(await unlessStuck(dir, 60, never, async () => 7)).toBe(7);
  const failing = unlessStuck(dir, 60, never, () => Promise.reject(new Error('by itself')));
  await expect(failing).rejects.toThrow('by itself');
  const stop = new AbortController();
  const stopped = unlessStuck(dir, 60, stop.signal, untilStopped);
  stop.abort(new Error('stopped'));
  await expect(stopped).rejects.toThrow('stopped');
  expect(await unlessStuck(dir, undefined, never, async () => 8)).toBe(8);
});

test('an attempt whose logs stand still for as long as its order says fails as stuck', async () => {
  await using stage = await scene();
  const worker = start(stage, async (order, _, signal) => {
    await appendFile(join(order.logDir, 'state.log'), 't - Start: rpmbuild\n');
    await appendFile(join(order.logDir, 'build.log'), 'a last word\n');
    return await untilStopped(signal);
  });
  const lease = buildLease(5, stage.hub.addBlob(srpm));
  if (lease.source !== undefined) lease.source.root.stuckSeconds = 1;
  stage.hub.offer(lease);
  await until(() => stage.hub.results.size === 1);
  worker.leave();
  await worker.exit;
  expect(stage.hub.results.get('5-1')).toMatchObject({
    outcome: 'failed',
    failure: {
      code: 'stuck',
      fault: 'package',
      message: 'no log grew for 1 s in rpmbuild: last line of build.log: a last word',
    },
  });
  expect(stage.hub.log(5, 1, 'build.log').toString()).toBe('a last word\n');
  expect(worker.driver.destroyed).toEqual(['5-1']);
});
