import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { partSize } from '@moromi/contract';
import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Principal } from '../ledger/index.ts';
import { type FreshLedger, freshLedger } from '../testing/ledger.ts';
import { FolderStore } from './folder.ts';
import { blobSize, insertBlob, insertSplice } from './queries.ts';
import { Uploads } from './uploads.ts';

const hash = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const person: Principal = { name: 'p', kind: 'person', permissions: ['build'] };
const worker: Principal = { name: 'w', kind: 'worker', permissions: [] };

let ledger: FreshLedger;
let root: string;
let store: FolderStore;
let uploads: Uploads;
let held = true;
beforeAll(async () => {
  ledger = await freshLedger();
  root = await mkdtemp(join(tmpdir(), 'moromi-blobs-'));
  store = await FolderStore.open(root);
  uploads = new Uploads(ledger, store, async () => {
    if (!held) throw new Error('lease_lost');
  });
});
afterAll(async () => {
  await ledger.close();
  await rm(root, { recursive: true });
});

const create = (bytes: Uint8Array, wanted = hash(bytes)) =>
  ledger.tx('test', (tx) => uploads.create(tx, person, { name: 'f', size: bytes.length, sha256: wanted }));
const partOf = (bytes: Uint8Array, n: number) => bytes.subarray(n * partSize, (n + 1) * partSize);
const put = (id: string, n: number, bytes: Uint8Array, sha256 = hash(bytes)) =>
  uploads.putPart(person, id, n, sha256, Readable.from([bytes]));
const asides = () => readdir(join(root, 'aside'));

describe('an upload', () => {
  test('takes its parts in any order and more than once', async () => {
    const bytes = randomBytes(2 * partSize + 100);
    const { id } = await create(bytes);
    for (const n of [2, 0, 2, 1, 0]) await put(id, n, partOf(bytes, n));
    expect(await uploads.complete(person, id)).toMatchObject({ sha256: hash(bytes), size: bytes.length });
    expect(hash(await buffer(await store.open(hash(bytes))))).toBe(hash(bytes));
    expect(await uploads.complete(person, id)).toMatchObject({ sha256: hash(bytes) });
    expect(await readdir(join(root, 'uploads'))).not.toContain(id);
  });

  test('of a file that is only joined from others, as a signed copy is, brings its bytes', async () => {
    const parts = [randomBytes(10), randomBytes(20)];
    const pieces = await Promise.all(
      parts.map(async (part) => {
        const { sha256 } = await store.put(part);
        await insertBlob(ledger.read, sha256, part.length);
        return { sha256, start: 0, length: part.length };
      }),
    );
    const bytes = Buffer.concat(parts);
    await insertSplice(ledger.read, hash(bytes), bytes.length, pieces);
    const { id, complete } = await create(bytes);
    expect(complete).toBe(false);
    await put(id, 0, bytes);
    await uploads.complete(person, id);
    expect(await store.size(hash(bytes))).toBe(bytes.length);
  });

  test('of any small content comes out as it went in', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 2000 }), async (bytes) => {
        const { id, complete } = await create(bytes);
        if (!complete) await put(id, 0, bytes);
        await uploads.complete(person, id);
        expect(await buffer(await store.open(hash(bytes)))).toEqual(Buffer.from(bytes));
      }),
      { numRuns: 20 },
    );
  });

  test('says what is missing, and goes on from there', async () => {
    const bytes = randomBytes(partSize + 1);
    const { id } = await create(bytes);
    await put(id, 1, partOf(bytes, 1));
    expect((await uploads.status(person, id)).parts).toEqual([1]);
    await expect(uploads.complete(person, id)).rejects.toMatchObject({ code: 'upload_incomplete' });
    await put(id, 0, partOf(bytes, 0));
    await uploads.complete(person, id);
  });

  test('refuses a part that is damaged, too short, too long or beyond the end, and keeps nothing of it', async () => {
    const bytes = randomBytes(1000);
    const { id } = await create(bytes);
    const damaged = { code: 'part_damaged' };
    await expect(put(id, 0, bytes, hash(randomBytes(3)))).rejects.toMatchObject(damaged);
    await expect(put(id, 0, bytes.subarray(1))).rejects.toMatchObject(damaged);
    await expect(put(id, 0, Buffer.concat([bytes, bytes]))).rejects.toMatchObject(damaged);
    await expect(put(id, 1, bytes)).rejects.toMatchObject({ code: 'bad_request' });
    expect((await uploads.status(person, id)).parts).toEqual([]);
    expect(await asides()).toEqual([]);
    await put(id, 0, bytes);
    await uploads.complete(person, id);
  });

  test('refuses another content for a part that is there', async () => {
    const bytes = randomBytes(1000);
    const { id } = await create(bytes);
    await put(id, 0, bytes);
    await expect(put(id, 0, randomBytes(1000))).rejects.toMatchObject({ code: 'part_conflict' });
  });

  test('is not changed by a part that ends late with other bytes', async () => {
    const bytes = randomBytes(1000);
    const other = randomBytes(1000);
    const { id } = await create(bytes);
    let go = (): void => {};
    const held = new Promise<void>((resolve) => {
      go = resolve;
    });
    const slow = Readable.from(
      (async function* () {
        yield other.subarray(0, 500);
        await held;
        yield other.subarray(500);
      })(),
    );
    const late = uploads.putPart(person, id, 0, hash(other), slow);
    await put(id, 0, bytes);
    go();
    await expect(late).rejects.toMatchObject({ code: 'part_conflict' });
    await uploads.complete(person, id);
    expect(await buffer(await store.open(hash(bytes)))).toEqual(bytes);
  });

  test('whose whole has another hash than was announced is refused', async () => {
    for (const length of [1000, partSize + 5]) {
      const bytes = randomBytes(length);
      const { id } = await create(bytes, hash(randomBytes(4)));
      for (let n = 0; n * partSize < length; n++) await put(id, n, partOf(bytes, n));
      await expect(uploads.complete(person, id)).rejects.toMatchObject({ code: 'hash_mismatch' });
      expect(await store.size(hash(bytes))).toBeUndefined();
    }
    expect(await asides()).toEqual([]);
  });

  test('of what is there already is complete at once', async () => {
    const bytes = randomBytes(10);
    const { id } = await create(bytes);
    await put(id, 0, bytes);
    await uploads.complete(person, id);
    expect(await create(bytes)).toMatchObject({ complete: true });
  });

  test('that several complete at once is complete for all of them', async () => {
    for (const length of [1000, partSize + 5]) {
      const bytes = randomBytes(length);
      const { id } = await create(bytes);
      for (let n = 0; n * partSize < length; n++) await put(id, n, partOf(bytes, n));
      const said = await Promise.all(Array.from({ length: 6 }, () => uploads.complete(person, id)));
      expect(said.every((one) => one.sha256 === hash(bytes))).toBe(true);
      expect(await blobSize(ledger.read, hash(bytes))).toBe(length);
    }
    expect(await asides()).toEqual([]);
  });

  test('goes on after a crash between the rename of the file and the commit', async () => {
    const bytes = randomBytes(500);
    const { id } = await create(bytes);
    await put(id, 0, bytes);
    // What a crash leaves there: the part has become the blob, and the ledger knows nothing of it.
    await store.join(id, [{ part: 0, size: 500, sha256: hash(bytes) }], hash(bytes), 500);
    expect(await blobSize(ledger.read, hash(bytes))).toBeUndefined();
    await uploads.complete(person, id);
    expect(await blobSize(ledger.read, hash(bytes))).toBe(500);
  });

  test('that nobody completes is forgotten after two days, with its parts', async () => {
    const bytes = randomBytes(500);
    const { id } = await create(bytes);
    await put(id, 0, bytes);
    await sql`UPDATE uploads SET created_at = created_at - interval '49 hours' WHERE id = ${id}`.execute(
      ledger.read,
    );
    await uploads.prune();
    await expect(uploads.status(person, id)).rejects.toMatchObject({ code: 'unknown_upload' });
    expect(await readdir(join(root, 'uploads'))).not.toContain(id);
  });

  test('belongs to who began it', async () => {
    const { id } = await create(randomBytes(10));
    const other = { ...person, name: 'q' };
    await expect(uploads.status(other, id)).rejects.toMatchObject({ code: 'unknown_upload' });
  });

  test('of a worker obeys its fence at each step', async () => {
    const bytes = randomBytes(10);
    const wanted = { name: 'f', size: 10, sha256: hash(bytes) };
    const begin = (more: object) =>
      ledger.tx('test', (tx) => uploads.create(tx, worker, { ...wanted, ...more }));
    await expect(begin({})).rejects.toMatchObject({ code: 'bad_request' });
    const { id } = await begin({ task: 1, attempt: 1 });
    held = false;
    await expect(begin({ task: 1, attempt: 1 })).rejects.toThrow('lease_lost');
    await expect(uploads.putPart(worker, id, 0, hash(bytes), Readable.from([bytes]))).rejects.toThrow(
      'lease_lost',
    );
    await expect(uploads.complete(worker, id)).rejects.toThrow('lease_lost');
    held = true;
  });
});

describe('a folder of blobs', () => {
  test('forgets at its start what a crash left half written', async () => {
    const half = join(root, 'aside', 'half');
    await writeFile(half, 'x');
    const hours = Date.now() / 1000 - 2 * 3600;
    await utimes(half, hours, hours);
    await FolderStore.open(root);
    expect(await asides()).toEqual([]);
  });

  test('leaves to another hub what that is writing', async () => {
    const content = new PassThrough();
    content.write('begun, ');
    const put = store.put(content);
    while ((await asides()).length === 0) await new Promise((done) => setTimeout(done, 5));
    await FolderStore.open(root);
    content.end('and ended');
    const { sha256 } = await put;
    expect(sha256).toBe(hash(Buffer.from('begun, and ended')));
    expect(await buffer(await store.open(sha256))).toEqual(Buffer.from('begun, and ended'));
  });

  test('says that a blob is not there', async () => {
    await expect(store.open('0'.repeat(64))).rejects.toMatchObject({ code: 'unknown_blob' });
    expect(await store.size('0'.repeat(64))).toBeUndefined();
  });

  test('keeps what the hub itself makes, and the same content once', async () => {
    const one = await store.put(Buffer.from('made'));
    const two = await store.put(Readable.from([Buffer.from('ma'), Buffer.from('de')]));
    expect(two).toEqual(one);
    await rename(store.path(one.sha256), `${store.path(one.sha256)}x`);
    expect(await store.size(one.sha256)).toBeUndefined();
  });
});
