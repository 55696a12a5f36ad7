import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { RunCache } from './run-cache.ts';

let folder: string;
let cache: RunCache;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'moromi-runs-'));
  cache = new RunCache(folder, 30);
});
afterEach(() => rm(folder, { recursive: true }));

const put = async (key: string): Promise<void> => {
  await writeFile(cache.path(key), '0123456789');
  cache.use(key, 10);
};
const there = async () => (await readdir(folder)).toSorted();
const hold = (keys: string[], work: () => Promise<void> = async () => {}) =>
  cache.holding(
    keys.map((key) => ({ key, bytes: 10 })),
    work,
  );

test('the least recently used runs go when there are too many', async () => {
  for (const key of ['a', 'b', 'c']) await put(key);
  await hold(['a']);
  expect(await there()).toEqual(['a', 'b', 'c']);
  await put('d');
  await hold(['d']);
  expect(await there()).toEqual(['a', 'c', 'd']);
  expect(cache.bytes).toBe(30);
});

test('what is held stays however much it is, also where another that holds it has ended', async () => {
  for (const key of ['a', 'b', 'c', 'd', 'e']) await put(key);
  await hold(['a', 'b', 'c', 'd'], async () => {
    await hold(['b', 'c']);
    expect(await there()).toEqual(['a', 'b', 'c', 'd']);
    await expect(
      hold(['a'], async () => {
        throw new Error('it failed');
      }),
    ).rejects.toThrow('it failed');
    expect(await there()).toEqual(['a', 'b', 'c', 'd']);
  });
  expect(await there()).toHaveLength(3);
  expect(cache.bytes).toBe(30);
});

test('what an earlier hub left since the machine was started is taken up, the oldest first to go; nothing else is', async () => {
  const root = join(folder, 'root');
  const [old, young] = ['a'.repeat(64), 'b'.repeat(64)];
  await mkdir(join(root, 'an earlier start of the machine'), { recursive: true });
  const before = RunCache.open(root, 100);
  for (const [key, at] of [
    [young, 2000],
    [old, 1000],
  ] as const) {
    await writeFile(before.path(key), '0123456789');
    await utimes(before.path(key), at, at);
  }
  await writeFile(before.path(`${old}.77.half`), '01234');
  const after = RunCache.open(root, 15);
  expect(after.bytes).toBe(20);
  expect(await readdir(root)).toHaveLength(1);
  expect((await readdir(after.folder)).toSorted()).toEqual([old, young]);
  await after.holding([], async () => {});
  expect(await readdir(after.folder)).toEqual([young]);
});
