import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkPromises } from '../../../../tests/harness/promises.ts';
import { type FreshLedger, freshLedger } from '../testing/ledger.ts';
import { FolderStore } from './folder.ts';
import { blobSize, insertBlob, insertSplice, wantBlob } from './queries.ts';
import { BlobReader } from './reader.ts';
import { type Repair, Scrub } from './scrub.ts';

let ledger: FreshLedger;
let root: string;
let store: FolderStore;
let reader: BlobReader;
beforeEach(async () => {
  ledger = await freshLedger();
  root = await mkdtemp(join(tmpdir(), 'moromi-scrub-'));
  store = await FolderStore.open(root);
  reader = new BlobReader(ledger.read, store);
});
afterEach(async () => {
  await checkPromises(ledger.access, root);
  await ledger.close();
  await rm(root, { recursive: true });
});

const scrubber = (repairs: Repair[] = [], rate = 2 ** 30) =>
  new Scrub(ledger, store, repairs, { days: 30, rate });
const keep = async (text: string): Promise<string> => {
  const { sha256, size } = await store.put(Buffer.from(text));
  await ledger.tx('test', (tx) => insertBlob(tx, sha256, size));
  return sha256;
};
const read = async (sha256: string) => (await buffer(await (await reader.find(sha256)).read())).toString();
const told = async (type: string) =>
  (
    await sql<{
      subject: string;
      data: unknown;
    }>`SELECT subject, data FROM events WHERE type = ${type} ORDER BY id`.execute(ledger.read)
  ).rows;
const damage = async (scrub: Scrub) => (await scrub.status()).damaged.map((one) => [one.sha256, one.damage]);

test('files that are gone, cut off or changed are found, told of and given to nobody; the others stay', async () => {
  const whole = await keep('whole');
  const [gone, short, flipped] = [await keep('gone'), await keep('too short'), await keep('flipped')];
  await rm(store.path(gone));
  await truncate(store.path(short), 3);
  await writeFile(store.path(flipped), 'flapped');
  const scrub = scrubber();
  await scrub.look(5);
  const status = await scrub.status();
  expect(status.round).toMatchObject({ seen: 4, bytes: 12 });
  expect(status.round?.endedAt).not.toBeNull();
  expect(await damage(scrub)).toEqual([
    [gone, 'missing'],
    [short, 'size'],
    [flipped, 'content'],
  ]);
  expect(await told('blob.damaged')).toMatchObject([
    { subject: `blob:${gone}`, data: { damage: 'missing', size: 4 } },
    { subject: `blob:${short}` },
    { subject: `blob:${flipped}`, data: { damage: 'content' } },
  ]);
  for (const sha256 of [gone, short, flipped]) {
    await expect(reader.find(sha256)).rejects.toMatchObject({ code: 'blob_damaged' });
    // Nobody is told that it is there, so it can be brought again.
    expect(await blobSize(ledger.read, sha256)).toBeUndefined();
    expect(await ledger.tx('test', (tx) => wantBlob(tx, sha256, 4))).toBe(false);
  }
  expect(await read(whole)).toBe('whole');
  // For whoever wants to see what became of it.
  expect(await readFile(join(root, 'damaged', flipped), 'utf8')).toBe('flapped');
});

test('what is joined from a damaged file is given to nobody either, until it is whole again', async () => {
  const part = await keep('some part');
  const sha256 = createHash('sha256').update('some').digest('hex');
  await ledger.tx('test', (tx) => insertSplice(tx, sha256, 4, [{ sha256: part, start: 0, length: 4 }]));
  expect(await read(sha256)).toBe('some');
  await writeFile(store.path(part), 'same part');
  const scrub = scrubber();
  await scrub.look(5);
  reader.forget();
  await expect(reader.find(sha256)).rejects.toMatchObject({ code: 'blob_damaged' });
  // Also where it was remembered, since the file is out of the way.
  await keep('some part');
  expect(await damage(scrub)).toEqual([]);
  expect(await read(sha256)).toBe('some');
});

test('a file that cannot be looked at keeps no other from being read, and is not taken for whole', async () => {
  const [known, odd, other] = [await keep('known'), await keep('odd'), await keep('other')];
  const loop = async (sha256: string): Promise<void> => {
    await rm(store.path(sha256));
    await symlink(store.path(sha256), store.path(sha256));
  };
  await rm(store.path(known));
  const scrub = scrubber();
  await scrub.look(5);
  // Now it is of those that are looked at again, before all others.
  await symlink(store.path(known), store.path(known));
  await loop(odd);
  await rm(store.path(other));
  await scrub.ask();
  await scrub.look(5);
  expect(await damage(scrub)).toEqual([
    [known, 'missing'],
    [other, 'missing'],
  ]);
  for (const sha256 of [known, odd, other]) await rm(store.path(sha256), { force: true });
  for (const text of ['known', 'odd', 'other']) await keep(text);
});

test('a file that an administrator brings back is found whole at the next look', async () => {
  const sha256 = await keep('brought back');
  await rm(store.path(sha256));
  const scrub = scrubber();
  await scrub.look(5);
  await expect(reader.find(sha256)).rejects.toMatchObject({ code: 'blob_damaged' });
  // A wrong one is not believed.
  await writeFile(store.path(sha256), 'brought bact');
  await scrub.look(5);
  expect(await damage(scrub)).toEqual([[sha256, 'missing']]);
  expect(existsSync(store.path(sha256))).toBe(false);
  await writeFile(store.path(sha256), 'brought back');
  await scrub.look(5);
  expect(await damage(scrub)).toEqual([]);
  expect(await read(sha256)).toBe('brought back');
  expect(await told('blob.repaired')).toMatchObject([{ subject: `blob:${sha256}` }]);
});

test('who can make a file again is asked, one after the other, until one does', async () => {
  const sha256 = await keep('made again');
  await writeFile(store.path(sha256), 'other');
  const asked: string[] = [];
  const repairs: Repair[] = [
    async () => {
      asked.push('broken');
      throw new Error('it cannot');
    },
    async () => {
      asked.push('none');
      return null;
    },
    async () => {
      asked.push('maker');
      await keep('made again');
      return 'made again';
    },
    async () => {
      asked.push('too many');
      return null;
    },
  ];
  const scrub = scrubber(repairs);
  await scrub.look(5);
  expect(asked).toEqual(['broken', 'none', 'maker']);
  expect([await damage(scrub), await read(sha256)]).toEqual([[], 'made again']);
  expect(await told('blob.repaired')).toMatchObject([{ data: { done: 'made again' } }]);
});

test('a round goes on where it was, is begun once in its time, and at once when asked for', async () => {
  const first = await keep('1');
  await keep('2');
  await sql`INSERT INTO rounds (name, place, began_at) SELECT 'scrub', id, ledger_now() FROM blobs WHERE sha256 = ${first}`.execute(
    ledger.read,
  );
  const scrub = scrubber();
  expect((await scrub.status()).left).toEqual({ blobs: 1, bytes: 1 });
  await scrub.look(5);
  expect((await scrub.status()).round).toMatchObject({ seen: 1, place: 0 });
  await scrub.look(5);
  expect((await scrub.status()).round).toMatchObject({ seen: 1 });
  await scrub.ask();
  expect((await scrub.status()).round).toMatchObject({ asked: true, endedAt: null });
  await scrub.look(5);
  expect((await scrub.status()).round).toMatchObject({ seen: 2, asked: false });
  await sql`UPDATE rounds SET began_at = began_at - interval '31 days'`.execute(ledger.read);
  await keep('3');
  await scrub.look(5);
  expect((await scrub.status()).round).toMatchObject({ seen: 3 });
});

test('it reads no faster than it may, ends when told, and with a rate of 0 reads nothing', async () => {
  await keep('x'.repeat(3_000_000));
  await scrubber([], 0).look(5);
  expect((await scrubber().status()).round).toBeUndefined();
  const scrub = scrubber([], 2_000_000);
  await scrub.ask();
  const began = performance.now();
  await scrub.look(30);
  expect(performance.now() - began).toBeGreaterThan(1400);
  const slow = scrubber([], 1000);
  await slow.ask();
  const looking = slow.look(600);
  slow.stop();
  await looking;
  expect((await slow.status()).round).toMatchObject({ seen: 0 });
});
