import { expect, test } from 'vitest';
import { freshLedger } from '../testing/ledger.ts';
import { eventRange } from './queries.ts';

test('a fresh ledger has no events', async () => {
  await using ledger = await freshLedger();
  expect(await eventRange(ledger.read)).toEqual({ first: 1, last: 0 });
});
