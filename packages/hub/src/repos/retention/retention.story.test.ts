/** What becomes of revisions, over the real API. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { reopenBuild } from '../../builds/queries.ts';
import { passTime, query } from '../../testing/hub.ts';
import { type Built, rpmbuild } from '../../testing/samples.ts';
import { nothing, type Stage, stageForEach } from '../../testing/stage.ts';
import { isGiven } from './queries.ts';
import { Retainer } from './retention.ts';

let folder: string;
let alpha: Built;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'moromi-retention-'));
  alpha = await rpmbuild(folder, { name: 'alpha', preamble: ['BuildArch: noarch'] });
});
afterAll(() => rm(folder, { recursive: true }));

let stage: Stage;
let retainer: Retainer;
const hour = 3600;
stageForEach((fresh) => {
  stage = fresh;
  retainer = new Retainer(stage.hub.ledger, { revisions: 2, readableHours: 48, graceHours: 24 });
});

/** So many more revisions of the tag. */
async function revise(count: number): Promise<void> {
  for (let n = 0; n < count; n++) {
    await stage.call('regenRepo', { params: { name: 'f1' } });
    await stage.worker.work(nothing);
  }
}
const listed = async () => (await stage.call('listRevisions', { params: { name: 'f1' } })).items;
const expired = async () =>
  (await listed()).flatMap((one) => (one.expiredAt === null ? [] : one.number)).toSorted((a, b) => a - b);
const read = (number: number | 'latest') =>
  fetch(`${stage.url}/repos/f1/${number}/x86_64/repodata/repomd.xml`);
const hold = (number: number, seconds: number, kind: 'build' | 'dist' = 'build', name = 'f1') =>
  stage.call('holdRevision', { body: { kind, name, number, why: 'a compose', seconds } });

describe('revisions', () => {
  test('stay as many as are to be kept, and as long as clients may be reading them', async () => {
    await revise(4);
    await retainer.look();
    expect(await expired()).toEqual([]);
    await passTime(stage.access, 47 * hour);
    await retainer.look();
    expect(await expired()).toEqual([]);
    await passTime(stage.access, 2 * hour);
    await retainer.look();
    expect(await expired()).toEqual([1, 2, 3]);
    const gone = await read(3);
    expect(gone.status).toBe(404);
    expect(await gone.json()).toMatchObject({
      code: 'unknown_revision',
      detail: `revision 3 of f1 has expired; the newest is 5, at ${stage.url}/repos/f1/latest/`,
    });
    for (const number of [4, 5, 'latest'] as const) expect((await read(number)).status).toBe(200);
    const { items } = await stage.call('listEvents', { query: { after: 0, limit: 500 } });
    expect(items.filter((one) => one.type === 'repo.expired')).toMatchObject([
      { subject: 'repo:f1', data: { numbers: [1, 2, 3] } },
    ]);
  });

  test('stay as their tag says, and those that are shipped as their repository says', async () => {
    await stage.call('editTag', {
      params: { name: 'f1' },
      body: { settings: { keepRevisions: 1, keepHours: 100 } },
    });
    await stage.call('createDist', {
      body: {
        name: 'prod',
        tag: 'f1',
        definition: { arches: ['x86_64'], keepRevisions: 3, source: false, debug: false },
      },
    });
    await stage.worker.work(nothing);
    for (let n = 0; n < 4; n++) {
      await stage.call('requestDist', { params: { name: 'prod' } });
      await stage.worker.work(nothing);
    }
    await revise(2);
    await passTime(stage.access, 50 * hour);
    await retainer.look();
    const shipped = async () =>
      (await stage.call('listDistRevisions', { params: { name: 'prod' } })).items.flatMap((one) =>
        one.expiredAt === null ? [] : one.number,
      );
    expect([await expired(), await shipped()]).toEqual([[], [2, 1]]);
    await passTime(stage.access, 51 * hour);
    await retainer.look();
    expect([await expired(), await shipped()]).toEqual([
      [1, 2],
      [2, 1],
    ]);
    expect((await fetch(`${stage.url}/dist/prod/2/x86_64/os/repodata/repomd.xml`)).status).toBe(404);
    expect((await fetch(`${stage.url}/dist/prod/3/x86_64/os/repodata/repomd.xml`)).status).toBe(200);
  });

  test('that builds have pinned, that are held and that are to be given again stay meanwhile', async () => {
    const build = await stage.submit(alpha.srpm, { arches: ['x86_64'] });
    await stage.worker.take({ kinds: ['srpm'] });
    // The build has seen revision 1; 2 is held, 3 is to be given again, 4 nobody wants.
    await revise(6);
    const held = await hold(2, 200 * hour);
    await stage.call('rollBackRepo', { params: { name: 'f1', number: 3 } });
    await passTime(stage.access, 49 * hour, false);
    await retainer.look();
    expect(await expired()).toEqual([4, 5]);
    expect((await listed()).find((one) => one.number === 2)?.holds).toMatchObject([
      { id: held.id, holder: 'admin', why: 'a compose' },
    ]);
    for (const number of [1, 2, 3]) expect((await read(number)).status).toBe(200);
    await stage.worker.work(nothing);
    expect((await read(8)).status).toBe(200);
    await stage.call('cancelBuild', { params: { id: build.id }, body: {} });
    await stage.call('releaseHold', { params: { hold: held.id } });
    await retainer.look();
    expect(await expired()).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test('that somebody is about to work from are not taken from below', async () => {
    const build = await stage.submit(alpha.srpm);
    await stage.worker.work(alpha, { kinds: ['srpm'] });
    const failed = await stage.worker.take({ kinds: ['build'] });
    await stage.worker.fail(failed, 'package');
    await revise(3);
    await passTime(stage.access, 50 * hour);
    const [pinned] = await query<{ id: number; number: number }>(
      stage.access,
      `SELECT v.id::int AS id, v.number FROM builds b JOIN repo_revisions v ON v.id = b.revision_id WHERE b.id = ${build.id}`,
    );
    await query(stage.access, 'CREATE TABLE before AS SELECT state, failure, ended_at FROM builds');
    let looking: Promise<unknown> | undefined;
    await stage.hub.ledger.tx('test', async (tx) => {
      // As who goes on with a build that has failed.
      expect(await isGiven(tx, pinned?.id ?? 0)).toBe(true);
      looking = retainer.look();
      await vi.waitUntil(
        async () => (await query(stage.access, 'SELECT FROM pg_locks WHERE NOT granted')).length > 0,
        { timeout: 30_000 },
      );
      await reopenBuild(tx, build.id);
    });
    await looking;
    expect(pinned?.number).toBe(1);
    expect(await expired()).toEqual([2]);
    // Its tasks were left as they were.
    await query(
      stage.access,
      'UPDATE builds SET (state, failure, ended_at) = (SELECT * FROM before); DROP TABLE before',
    );
  });

  test('cannot be held when they have expired, and a hold has an end', async () => {
    await revise(3);
    await hold(2, hour);
    const { items } = await stage.call('listHolds');
    expect(items).toMatchObject([{ kind: 'build', name: 'f1', number: 2 }]);
    await passTime(stage.access, 49 * hour);
    await retainer.look();
    expect(await expired()).toEqual([1, 2]);
    expect((await stage.call('listHolds')).items).toEqual([]);
    for (const number of [2, 99])
      await expect(hold(number, hour)).rejects.toMatchObject({ problem: { code: 'unknown_revision' } });
    await expect(hold(3, hour, 'dist')).rejects.toMatchObject({ problem: { code: 'unknown_revision' } });
    await expect(
      stage.call('holdRevision', {
        body: { kind: 'build', name: 'f1', number: 3, why: 'x', until: '2001-01-01T00:00:00Z' },
      }),
    ).rejects.toMatchObject({ problem: { code: 'bad_request' } });
    await expect(stage.call('releaseHold', { params: { hold: 99 } })).rejects.toMatchObject({
      problem: { code: 'unknown_hold' },
    });
  });

  test('that have expired stay as history, without files; runs that no tree has go, and come again', async () => {
    await stage.submit(alpha.srpm, { arches: ['x86_64'] });
    for (let n = 0; n < 3; n++) await stage.worker.work(alpha);
    const runs = () =>
      query<{ id: string; idle: boolean }>(
        stage.access,
        'SELECT id, idle_since IS NOT NULL AS idle FROM runs ORDER BY id',
      );
    const before = await runs();
    expect(before.length).toBeGreaterThan(0);
    const [build] = (await stage.call('listBuilds')).items;
    await stage.call('untagBuilds', { params: { name: 'f1' }, body: { builds: [String(build?.id)] } });
    await stage.worker.work(nothing);
    await revise(3);
    await passTime(stage.access, 49 * hour);
    await retainer.look();
    await retainer.drop();
    // A request that began before may still read.
    expect(await query(stage.access, 'SELECT FROM repo_revisions WHERE dropped_at IS NOT NULL')).toHaveLength(
      0,
    );
    await passTime(stage.access, 2 * hour);
    await retainer.drop();
    await retainer.drop();
    expect(await runs()).toEqual(before.map(({ id }) => ({ id, idle: true })));
    // What is idle is not taken again, and packed anew it is the same run.
    await stage.call('tagBuilds', { params: { name: 'f1' }, body: { builds: [String(build?.id)] } });
    await stage.worker.work(nothing);
    expect(await runs()).toEqual(before.map(({ id }) => ({ id, idle: false })));
    await stage.call('untagBuilds', { params: { name: 'f1' }, body: { builds: [String(build?.id)] } });
    await stage.worker.work(nothing);
    await revise(2);
    await passTime(stage.access, 49 * hour);
    await retainer.look();
    await passTime(stage.access, 2 * hour);
    await retainer.drop();
    await retainer.drop();
    await passTime(stage.access, 25 * hour);
    await retainer.drop();
    expect(await runs()).toEqual([]);
    const items = await listed();
    expect(items.find((one) => one.number === 2)).toMatchObject({ packages: 2, arches: ['i686', 'x86_64'] });
    expect((await read('latest')).status).toBe(200);
  });
});

test('a revision that is held and worked from for long stops no build, and stays readable', async () => {
  await revise(1);
  const held = await hold(2, 1000 * hour);
  const bytes = await (await read(2)).text();
  await stage.submit(alpha.srpm, { arches: ['x86_64'] });
  for (let n = 0; n < 3; n++) await stage.worker.work(alpha);
  // Five more while it is worked from: each is there when its task has ended.
  for (let n = 0; n < 5; n++) {
    await revise(1);
    expect((await read('latest')).status).toBe(200);
    expect((await listed())[0]?.number).toBe(4 + n);
  }
  await passTime(stage.access, 500 * hour);
  await retainer.look();
  await passTime(stage.access, 2 * hour);
  await retainer.drop();
  expect((await read(3)).status).toBe(404);
  expect(await (await read(2)).text()).toBe(bytes);
  await stage.call('releaseHold', { params: { hold: held.id } });
  await retainer.look();
  // The hub that has just given it hears of it.
  await expect.poll(async () => (await read(2)).status).toBe(404);
});
