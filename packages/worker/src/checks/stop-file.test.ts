import { chown, link, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Journal } from '../journal.ts';
import { StopFileCheck } from './stop-file.ts';

let dir: string;
let said: string[];
let check: StopFileCheck;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'moromi-stop-'));
  said = [];
  const journal = new Journal('info', (line) => void said.push(line));
  check = new StopFileCheck(join(dir, 'own'), journal, join(dir, 'shared'));
});
afterEach(() => rm(dir, { recursive: true }));

test('either file stops the worker for as long as it is there', async () => {
  expect(await check.look()).toBeNull();
  for (const name of ['own', 'shared']) {
    await writeFile(join(dir, name), '');
    expect(await check.look()).toEqual({
      code: 'stop_file',
      reason: `${join(dir, name)} is there; remove it and the worker goes on`,
    });
    await rm(join(dir, name));
    expect(await check.look()).toBeNull();
  }
});

test("a stranger's file stops nothing, and that is said once", async (context) => {
  if (process.geteuid?.() !== 0) return context.skip('only root can give a file away');
  await writeFile(join(dir, 'shared'), '');
  await chown(join(dir, 'shared'), 12_345, 12_345);
  for (let look = 0; look < 3; look++) expect(await check.look()).toBeNull();
  expect(said).toHaveLength(1);
  expect(said[0]).toContain('it belongs to user 12345');
});

test('a file that somebody has linked there stops nothing', async () => {
  await writeFile(join(dir, 'elsewhere'), '');
  await link(join(dir, 'elsewhere'), join(dir, 'shared'));
  expect(await check.look()).toBeNull();
  expect(said[0]).toContain('it has a second name');
});
