import { Problem } from '@moromi/contract';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Ledger } from '../ledger/index.ts';
import { type Access, freshDatabase } from '../testing/ledger.ts';
import { KnownTokens } from './known.ts';
import { authenticate, makeToken, replaceToken } from './tokens.ts';

let access: Access;
let here: Ledger;
let there: Ledger;
beforeAll(async () => {
  access = await freshDatabase();
  here = await Ledger.open({ connection: access });
  there = await Ledger.open({ connection: access });
});
afterAll(async () => {
  await here.close();
  await there.close();
});

const codeOf = (known: KnownTokens, token: string) =>
  authenticate(known, `Bearer ${token}`).then(
    (who) => who.name,
    (error: unknown) => (error instanceof Problem ? error.code : error),
  );

test('a token that was taken back is refused at once by the hub that did it, and by others within a second', async () => {
  const [known, other] = [new KnownTokens(here), new KnownTokens(there)];
  const token = await here.tx('test', (tx) => makeToken(tx, 'w1', 'worker', []));
  expect([await codeOf(known, token), await codeOf(other, token)]).toEqual(['w1', 'w1']);
  const fresh = await here.tx('test', (tx) => replaceToken(tx, 'w1', 'worker'));
  expect(await codeOf(known, token)).toBe('token_expired');
  await expect.poll(() => codeOf(other, token), { timeout: 5000 }).toBe('token_expired');
  expect(await codeOf(known, fresh)).toBe('w1');
});

test('what was read before a token was taken back is not remembered after it', async () => {
  const known = new KnownTokens(here);
  const token = await here.tx('test', (tx) => makeToken(tx, 'w2', 'worker', []));
  const early = codeOf(known, token);
  await here.tx('test', (tx) => replaceToken(tx, 'w2', 'worker'));
  await early;
  expect(await codeOf(known, token)).toBe('token_expired');
});

test('new permissions hold for the next request', async () => {
  const known = new KnownTokens(here);
  const token = await here.tx('test', (tx) => makeToken(tx, 'p1', 'person', []));
  expect((await authenticate(known, `Bearer ${token}`)).permissions).toEqual([]);
  await here.tx('test', (tx) => makeToken(tx, 'p1', 'person', ['build']));
  expect((await authenticate(known, `Bearer ${token}`)).permissions).toEqual(['build']);
});

test('no token is taken at its word while the ledger cannot say whether it was taken back', async () => {
  const known = new KnownTokens(here);
  const token = await here.tx('test', (tx) => makeToken(tx, 'p2', 'person', []));
  expect(await codeOf(known, token)).toBe('p2');
  const other = new pg.Client(access);
  await other.connect();
  try {
    await other.query('BEGIN; LOCK TABLE tokens IN ACCESS EXCLUSIVE MODE');
    const now = () => Promise.race([codeOf(known, token), new Promise((told) => setImmediate(told, 'asks'))]);
    await expect.poll(now, { timeout: 10_000 }).toBe('asks');
    const { rows } = await other.query(
      `SELECT count(*)::int AS n FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = $1`,
      [access.database],
    );
    expect(rows[0].n).toBeLessThanOrEqual(2);
    await other.query('COMMIT');
    expect(await codeOf(known, token)).toBe('p2');
  } finally {
    await other.end();
  }
});
