/** What metadata says of every package of the small distribution and of the sample sources, beside createrepo_c. */
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { makeDistro } from '../../demo/distro/distro.ts';
import { tryArch } from '../../packages/buildroot/src/index.ts';
import { expectSame } from '../../packages/repodata/src/fragment/testing/comparison.ts';

let folder = '';
const aarch64 = await tryArch('aarch64', inject('runFolder'));

beforeAll(async () => {
  folder = await mkdtemp(join(inject('runFolder'), 'metadata-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const output = () => mkdtemp(join(folder, 'output-'));

test('every field of every package is as createrepo_c has it', async () => {
  const { x86_64, i686 } = inject('distro');
  expect(await expectSame(x86_64, await output())).toBeGreaterThan(200);
  expect(await expectSame(i686, await output())).toBeGreaterThan(100);
});

test('so it is of another architecture', async (context) => {
  // Only where a run needs that distribution anyway: it takes half a minute to make.
  context.skip(aarch64.runs === 'not', aarch64.remark);
  const { repo } = await makeDistro({ arch: 'aarch64' });
  expect(await expectSame(repo, await output())).toBeGreaterThan(100);
});

test('so it is of source packages', async () => {
  const sources = Object.values(inject('samples'));
  const together = await mkdtemp(join(folder, 'sources-'));
  await Promise.all(sources.map((path) => copyFile(path, join(together, basename(path)))));
  expect(await expectSame(together, await output())).toBe(sources.length);
});
