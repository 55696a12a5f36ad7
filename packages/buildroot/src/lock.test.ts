import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { run } from './exec.ts';
import { withLock } from './lock.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync('/tmp/moromi-lock-');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

test('one at a time holds a lock, in the order in which they asked', async () => {
  const seen: string[] = [];
  const one = (name: string): Promise<void> =>
    withLock(join(dir, 'lock'), async () => {
      seen.push(`${name} in`);
      await new Promise((resolve) => setImmediate(resolve));
      seen.push(`${name} out`);
    });
  await Promise.all(['a', 'b', 'c'].map(one));
  expect(seen).toEqual(['a in', 'a out', 'b in', 'b out', 'c in', 'c out']);
});

test('another process cannot take a lock that is held, and can when it is not', async () => {
  const file = join(dir, 'lock');
  const other = async (): Promise<number | null> =>
    (await run('flock', ['-n', '-x', file, 'true'], { timeoutMs: 10_000 })).code;
  expect(await withLock(file, other)).toBe(1);
  // The holder lets go by closing a pipe; flock waits for it here instead of us.
  expect((await run('flock', ['-w', '5', '-x', file, 'true'], { timeoutMs: 10_000 })).code).toBe(0);
});

test('waiting for a lock ends with the signal', async () => {
  const abort = new AbortController();
  const file = join(dir, 'lock');
  await withLock(file, async () => {
    const waiting = withLock(file, async () => 'never', abort.signal);
    abort.abort();
    await expect(waiting).rejects.toThrow();
  });
  expect(await withLock(file, async () => 'free again')).toBe('free again');
});

test('work that throws frees the lock', async () => {
  const file = join(dir, 'lock');
  const failing = withLock(file, async () => {
    throw new Error('no');
  });
  await expect(failing).rejects.toThrow('no');
  expect(await withLock(file, async () => 1)).toBe(1);
});
