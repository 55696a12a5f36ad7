/** The promises themselves: each damage that they are for is found. */
import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { query } from '../../packages/hub/src/testing/hub.ts';
import { type Access, freshDatabase } from '../../packages/hub/src/testing/ledger.ts';
import { type Keeper, startKeeper } from '../harness/postgres.ts';
import { brokenPromises, brokenWithin, readPromises } from '../harness/promises.ts';
import { damages } from './broken-promises.ts';
import { makeLedger } from './promised-ledger.ts';

let keeper: Keeper;
let folder: string;
let access: Access;
beforeAll(async () => {
  keeper = await startKeeper();
  folder = await mkdtemp(join(tmpdir(), 'moromi-promises-'));
  access = await freshDatabase(keeper.socket);
  await makeLedger(access, folder);
});
afterAll(async () => {
  await keeper.stop();
  await rm(folder, { recursive: true });
});

test('every promise has a damage that it is for, and every damage is for one promise', async () => {
  const promises = (await readPromises()).map((one) => one.promise);
  const isFor = (promise: string) => damages.some(([part]) => promise.includes(part));
  expect(promises.filter((one) => !isFor(one))).toEqual([]);
  const ofOne = (part: string) => promises.filter((one) => one.includes(part)).length === 1;
  expect(damages.map(([part]) => part).filter((part) => !ofOne(part))).toEqual([]);
});

test('a ledger that is not damaged breaks no promise', async () => {
  expect(await brokenPromises(access)).toEqual([]);
});

test.each(damages)('the promise "%s" is broken by: %s', async (promise, damage) => {
  const client = new pg.Client(access);
  await client.connect();
  try {
    // Never committed: a ledger of its own for each would take longer than all else.
    await client.query('BEGIN');
    await client.query(damage);
    const broken = (await brokenWithin(client)).map((one) => one.promise);
    expect(broken).toContainEqual(expect.stringContaining(promise));
  } finally {
    await client.end();
  }
});

test('a blob that is no file, or one of another size, is told of', async () => {
  const blobs = join(folder, 'blobs');
  const stored = await query<{ sha256: string; size: string }>(
    access,
    'SELECT sha256, size FROM blobs WHERE pieces IS NULL',
  );
  const pathOf = (sha256: string) => join(blobs, 'sha256', sha256.slice(0, 2), sha256.slice(2));
  for (const { sha256, size } of stored) {
    await mkdir(join(blobs, 'sha256', sha256.slice(0, 2)), { recursive: true });
    await writeFile(pathOf(sha256), '');
    await truncate(pathOf(sha256), Number(size));
  }
  expect(await brokenPromises(access, blobs)).toEqual([]);
  const [short, gone] = stored.filter((one) => Number(one.size) > 0);
  await truncate(pathOf(short?.sha256 ?? ''), Number(short?.size) - 1);
  await rm(pathOf(gone?.sha256 ?? ''));
  expect(await brokenPromises(access, blobs)).toEqual([
    { promise: 'every stored blob of the ledger is a file', rows: [short, gone] },
  ]);
});
