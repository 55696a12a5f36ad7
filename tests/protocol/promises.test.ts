/** The promises themselves: each damage that they are for is found. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { query } from '../../packages/hub/src/testing/hub.ts';
import { type Access, freshDatabase } from '../../packages/hub/src/testing/ledger.ts';
import { rpmbuild } from '../../packages/hub/src/testing/samples.ts';
import { setStage } from '../../packages/hub/src/testing/stage.ts';
import { type Keeper, startKeeper } from '../harness/postgres.ts';
import { brokenPromises, checkPromises, readPromises } from '../harness/promises.ts';

let keeper: Keeper;
let folder: string;
let template: Access;
beforeAll(async () => {
  keeper = await startKeeper();
  folder = await mkdtemp(join(tmpdir(), 'moromi-promises-'));
  const alpha = await rpmbuild(folder, { name: 'alpha', arches: ['x86_64', 'i686'] });
  template = await freshDatabase(keeper.socket);
  const stage = await setStage({ access: template });
  await stage.submit(alpha.srpm);
  const lease = await stage.worker.take();
  await stage.worker.log(lease, 'build.log', 0, 'one');
  await stage.worker.log(lease, 'build.log', 3, 'two', true);
  await stage.worker.finish(lease, await stage.worker.make(lease, alpha));
  for (let n = 0; n < 3; n++) await stage.worker.work(alpha);
  // A second build goes on, so that there is a lease too.
  await stage.submit(alpha.srpm, { scratch: true });
  await stage.worker.take();
  await checkPromises(template, join(stage.home, 'blobs'));
  await stage.stop();
});
afterAll(async () => {
  await keeper.stop();
  await rm(folder, { recursive: true });
});

const building = `(SELECT id FROM builds WHERE state = 'building')`;
const done = `(SELECT min(id) FROM tasks WHERE kind = 'build' AND state = 'done')`;

test.each([
  ['has one accepted result', `UPDATE task_attempts SET outcome = 'failed' WHERE task_id = ${done}`],
  ['fences rise', `UPDATE tasks SET attempt = attempt + 1 WHERE id = ${done}`],
  ['newest attempt running', `UPDATE task_attempts SET worker = 'x' WHERE outcome = 'running'`],
  ['are over have their end', `UPDATE tasks SET ended_at = NULL WHERE id = ${done}`],
  ['more attempts than the limit', `UPDATE tasks SET spent = 3 WHERE id = ${done}`],
  ['has a blob of that size', 'UPDATE blobs SET size = size + 1'],
  ['a splice consists of ranges', 'UPDATE blobs SET pieces = substr(pieces, 45) WHERE pieces IS NOT NULL'],
  ['a run is packed where it says', 'UPDATE runs SET start = start + 1000000'],
  ['every copy has its blob', 'UPDATE copies SET size = size + 1'],
  ['has one copy', 'UPDATE copies SET rpm_id = NULL'],
  [
    'in use has as many packages',
    `WITH e AS (
       INSERT INTO externals (name, setting, definition, added_at, added_by) VALUES ('e', false, '{}', ledger_now(), 'a') RETURNING id
     ), s AS (
       INSERT INTO external_snapshots (external_id, arch, number, repomd, revision, mirror, packages, added, removed, records, found_at)
       SELECT id, '', 1, '', '', '', 5, 5, 0, '[]', ledger_now() FROM e RETURNING id, external_id
     ) INSERT INTO external_arches (external_id, arch, snapshot_id) SELECT external_id, '', id FROM s`,
  ],
  ['is of the snapshots that its revision has merged', 'UPDATE copies SET rpm_id = NULL'],
  ['a revision is closed', 'UPDATE rpms SET live = false'],
  ['metadata for each', `DELETE FROM repo_files WHERE name = 'repomd.xml'`],
  ['its highest revision', 'UPDATE repos SET revision_id = (SELECT min(id) FROM repo_revisions)'],
  ['all that was wanted', 'UPDATE tasks SET request = \'{"tag": 1, "change": 1}\' WHERE kind = \'publish\''],
  ['every event is numbered', 'UPDATE events SET seq = NULL WHERE seq = 3'],
  ['numbers have no gaps', 'UPDATE events SET seq = 99999 WHERE seq = 3'],
  ['versions of a subject', `UPDATE events SET version = version + 1000 WHERE subject LIKE 'task:%'`],
  ['told of once', `DELETE FROM events WHERE type = 'build.complete'`],
  ['the queue that it belongs to', `UPDATE tasks SET tag_id = 1 WHERE kind = 'publish'`],
  ['a worker that may have it', `UPDATE workers SET standing = 'quarantined'`],
  ['a tag and a publish task', 'DELETE FROM build_publishes'],
  ['only builds that are complete', `UPDATE builds SET state = 'failed' WHERE state = 'complete'`],
  ['has something to do', `UPDATE builds SET state = 'failed' WHERE id = ${building}`],
  ['come the builds', `UPDATE tasks SET kind = 'srpm' WHERE kind = 'build'`],
  ['come from tasks', `UPDATE tasks SET state = 'failed' WHERE id = ${done}`],
  ['has its buildroot', 'DELETE FROM buildroots'],
  ['waits for what has not ended', `UPDATE tasks SET blockers = 1 WHERE id = ${done}`],
  ['an NVR is unique', `DROP INDEX builds_nvr; UPDATE builds SET scratch = false, nvr = 'alpha-1-1'`],
  ['a log has no holes', 'UPDATE log_chunks SET start = start + 1 WHERE start > 0'],
  ['has its reply', 'UPDATE idempotency SET reply = NULL'],
])('the promise "%s" is broken by: %s', async (promise, damage) => {
  const access = await freshDatabase(keeper.socket, template.database);
  expect(await brokenPromises(access)).toEqual([]);
  await query(access, damage);
  const broken = await brokenPromises(access);
  expect(broken.map((one) => one.promise).filter((one) => one.includes(promise))).toHaveLength(1);
});

// 32 are broken above; those of keeping, signing and platforms that came since have no case of their own yet.
test('no promise comes without being counted here', async () => {
  expect(await readPromises()).toHaveLength(47);
});
