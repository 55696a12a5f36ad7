import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { availableOf, MemoryCheck } from './memory.ts';

test("the kernel's estimate is read, in bytes", () => {
  const text = 'MemTotal:       24681004 kB\nMemFree:          512 kB\nMemAvailable:   22437128 kB\n';
  expect(availableOf(text)).toBe(22_437_128 * 1024);
  expect(availableOf('')).toBeUndefined();
});

test('too little memory is said with both sizes; where nothing is known it rules nothing out', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'moromi-memory-'));
  const file = join(dir, 'meminfo');
  await writeFile(file, 'MemAvailable:     204800 kB\n');
  expect(await new MemoryCheck(undefined, file).look()).toEqual({
    code: 'memory_low',
    reason: 'too little memory: 200 MiB are available and 256 MiB are needed',
  });
  expect(await new MemoryCheck(100, file).look()).toBeNull();
  await rm(dir, { recursive: true });
  expect(await new MemoryCheck(undefined, file).look()).toBeNull();
});
