/** The whole on Debian's PostgreSQL 15, the oldest that a hub takes. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { query } from '../../packages/hub/src/testing/hub.ts';
import { freshDatabase } from '../../packages/hub/src/testing/ledger.ts';
import { type Built, rpmbuild } from '../../packages/hub/src/testing/samples.ts';
import { setStage } from '../../packages/hub/src/testing/stage.ts';
import { oldestPostgres } from '../harness/oldest-postgres.ts';
import { type Keeper, startKeeper } from '../harness/postgres.ts';
import { checkPromises } from '../harness/promises.ts';

let keeper: Keeper | undefined;
let folder: string;
let alpha: Built;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'moromi-external-'));
  const binaries = await oldestPostgres();
  if (binaries === undefined) return;
  keeper = await startKeeper(binaries);
  alpha = await rpmbuild(folder, { name: 'alpha', arches: ['x86_64', 'i686'] });
});
afterAll(async () => {
  await keeper?.stop();
  await rm(folder, { recursive: true });
});

test('PostgreSQL 15 does all that a build needs', async (context) => {
  if (keeper === undefined)
    return context.skip('this machine has no PostgreSQL 15 and no apt to fetch it with');
  const database = await freshDatabase(keeper.socket);
  const [server] = await query<{ server_version_num: string }>(database, 'SHOW server_version_num');
  expect(Math.floor(Number(server?.server_version_num) / 10_000)).toBe(15);
  await using stage = await setStage({ access: database });
  const build = await stage.submit(alpha.srpm);
  const first = await stage.worker.take();
  await stage.worker.beat(first);
  await stage.worker.log(first, 'build.log', 0, 'a line\n', true);
  await stage.worker.finish(first, await stage.worker.make(first, alpha));
  for (let n = 0; n < 3; n++) await stage.worker.work(alpha);
  expect(await stage.build(build.id)).toMatchObject({ state: 'complete', tags: ['f1'] });
  expect((await stage.call('getTag', { params: { name: 'f1' } })).revision).toBe(2);
  for (const name of ['listTasks', 'listBuilds', 'listTags', 'listTargets', 'listWorkers'] as const)
    expect((await stage.call(name, { query: { limit: 1 } })).items).toHaveLength(1);
  await checkPromises(database, join(stage.home, 'blobs'));
});
