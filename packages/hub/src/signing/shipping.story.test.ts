/** What becomes of repositories that are shipped when keys change, over the real API. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Build, DistDefinition, Lease, SignOrder } from '@moromi/contract';
import { checkDetached, readPublicKey } from '@moromi/signing';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Tx } from '../ledger/index.ts';
import { touchSigned } from '../repos/index.ts';
import { editDist } from '../repos/shipped/repo.ts';
import { passTime, query } from '../testing/hub.ts';
import { type Built, rpmbuild } from '../testing/samples.ts';
import { HandSigner, makeKeys, type TestKey } from '../testing/signer.ts';
import { type Stage, stageForEach } from '../testing/stage.ts';

let folder: string;
let beta: Built;
let keys: Record<'one' | 'two' | 'short', TestKey>;
let stage: Stage;
let signer: HandSigner;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'moromi-shipping-'));
  [beta, keys] = await Promise.all([
    rpmbuild(folder, { name: 'beta', preamble: ['BuildArch: noarch'] }),
    makeKeys({ one: {}, two: {}, short: { expires: '1d' } }),
  ]);
});
afterAll(() => rm(folder, { recursive: true }));
stageForEach(async (fresh) => {
  stage = fresh;
  await stage.call('addKey', { body: { name: 'one', armor: keys.one.armor } });
  signer = await HandSigner.enrol(stage, 'signer', keys.one);
});

const wait = { timeout: 55_000, interval: 50 };
const params = { name: 'prod' };
const get = () => stage.call('getDist', { params });
const shown = async () => {
  const { revision } = await get();
  return { number: revision?.number, os: revision?.trees.find((one) => one.tree === 'x86_64/os')?.packages };
};
const events = async (type: string) =>
  await query<{ data: Record<string, unknown> }>(
    stage.access,
    'SELECT data FROM events WHERE type = $1 ORDER BY id',
    [type],
  );

async function create(definition: Partial<DistDefinition>): Promise<void> {
  const body = { arches: ['x86_64'], debug: false, source: false, ...definition };
  await stage.call('createDist', { body: { name: 'prod', tag: 'f1', definition: body } });
}

/** Makes the revisions that are asked for, until this one or a later one is made. */
async function publish(number: number, name = 'prod'): Promise<void> {
  await vi.waitUntil(async () => {
    const lease = await stage.worker.claim({ kinds: ['publish'] });
    if (lease !== null) await stage.worker.finish(lease, { outcome: 'done' });
    const { items } = await stage.call('listDistRevisions', { params: { name }, query: {} });
    return (items[0]?.number ?? 0) >= number;
  }, wait);
}

/** The next task of the repository is refused. */
async function refused(): Promise<string | undefined> {
  for (;;) {
    const lease = (await vi.waitUntil(() => stage.worker.claim({ kinds: ['publish'] }), wait)) as Lease;
    const { refusal } = await stage.worker.finish(lease, { outcome: 'done' });
    if (lease.label === 'prod') return refusal;
  }
}

async function built(): Promise<Build> {
  const build = await stage.submit(beta.srpm);
  for (let n = 0; n < 2; n++) await stage.worker.work(beta, { kinds: ['srpm', 'build'] });
  return build;
}

/** Does something when the next revision is composed, but not yet kept. */
async function beforeKept(work: (tx: Tx) => Promise<unknown>): Promise<void> {
  let lease: Lease;
  for (;;) {
    lease = (await vi.waitUntil(() => stage.worker.claim({ kinds: ['publish'] }), wait)) as Lease;
    if (lease.label === 'prod') break;
    await stage.worker.finish(lease, { outcome: 'done' });
  }
  const one = async (text: string) => (await query(stage.access, text)).length > 0;
  // What was touched asks for the next revision, so that nobody else waits for the repository below.
  await vi.waitUntil(
    async () =>
      !(await one(
        `SELECT FROM repo_touched x JOIN repos r ON r.id = x.repo_id WHERE r.task_id = ${lease.task}`,
      )),
    wait,
  );
  let finishing: Promise<unknown> | undefined;
  await stage.hub.ledger.tx('test', async (tx) => {
    // Who keeps a revision locks the repository; who only names it goes on.
    await sql`SELECT FROM repos WHERE name = 'prod' FOR KEY SHARE`.execute(tx);
    finishing = stage.worker.finish(lease, { outcome: 'done' });
    await vi.waitUntil(() => one('SELECT FROM pg_locks WHERE NOT granted'), wait);
    await work(tx);
  });
  await finishing;
}

// Sweeps that come every few seconds are waited for.
vi.setConfig({ testTimeout: 180_000 });

test('copies by a key that was revoked are shipped no more, and are not gone back to', async () => {
  await stage.call('setTagKey', { params: { name: 'f1' }, body: { key: 'one' } });
  await built();
  await signer.work();
  await create({ keys: ['one'] });
  await publish(1);
  expect(await shown()).toEqual({ number: 1, os: 1 });
  await stage.call('revokeKey', { params: { name: 'one' }, body: { reason: 'lost' } });
  await publish(2);
  expect(await shown()).toEqual({ number: 2, os: 0 });
  expect((await get()).revision?.unsigned).toMatchObject([{ nvr: 'beta-1-1' }]);
  await expect(stage.call('rollBackDist', { params: { ...params, number: 1 } })).rejects.toMatchObject({
    problem: { code: 'key_revoked', detail: expect.stringContaining('signed by one') },
  });
  const file = await (await fetch(`${stage.url}/dist/prod/prod.repo`)).text();
  expect(file).toMatch(/^gpgcheck=1$/m);
  expect(file).not.toContain('/keys/one/');
});

test('copies by a key that was revoked go from a repository that does not follow its tag, and nothing else does', async () => {
  await stage.call('setTagKey', { params: { name: 'f1' }, body: { key: 'one' } });
  await built();
  await signer.work();
  await create({ keys: ['one'], automatic: false, unsigned: 'skip' });
  await publish(1);
  expect(await shown()).toEqual({ number: 1, os: 1 });
  await stage.call('untagBuilds', { params: { name: 'f1' }, body: { builds: ['beta-1-1'] } });
  await stage.call('requestDist', { params });
  await publish(2);
  expect(await shown()).toEqual({ number: 2, os: 0 });
  // Gone back to; then somebody revokes the key that signed it.
  await stage.call('rollBackDist', { params: { ...params, number: 1 } });
  await publish(3);
  expect(await shown()).toEqual({ number: 3, os: 1 });
  const changeShown = async () => (await get()).revision?.change;
  const change = await changeShown();
  await stage.call('revokeKey', { params: { name: 'one' }, body: { reason: 'lost' } });
  await publish(4);
  expect(await shown()).toEqual({ number: 4, os: 0 });
  // It is what was gone back to, less what the key has signed; not what the tag holds now.
  expect(await changeShown()).toBe(change);
});

test('a key that takes the place of another does so in repositories, without a gap in what is shipped', async () => {
  await stage.call('setTagKey', { params: { name: 'f1' }, body: { key: 'one' } });
  await built();
  await signer.work();
  await create({ keys: ['one'], repoKey: 'one' });
  await publish(1);
  await signer.work();
  expect(await shown()).toEqual({ number: 1, os: 1 });
  await stage.call('addKey', { body: { name: 'two', armor: keys.two.armor } });
  await stage.call('rotateKey', { params: { name: 'one' }, body: { to: 'two' } });
  expect((await get()).definition).toMatchObject({ keys: ['two', 'one'], repoKey: 'two' });
  const second = await HandSigner.enrol(stage, 'second', keys.two);
  await publish(2);
  // The seals are before packages: what is shipped stays as it was until then, and is whole afterwards.
  expect(await shown()).toEqual({ number: 1, os: 1 });
  expect((await second.work()).sign.files).toHaveLength(1);
  expect(await shown()).toEqual({ number: 2, os: 1 });
  expect((await second.work()).sign.packages).toHaveLength(2);
  await publish(3);
  await second.work();
  expect(await shown()).toEqual({ number: 3, os: 1 });
  const at = `${stage.url}/dist/prod/3/x86_64/os/repodata/repomd.xml`;
  const seal = await (await fetch(`${at}.asc`)).text();
  const repomd = Buffer.from(await (await fetch(at)).arrayBuffer());
  const key = await readPublicKey(keys.two.armor);
  const verdict = await checkDetached(seal, [repomd], [key], { at: Date.now() / 1000, types: [0] });
  expect(verdict.code).toBe('good');
});

test('a repository whose key has expired says so, shows its last revision, and goes on by another key', async () => {
  await stage.call('addKey', { body: { name: 'short', armor: keys.short.armor } });
  const soon = await HandSigner.enrol(stage, 'soon', keys.short);
  await create({ repoKey: 'short' });
  await publish(1);
  await soon.work();
  expect(await shown()).toEqual({ number: 1, os: 0 });
  await passTime(stage.access, 2 * 86_400);
  await built();
  expect(await refused()).toContain('the key short has expired');
  expect(await shown()).toEqual({ number: 1, os: 0 });
  const [repo] = await query<{ code: string }>(
    stage.access,
    `SELECT t.failure->>'code' AS code FROM repos r JOIN tasks t ON t.id = r.task_id WHERE r.name = 'prod'`,
  );
  expect(repo).toEqual({ code: 'key_expired' });
  await stage.call('editDist', { params, body: { definition: { repoKey: 'one' } } });
  await publish(2);
  await signer.work();
  expect(await shown()).toEqual({ number: 2, os: 1 });
});

test('a seal that a signer refuses is told of and asked for again; builds do not wait for it', async () => {
  await create({ repoKey: 'one' });
  await publish(1);
  const lease = await signer.take();
  const refused = { code: 'not_allowed', message: 'no rule of this signer allows it' };
  const files = lease.sign.files.map(({ sha256 }) => ({ sha256, refused }));
  await signer.finish(lease, { packages: [], files });
  expect(await events('repo.seal-refused')).toMatchObject([{ data: { repo: 'prod', number: 1, refused } }]);
  expect(await shown()).toEqual({ number: undefined, os: undefined });
  const build = await built();
  await publish(2);
  expect(await stage.build(build.id)).toMatchObject({ state: 'complete' });
  const second = await signer.take();
  await signer.finish(second, {
    packages: [],
    files: second.sign.files.map(({ sha256 }) => ({ sha256, refused })),
  });
  await passTime(stage.access, 1000);
  const again = (await vi.waitUntil(() => signer.claim(), wait)) as Lease & { sign: SignOrder };
  await signer.worker.beat(again);
  await signer.finish(again, await signer.sign(again.sign));
  // Of the first one nobody asks any more.
  expect(await shown()).toEqual({ number: 2, os: 1 });
  expect(await signer.claim()).toBeNull();
});

test('what is signed while a revision is made comes with the next one', async () => {
  await stage.call('setTagKey', { params: { name: 'f1' }, body: { key: 'one' } });
  await built();
  await create({ keys: ['one'] });
  await publish(1);
  expect(await shown()).toEqual({ number: 1, os: 0 });
  // The first of its packages is signed before, the last one after the others were read.
  await stage.hub.ledger.tx('test', async (tx) => {
    const { rows } = await sql<{ id: number }>`SELECT id FROM rpms`.execute(tx);
    const [key] = (await sql<{ id: number }>`SELECT id FROM keys`.execute(tx)).rows;
    for (const { id } of rows) await touchSigned(tx, key?.id ?? 0, [id]);
  });
  const rows = await query(stage.access, 'SELECT FROM repo_touched');
  expect(rows).toHaveLength(1);
  await beforeKept(() => signer.work());
  expect(await shown()).toEqual({ number: 2, os: 0 });
  await publish(3);
  expect(await shown()).toEqual({ number: 3, os: 1 });
});

test('a definition that is changed while a revision is made makes the next one', async () => {
  await built();
  await create({});
  await beforeKept((tx) => editDist(tx, 'test', 'prod', { exclude: ['beta'] }));
  expect(await shown()).toEqual({ number: 1, os: 1 });
  await publish(2);
  expect(await shown()).toEqual({ number: 2, os: 0 });
});

test('a repository is sealed by its own key where another has the same metadata', async () => {
  await stage.call('addKey', { body: { name: 'two', armor: keys.two.armor } });
  const second = await HandSigner.enrol(stage, 'second', keys.two);
  await create({ repoKey: 'one' });
  const definition = { arches: ['x86_64'], debug: false, source: false, repoKey: 'two' };
  await stage.call('createDist', { body: { name: 'other', tag: 'f1', definition } });
  await publish(1);
  await publish(1, 'other');
  const files = await query(
    stage.access,
    `SELECT DISTINCT sha256 FROM repo_files f JOIN repo_revisions v ON v.id = f.revision_id JOIN repos r ON r.id = v.repo_id
      WHERE r.kind = 'dist' AND f.name = 'repomd.xml'`,
  );
  expect(files).toHaveLength(1);
  const others = async () => (await stage.call('getDist', { params: { name: 'other' } })).revision;
  await signer.work();
  expect([await shown(), await others()]).toEqual([{ number: 1, os: 0 }, null]);
  await second.work();
  expect(await others()).toMatchObject({ number: 1 });
});
