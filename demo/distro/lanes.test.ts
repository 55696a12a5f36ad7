import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Lanes } from './lanes.ts';

test('no more work runs at once than there are lanes, and a failure frees its lane', async () => {
  const lanes = new Lanes(2);
  let running = 0;
  let most = 0;
  const work = async (fails: boolean) => {
    running += 1;
    most = Math.max(most, running);
    await setImmediate();
    running -= 1;
    if (fails) throw new Error('failed');
  };
  const results = await Promise.allSettled(
    [true, false, true, false, false].map((fails) => lanes.run(() => work(fails))),
  );
  expect(most).toBe(2);
  expect(results.map((result) => result.status)).toEqual([
    'rejected',
    'fulfilled',
    'rejected',
    'fulfilled',
    'fulfilled',
  ]);
});
