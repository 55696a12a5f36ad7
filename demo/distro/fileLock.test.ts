import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { withFileLock } from './fileLock.ts';

const folder = mkdtempSync(join(tmpdir(), 'moromi-lock-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('one holder at a time, and a failure lets go', async () => {
  const file = join(folder, 'lock');
  let holders = 0;
  let most = 0;
  const hold = (fails: boolean) =>
    withFileLock(file, async () => {
      holders += 1;
      most = Math.max(most, holders);
      await setTimeout(20);
      holders -= 1;
      if (fails) throw new Error('failed');
    });
  const results = await Promise.allSettled([hold(true), hold(false), hold(true)]);
  expect(most).toBe(1);
  expect(results.map((result) => result.status)).toEqual(['rejected', 'fulfilled', 'rejected']);
});

test('a lock that cannot be had is an error', async () => {
  await expect(withFileLock(join(folder, 'none', 'lock'), async () => {})).rejects.toThrow('could not lock');
});
