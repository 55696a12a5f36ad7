import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { must, run } from './exec.ts';

test('a child that runs too long is ended', async () => {
  const result = await run('sleep', ['60'], { timeoutMs: 50 });
  expect(result).toMatchObject({ code: null, killedBy: 'SIGKILL', ended: 'timeout' });
});

test('a child that prints too much is ended, and what is kept is bounded', async () => {
  const result = await run('yes', [], { timeoutMs: 20_000, maxOutput: 100_000 });
  expect(result.ended).toBe('overflow');
  expect(result.stdout.length).toBeLessThanOrEqual(100_000);
});

test('a child is canceled by the signal, also before it starts', async () => {
  const abort = new AbortController();
  const running = run('sleep', ['60'], { timeoutMs: 20_000, signal: abort.signal });
  abort.abort();
  expect((await running).ended).toBe('canceled');
  expect((await run('sleep', ['60'], { timeoutMs: 20_000, signal: abort.signal })).ended).toBe('canceled');
});

test('a tool that fails says what it said', async () => {
  await expect(must('sh', ['-c', 'echo sorry >&2; exit 3'])).rejects.toThrow('sh ended with 3: sorry');
});

test('more descriptors are collected apart', async () => {
  const options = { timeoutMs: 20_000, more: ['collect', 'collect'] as 'collect'[] };
  const result = await run('sh', ['-c', 'echo three >&3; echo four >&4; echo one'], options);
  expect([result.stdout, result.collected(3), result.collected(4)]).toEqual(['one\n', 'three\n', 'four\n']);
});

test('a child that waits for its input is started at once, and has all of its time from when it gets it', async () => {
  const input = Promise.withResolvers<string>();
  let pid = 0;
  const running = run('cat', [], {
    timeoutMs: 300,
    stdin: input.promise,
    started: (number) => {
      pid = number;
    },
  });
  expect(pid).toBeGreaterThan(0);
  await delay(400);
  process.kill(pid, 0);
  input.resolve('late');
  expect(await running).toMatchObject({ code: 0, ended: undefined, stdout: 'late' });
});

test('a child that waits for its input keeps nobody from ending, and ends with them', async () => {
  const url = new URL('./exec.ts', import.meta.url);
  const program = `
    import { run } from ${JSON.stringify(url.href)};
    const started = (pid) => console.log(pid);
    void run('cat', [], { timeoutMs: 1000, stdin: new Promise(() => {}), started });`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', program], {
    timeoutMs: 20_000,
    env: process.env,
  });
  const pid = Number(stdout);
  expect(pid).toBeGreaterThan(0);
  // Of one that has ended and that nobody has looked after yet there is no command line either.
  await expect.poll(() => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).toBe('');
});
