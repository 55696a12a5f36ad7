/** Two packages of one name, version, release and architecture with other bytes in them, over the real API. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Build } from '@moromi/contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Built, rpmbuild } from '../testing/samples.ts';
import { type Stage, stageForEach } from '../testing/stage.ts';

let folder: string;
let first: Built;
let second: Built;
let stage: Stage;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'moromi-nevra-'));
  // Both make shared-1-1.noarch, each from its own source.
  [first, second] = (await Promise.all(
    ['first', 'second'].map((name) => rpmbuild(folder, { name, noarch: { '-n shared': [] } })),
  )) as [Built, Built];
});
afterAll(() => rm(folder, { recursive: true }));
stageForEach((fresh) => {
  stage = fresh;
});

async function build(what: Built, scratch = false): Promise<Build> {
  const made = await stage.submit(what.srpm, { scratch, arches: ['x86_64'] });
  for (let n = 0; n < 2; n++) await stage.worker.work(what, { kinds: ['srpm', 'build'] });
  return await stage.build(made.id);
}

test('a build that would bring another file under a NEVRA that is there fails, and says which', async () => {
  const shared = first.rpms.get('x86_64')?.find((one) => one.name === 'shared-1-1.noarch.rpm');
  const other = second.rpms.get('x86_64')?.find((one) => one.name === 'shared-1-1.noarch.rpm');
  expect(shared?.sha256).not.toBe(other?.sha256);
  expect(await build(first)).toMatchObject({ state: 'complete' });
  await stage.worker.work(first, { kinds: ['publish'] });
  expect(await build(second)).toMatchObject({
    state: 'failed',
    failure: {
      code: 'nevra_exists',
      message: 'shared-1-1.noarch belongs to another build already',
      fault: 'package',
    },
  });
  expect(await stage.worker.claim({ kinds: ['publish'] })).toBeNull();
  const kept = await fetch(`${stage.url}/repos/f1/latest/x86_64/Packages/shared-1-1.noarch.rpm`);
  expect(Buffer.from(await kept.arrayBuffer()).equals(shared?.bytes ?? Buffer.alloc(0))).toBe(true);
  // What is tried out stands in nobody's way.
  expect(await build(second, true)).toMatchObject({ state: 'complete' });
});
