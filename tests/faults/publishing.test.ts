/** A hub that goes away in the middle of composing, or of letting files go: what was shown stays, and nothing is left over. */
import { createHash, randomUUID } from 'node:crypto';
import { readdirSync, utimesSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { partSize } from '../../packages/contract/src/index.ts';
import { checkPromises } from '../harness/promises.ts';
import { System } from '../harness/system.ts';

let system: System;
beforeAll(async () => {
  system = await System.start({ worker: false });
});
afterAll(() => system?.stop());

const blobs = () => join(system.home('hub'), 'blobs');
const aside = () => join(blobs(), 'aside');
const done = () => join(system.dir, 'done');

/** The hub runs on and is killed at a point once `fire` has been called. */
async function armed(point: string): Promise<() => Promise<void>> {
  await writeFile(done(), 'not yet');
  await system.killHub();
  await system.startHub({ MOROMI_FAULT_KILL: point, MOROMI_FAULT_DONE: done() });
  return () => rm(done());
}

const newest = async () =>
  (await system.client.call('listRevisions', { params: { name: 'el9' }, query: { limit: 1 } })).items[0]
    ?.number ?? 0;
const repomd = async () => {
  const found = await fetch(`${system.url}/repos/el9/latest/x86_64/repodata/repomd.xml`);
  return [found.status, await found.text()];
};

/** One try: the hub may die before it answers. */
async function post(path: string): Promise<void> {
  const headers = {
    authorization: `Bearer ${system.token}`,
    'content-type': 'application/json',
    'idempotency-key': randomUUID(),
  };
  await fetch(`${system.url}/api/v1${path}`, { method: 'POST', headers, body: '{}' }).catch(() => {});
}

/** Hashes of all files of the store. */
function files(): string[] {
  return readdirSync(join(blobs(), 'sha256')).flatMap((folder) =>
    readdirSync(join(blobs(), 'sha256', folder)).map((name) => `${folder}${name}`),
  );
}
const fileOf = (sha256: string) => join(blobs(), 'sha256', sha256.slice(0, 2), sha256.slice(2));

test.each([
  'blobs.rename:before',
  'blobs.rename:after',
  'blobs.rename:after#2',
  'ledger.tasks.finish.publish:before',
])(
  'a hub that is killed at %s of composing shows the last revision, and makes the next when it is back',
  async (point) => {
    const before = await newest();
    const shown = await repomd();
    const fire = await armed(point);
    await fire();
    const dying = system.hub?.ended;
    await post('/tags/el9/regenerate');
    expect(await dying, system.explain()).toEqual({ code: null, signal: 'SIGKILL' });
    await system.startHub();
    // The attempt that died has its lease for a while yet.
    if ((await newest()) === before) expect(await repomd()).toEqual(shown);
    await system.until('the next revision is shown', async () => (await newest()) > before || undefined);
    expect((await repomd())[0]).toBe(200);
    expect(await newest()).toBe(before + 1);
    // What it was writing may be another hub's for all that a hub knows, until it is old.
    for (const name of readdirSync(aside())) utimesSync(join(aside(), name), 1, 1);
    expect(await system.cli(['gc'])).toMatchObject({ code: 0 });
    expect(readdirSync(aside())).toEqual([]);
    await checkPromises(system.connection(), blobs());
  },
);

/** Uploads a file but for its completion. @returns the upload */
async function upload(text: string): Promise<{ id: string; sha256: string }> {
  const bytes = Buffer.from(text);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  expect(bytes.length).toBeLessThan(partSize);
  const { id } = await system.client.call('createUpload', {
    body: { name: 'left.src.rpm', size: bytes.length, sha256 },
  });
  const put = await fetch(`${system.url}/api/v1/uploads/${id}/parts/0?sha256=${sha256}`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${system.token}`, 'content-type': 'application/octet-stream' },
    body: bytes,
  });
  expect(put.status).toBe(200);
  return { id, sha256 };
}

test('a file that a killed hub has left without a row is collected when it is old, and one on its way out comes back', async () => {
  const { id, sha256 } = await upload('nobody completes this');
  const fire = await armed('blobs.rename:after');
  await fire();
  const dying = system.hub?.ended;
  await post(`/uploads/${id}/complete`);
  expect(await dying, system.explain()).toEqual({ code: null, signal: 'SIGKILL' });
  await system.startHub();
  expect(files()).toContain(sha256);
  expect(await system.cli(['gc'])).toMatchObject({ code: 0 });
  expect(files()).toContain(sha256);
  utimesSync(fileOf(sha256), 1, 1);
  // Killed between taking the file out of the way and removing it: the next start puts it back.
  await (await armed('blobs.away:after'))();
  const dead = system.hub?.ended;
  await post('/storage/collect');
  expect(await dead, system.explain()).toEqual({ code: null, signal: 'SIGKILL' });
  expect(files()).not.toContain(sha256);
  await system.startHub();
  expect(files()).toContain(sha256);
  expect((await system.cli(['gc', '--dry-run'])).out).toContain('Left by a crash:     1 files');
  expect(files()).toContain(sha256);
  expect(await system.cli(['gc'])).toMatchObject({ code: 0 });
  expect(files()).not.toContain(sha256);
  await checkPromises(system.connection(), blobs());
});
