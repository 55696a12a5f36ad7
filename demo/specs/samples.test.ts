import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { makeSamples } from './samples.ts';

const folder = mkdtempSync(join(tmpdir(), 'moromi-samples-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('every sample is a source package of its name, and is made once and always the same', async () => {
  const made = await makeSamples({ dir: join(folder, 'one') });
  const query = ['-qp', '--qf', '%{name} %{sourcepackage} %{release}\n', ...made.values()];
  const told = execFileSync('rpm', query, { encoding: 'utf8' }).trim().split('\n');
  expect(told).toEqual([...made.keys()].map((name) => `${name} 1 ${name === 'libgreet' ? 3 : 1}`));
  expect(await makeSamples({ dir: join(folder, 'one') })).toEqual(made);
  const again = await makeSamples({ dir: join(folder, 'two') });
  for (const [name, path] of made) {
    expect(readFileSync(again.get(name) ?? '').equals(readFileSync(path)), name).toBe(true);
  }
});
