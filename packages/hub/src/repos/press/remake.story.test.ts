/** Files of a hub's store that rot: what is made again, and what is told of the rest. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkPromises } from '../../../../../tests/harness/promises.ts';
import { FolderStore, Scrub } from '../../blobs/index.ts';
import { query } from '../../testing/hub.ts';
import { type Built, rpmbuild } from '../../testing/samples.ts';
import { nothing, type Stage, setStage, uploadFile } from '../../testing/stage.ts';
import { remakeDamaged } from './remake.ts';

let folder: string;
let stage: Stage;
let store: FolderStore;
let scrub: Scrub;
let alpha: Built;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'moromi-remake-'));
  alpha = await rpmbuild(folder, { name: 'alpha', subpackages: ['devel'], payload: 'alpha' });
  stage = await setStage();
  store = FolderStore.beside(join(stage.home, 'blobs'));
  const { ledger } = stage.hub;
  scrub = new Scrub(ledger, store, [remakeDamaged(ledger, store)], { days: 1, rate: 2 ** 30 });
  await stage.submit(alpha.srpm, { arches: ['x86_64'] });
  for (let n = 0; n < 3; n++) await stage.worker.work(alpha);
  await stage.call('createDist', {
    body: {
      name: 'prod',
      tag: 'f1',
      definition: { arches: ['x86_64'], layout: 'hashed', compression: 'zstd', debug: false, source: false },
    },
  });
  await stage.worker.work(nothing);
  await stage.call('createDist', {
    body: { name: 'digests', tag: 'f1', definition: { arches: ['x86_64'], filelistsExt: true } },
  });
  await stage.worker.work(nothing);
});
afterAll(async () => {
  await checkPromises(stage.access, join(stage.home, 'blobs'));
  await stage.stop();
  await rm(folder, { recursive: true });
});

async function spoil(sha256: string): Promise<void> {
  const bytes = await readFile(store.path(sha256));
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
  await writeFile(store.path(sha256), bytes);
}
const look = async () => {
  await scrub.ask();
  await scrub.look(60);
  return (await stage.call('getScrub')).damaged;
};

test('packed metadata of either kind of repository, of three documents or four, is made again, byte for byte', async () => {
  const blobs = await query<{ blob: string }>(stage.access, 'SELECT DISTINCT blob FROM runs');
  expect(blobs.length).toBeGreaterThan(2);
  for (const { blob } of blobs) await spoil(blob);
  expect(await look()).toEqual([]);
  const told = await query<{ type: string }>(
    stage.access,
    `SELECT type FROM events WHERE type LIKE 'blob.%' ORDER BY id`,
  );
  expect(told.map((one) => one.type)).toEqual(blobs.flatMap(() => ['blob.damaged', 'blob.repaired']));
  for (const { blob } of blobs)
    expect(await store.verify(blob, (await store.size(blob)) ?? 0, async () => {})).toBeNull();
});

test('a package cannot be made again: it is given to nobody, and told of with what it is part of', async () => {
  const [file] = alpha.rpms.get('x86_64') ?? [];
  if (file === undefined) throw new Error('there is no package');
  await spoil(file.sha256);
  expect(await look()).toMatchObject([
    { sha256: file.sha256, damage: 'content', partOf: ['package alpha-1-1.x86_64'] },
  ]);
  for (const address of [`repos/f1/2/x86_64/Packages/${file.name}`, `api/v1/blobs/${file.sha256}`]) {
    const answer = await fetch(`${stage.url}/${address}`);
    expect([address, answer.status]).toEqual([address, 503]);
    expect(await answer.json()).toMatchObject({ code: 'blob_damaged' });
  }
  // Everything else is there.
  expect((await fetch(`${stage.url}/repos/f1/2/x86_64/repodata/repomd.xml`)).status).toBe(200);
  // Brought again, it is whole at once.
  await uploadFile(stage, file);
  expect((await stage.call('getScrub')).damaged).toEqual([]);
  const whole = await fetch(`${stage.url}/repos/f1/2/x86_64/Packages/${file.name}`);
  expect(Buffer.from(await whole.arrayBuffer())).toEqual(file.bytes);
});

test('repomd.xml is told of with its revision', async () => {
  const [{ sha256 } = { sha256: '' }] = await query<{ sha256: string }>(
    stage.access,
    `SELECT f.sha256 FROM repo_files f JOIN repo_revisions v ON v.id = f.revision_id
      WHERE f.name = 'repomd.xml' AND f.tree = 'x86_64' AND v.number = 2`,
  );
  const path = store.path(sha256);
  const bytes = await readFile(path);
  await rm(path);
  expect(await look()).toMatchObject([{ sha256, damage: 'missing', partOf: ['revision f1/2'] }]);
  expect((await fetch(`${stage.url}/repos/f1/2/x86_64/repodata/repomd.xml`)).status).toBe(503);
  await writeFile(path, bytes);
  expect(await look()).toEqual([]);
  expect((await fetch(`${stage.url}/repos/f1/2/x86_64/repodata/repomd.xml`)).status).toBe(200);
});
