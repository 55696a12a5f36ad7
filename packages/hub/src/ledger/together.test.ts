import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Together } from './together.ts';

test('one alone goes at once; those that come meanwhile go together, each to its own answer', async () => {
  const runs: number[][] = [];
  const together = new Together<number, string>(async (asks) => {
    runs.push([...asks]);
    await delay(1);
    return asks.map((one) => `answer ${one}`);
  });
  const answers = await Promise.all([1, 2, 3].map((one) => together.ask(one)));
  expect(answers).toEqual(['answer 1', 'answer 2', 'answer 3']);
  expect(runs).toEqual([[1], [2, 3]]);
  await together.ask(4);
  expect(runs.at(-1)).toEqual([4]);
});

test('an ask is never answered by a run that had begun before it came', async () => {
  let ledger = 0;
  const together = new Together<null, number>(async (asks) => {
    const seen = ledger;
    await delay(2);
    return asks.map(() => seen);
  });
  const first = together.ask(null);
  ledger = 1;
  const second = together.ask(null);
  expect([await first, await second]).toEqual([0, 1]);
});

test('whatever fails among them, each has the answer or the failure that it would have had alone', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ bad: fc.boolean(), wait: fc.nat(2) }), { maxLength: 12 }),
      async (list) => {
        const together = new Together<{ n: number; bad: boolean }, number>(async (asks) => {
          await delay(0);
          const bad = asks.find((one) => one.bad);
          if (bad !== undefined) throw new Error(`of ${bad.n}`);
          return asks.map((one) => one.n);
        });
        const asked = list.map(async ({ bad, wait }, n) => {
          await delay(wait);
          return await together.ask({ n, bad });
        });
        const ended = await Promise.allSettled(asked);
        for (const [n, one] of ended.entries()) {
          if (list[n]?.bad) expect(one).toMatchObject({ status: 'rejected', reason: { message: `of ${n}` } });
          else expect(one).toEqual({ status: 'fulfilled', value: n });
        }
      },
    ),
    { numRuns: 30 },
  );
});

test('where all fail, nobody waits for the failures of the others', async () => {
  let under = 0;
  let most = 0;
  const together = new Together<number, number>(async () => {
    most = Math.max(most, ++under);
    await delay(5);
    under--;
    throw new Error('the database is away');
  });
  const ended = await Promise.allSettled([1, 2, 3, 4, 5].map((one) => together.ask(one)));
  expect(ended.every((one) => one.status === 'rejected')).toBe(true);
  expect(most).toBe(4);
});
