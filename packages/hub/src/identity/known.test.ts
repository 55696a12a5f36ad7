import { Problem } from '@moromi/contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Ledger } from '../ledger/index.ts';
import { freshDatabase } from '../testing/ledger.ts';
import { KnownTokens } from './known.ts';
import { authenticate, makeToken, replaceToken } from './tokens.ts';

let here: Ledger;
let there: Ledger;
beforeAll(async () => {
  const connection = await freshDatabase();
  here = await Ledger.open({ connection });
  there = await Ledger.open({ connection });
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
