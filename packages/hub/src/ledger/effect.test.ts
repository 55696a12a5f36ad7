import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type FreshLedger, freshLedger } from '../testing/ledger.ts';
import { effect } from './effect.ts';
import { dropOldKeys } from './queries.ts';

let ledger: FreshLedger;
beforeAll(async () => {
  ledger = await freshLedger(20);
  await sql`CREATE TABLE done (n integer)`.execute(ledger.read);
});
afterAll(() => ledger.close());

const keyed = (key: string | undefined, body: unknown = {}) => ({ principal: 'p', route: 'r', key, body });
let effects = 0;
async function once(key: string | undefined, body: unknown = {}): Promise<{ n: number }> {
  return await effect(ledger, 'test', keyed(key, body), async (tx) => {
    await sql`SELECT pg_sleep(0.02)`.execute(tx);
    const n = ++effects;
    await sql`INSERT INTO done VALUES (${n})`.execute(tx);
    return { n };
  });
}

describe('a request with a key', () => {
  test('has one effect however many arrive at once, and all get its reply', async () => {
    const replies = await Promise.all(Array.from({ length: 12 }, () => once('k1')));
    expect(new Set(replies.map((one) => one.n)).size).toBe(1);
    const { rows } = await sql`SELECT n FROM done`.execute(ledger.read);
    expect(rows).toHaveLength(1);
  });

  test('is refused with another body', async () => {
    await once('k2', { a: 1 });
    await expect(once('k2', { a: 2 })).rejects.toMatchObject({ code: 'idempotency_mismatch' });
  });

  test('is another request for another principal or route', async () => {
    const first = await once('k3');
    const other = await effect(ledger, 'test', { ...keyed('k3'), principal: 'q' }, async () => ({ n: -1 }));
    expect([first.n > 0, other.n]).toEqual([true, -1]);
  });

  test('that failed may be tried again', async () => {
    const fails = effect(ledger, 'test', keyed('k4'), () => Promise.reject(new Error('no')));
    await expect(fails).rejects.toThrow('no');
    expect((await once('k4')).n).toBeGreaterThan(0);
  });

  test('is forgotten after two days', async () => {
    const before = await once('k5');
    await sql`UPDATE clock SET shift = shift + interval '49 hours'`.execute(ledger.read);
    await dropOldKeys(ledger.read);
    expect((await once('k5')).n).not.toBe(before.n);
  });
});

test('without a key every request is a new one', async () => {
  expect((await once(undefined)).n).not.toBe((await once(undefined)).n);
});
