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
