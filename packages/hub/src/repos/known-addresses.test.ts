import { expect, test } from 'vitest';
import { KnownAddresses, type Named } from './known-addresses.ts';

const named = (sha256: string): Named => ({ size: 1, sha256, type: 'text/xml' });

test('what is asked for at once is looked up once, and what fails is looked up again', async () => {
  const known = new KnownAddresses();
  let looked = 0;
  const look = async (): Promise<Named> => {
    looked += 1;
    if (looked === 1) throw new Error('the ledger is away');
    return named('a');
  };
  const first = await Promise.allSettled([known.find('x', look), known.find('x', look)]);
  expect(first.map((one) => one.status)).toEqual(['rejected', 'rejected']);
  expect(await Promise.all([known.find('x', look), known.find('x', look)])).toEqual([named('a'), named('a')]);
  expect(looked).toBe(2);
});

test('addresses are kept apart', async () => {
  const known = new KnownAddresses();
  await known.find('x', async () => named('a'));
  expect(await known.find('y', async () => named('b'))).toEqual(named('b'));
  expect(await known.find('x', async () => named('c'))).toEqual(named('a'));
});
