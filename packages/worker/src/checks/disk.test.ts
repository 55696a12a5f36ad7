import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { DiskCheck, usualLeast } from './disk.ts';

const gib = 2 ** 30;

test('a twentieth of a small file system must be free, a gibibyte of a large one, and 16 MiB of any', () => {
  expect(usualLeast(1000 * gib)).toBe(gib);
  expect(usualLeast(4 * gib)).toBe(gib / 5);
  expect(usualLeast(2 ** 20)).toBe(16 * 2 ** 20);
});

test('less room than the least is said with both sizes', async () => {
  expect(await new DiskCheck(tmpdir(), 0).look()).toBeNull();
  expect(await new DiskCheck(tmpdir(), 2 ** 31 - 1).look()).toEqual({
    code: 'disk_low',
    reason: expect.stringMatching(
      /^no room left under \S+: [\d.]+ [MG]iB are free and 2097152 GiB are needed$/,
    ),
  });
  expect(await new DiskCheck('/nonexistent', 0).look()).toMatchObject({ code: 'disk_low' });
});

test('after a task has met a full disk nothing is begun for a while', async () => {
  const check = new DiskCheck(tmpdir(), 0);
  check.failed({ code: 'build_failed', message: '', fault: 'package' });
  expect(await check.look()).toBeNull();
  check.failed({ code: 'disk_full', message: '', fault: 'infrastructure' });
  expect(await check.look()).toMatchObject({ code: 'disk_low' });
});
