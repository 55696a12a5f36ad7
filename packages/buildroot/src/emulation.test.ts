import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { machine, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { tryArch, tryArches } from './emulation.ts';

const dir = mkdtempSync(join(tmpdir(), 'moromi-emulation-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** One that no machine of the project is. */
const foreign = 's390x';

test('a machine runs the programs of its own architecture by itself', async () => {
  expect(await tryArch(machine(), dir)).toEqual({ runs: 'itself' });
});

test('a foreign architecture is emulated or not run at all, and either is said in one sentence', async () => {
  const trial = await tryArch(foreign, dir);
  expect(['emulated', 'not']).toContain(trial.runs);
  expect(trial.remark).toMatch(/^[^.]* s390x [^.]*\.$/);
  expect(trial.remark).toContain('use a machine of that architecture');
  expect(readdirSync(dir)).toEqual([]);
});

test('what the processor could run, and the kernel leaves to an emulator, is told of as emulated', async () => {
  const oracle = (await readFile('/proc/sys/fs/binfmt_misc/qemu-i386', 'utf8').catch(() => '')).startsWith(
    'enabled',
  );
  const { runs } = await tryArch('i686', dir);
  if (process.arch === 'x64' && runs !== 'not') expect(runs).toBe(oracle ? 'emulated' : 'itself');
});

test('a folder that takes no files makes a remark, not an error', async () => {
  const trial = await tryArch(foreign, '/etc/passwd/nowhere');
  expect(trial.runs).toBe('not');
  expect(trial.remark).toContain('/etc/passwd/nowhere');
});

test('architectures that do not run are warned of, and are problems where no other was asked for', async () => {
  const both = await tryArches([machine(), 'nosuch64'], dir);
  expect(both.runs).toEqual({ [machine()]: 'itself', nosuch64: 'not' });
  expect(both.problems).toEqual([]);
  expect(both.warnings).toEqual([expect.stringContaining('see that its name is right')]);
  const alone = await tryArches(['nosuch64'], dir);
  expect(alone.warnings).toEqual([]);
  expect(alone.problems).toEqual(both.warnings);
  expect(await tryArches([], dir)).toEqual({ runs: {}, warnings: [], problems: [] });
});

test('a driver that never emulates names the one that does', async () => {
  const found = await tryArch(foreign, dir);
  const { runs, problems } = await tryArches([foreign], dir, 'never emulated');
  expect(runs).toEqual({ [foreign]: 'not' });
  if (found.runs === 'emulated') expect(problems.join()).toContain('the native driver');
});
