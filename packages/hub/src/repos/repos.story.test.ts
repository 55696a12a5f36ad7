import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkPromises } from '../../../../tests/harness/promises.ts';
import { Refused } from '../testing/call.ts';
import { passTime, query } from '../testing/hub.ts';
import { type Built, rpmbuild } from '../testing/samples.ts';
import { nothing, type Stage, setStage } from '../testing/stage.ts';
import { retryStalled } from './request.ts';

const run = promisify(execFile);
let folder: string;
let stage: Stage;
let packages: Built[];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'moromi-repos-'));
  const noarch = (name: string) => rpmbuild(folder, { name, preamble: ['BuildArch: noarch'] });
  packages = await Promise.all(['pa', 'pb', 'pc'].map(noarch));
  stage = await setStage();
});
afterAll(async () => {
  await checkPromises(stage.access, join(stage.home, 'blobs'));
  await stage.stop();
  await rm(folder, { recursive: true });
});

/** Does so many tasks of builds, the oldest first, and publishes nothing. */
async function build(count: number): Promise<void> {
  for (let n = 0; n < count; n++) {
    const lease = await stage.worker.take({ kinds: ['srpm', 'build'] });
    const built = packages.find((one) => one.srpm.sha256 === lease.source?.srpm.sha256) ?? nothing;
    await stage.worker.finish(lease, await stage.worker.make(lease, built));
  }
}
const publishes = () => stage.call('listTasks', { query: { kind: 'publish', state: 'free' } });
const get = (path: string) => fetch(`${stage.url}/repos/${path}`);

describe('a repository', () => {
  test('takes up all changes that come while its publish task waits, and those that come while it runs in one more', async () => {
    // A build waits for what was complete when it was submitted, so all are submitted before.
    for (const one of packages) await stage.submit(one.srpm);
    await build(5);
    expect((await publishes()).items).toHaveLength(1);
    const running = await stage.worker.take({ kinds: ['publish'] });
    await build(1);
    expect((await publishes()).items).toMatchObject([
      {
        waiting: {
          code: 'blocked',
          reason: `It waits for task ${running.task} (publish of f1, leased) to end.`,
        },
      },
    ]);
    expect(await stage.worker.claim({ kinds: ['publish'] })).toBeNull();
    await stage.worker.finish(running, await stage.worker.make(running, nothing));
    await stage.worker.work(nothing);
    expect((await publishes()).items).toHaveLength(0);
    const { items } = await stage.call('listRevisions', { params: { name: 'f1' } });
    expect(items.map((one) => [one.number, one.packages])).toEqual([
      [3, 6],
      [2, 4],
      [1, 0],
    ]);
  });

  test('is read by a revision’s own address, which the mirrorlist gives', async () => {
    const list = await (await get('f1/mirrorlist?arch=x86_64')).text();
    expect(list).toBe(`${stage.url}/repos/f1/3/x86_64/\n`);
    expect(await (await get('f1/mirrorlist?arch=i386')).text()).toContain('/i686/');
    expect((await get('f1/mirrorlist')).status).toBe(400);
    const repo = await (await get('f1/f1.repo')).text();
    expect(repo).toContain(`mirrorlist=${stage.url}/repos/f1/mirrorlist?arch=$basearch`);
    const md = await (await get('f1/3/x86_64/repodata/repomd.xml')).text();
    expect(await (await get('f1/latest/x86_64/repodata/repomd.xml')).text()).toBe(md);
    expect(await (await get('f1/1/x86_64/repodata/repomd.xml')).text()).not.toBe(md);
    const rpm = await get('f1/3/x86_64/Packages/pa-1-1.noarch.rpm');
    expect(Buffer.from(await rpm.arrayBuffer())).toEqual(packages[0]?.rpms.get('x86_64')?.[0]?.bytes);
    // What came later is not in an older revision.
    expect((await get('f1/2/x86_64/Packages/pc-1-1.noarch.rpm')).status).toBe(404);
    for (const path of [
      'f1/9/x86_64/repodata/repomd.xml',
      'f1/3/s390x/repodata/repomd.xml',
      'none/none.repo',
      'f1/x/y/z/a',
    ])
      expect([path, (await get(path)).status]).toEqual([path, 404]);
  });

  test('is seen by dnf with all its packages', async () => {
    const root = join(folder, 'dnf');
    const { stdout } = await run(
      'dnf',
      [
        '-q',
        '--setopt=reposdir=/nonexistent',
        `--setopt=cachedir=${root}/cache`,
        `--installroot=${root}/root`,
        '--releasever=1',
        `--repofrompath=t,${stage.url}/repos/f1/3/x86_64/`,
        '--repo=t',
        '--setopt=t.gpgcheck=0',
        'repoquery',
        '--qf',
        '%{name}',
      ],
      { timeout: 60_000 },
    );
    expect(stdout.trim().split('\n')).toEqual(['pa', 'pb', 'pc']);
  }, 90_000);

  test('of a tag that inherits gets the build too', async () => {
    await stage.call('createTag', { body: { name: 'child', inherits: [{ parent: 'f1', priority: 1 }] } });
    expect(await stage.worker.work(nothing)).toMatchObject({ kind: 'publish', label: 'child' });
    const { items } = await stage.call('listRevisions', { params: { name: 'child' } });
    expect(items).toMatchObject([{ number: 1, arches: ['i686', 'x86_64'], packages: 6 }]);
  });

  test('whose publish task failed is tried again', async () => {
    await stage.call('createTag', { body: { name: 'again', settings: { arches: ['x86_64'] } } });
    await stage.worker.fail(await stage.worker.take(), 'package');
    await retryStalled(stage.hub.ledger);
    expect(await stage.worker.claim()).toBeNull();
    await passTime(stage.access, 61);
    await retryStalled(stage.hub.ledger);
    expect((await stage.worker.work(nothing)).label).toBe('again');
  });

  test('of a tag that inherits from itself, twice from one or from nobody is refused', async () => {
    const add = (name: string, ...parents: string[]) =>
      stage
        .call('createTag', { body: { name, inherits: parents.map((parent) => ({ parent, priority: 1 })) } })
        .catch((error: unknown) => (error instanceof Refused ? error.problem.code : error));
    expect(await add('x', 'x')).toBe('inheritance_loop');
    expect(await add('x', 'f1', 'f1')).toBe('bad_request');
    expect(await add('x', 'none')).toBe('unknown_tag');
    expect(await add('f1')).toBe('tag_exists');
    expect(await query(stage.access, `SELECT FROM tags WHERE name = 'x'`)).toHaveLength(0);
  });
});
