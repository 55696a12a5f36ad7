import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { checkPromises } from '../../../../tests/harness/promises.ts';
import { type FreshLedger, freshLedger } from '../testing/ledger.ts';
import { Ledger, tell } from './ledger.ts';
import { eventRange, insertEvents, numberEvents, readEvents } from './queries.ts';

async function allNumbered(ledger: FreshLedger): Promise<void> {
  await expect
    .poll(
      async () => {
        ledger.number();
        return (
          await sql<{ n: number }>`SELECT count(*)::int AS n FROM events WHERE seq IS NULL`.execute(
            ledger.read,
          )
        ).rows[0]?.n;
      },
      { timeout: 10_000 },
    )
    .toBe(0);
}

test('a fresh ledger has no events', async () => {
  await using ledger = await freshLedger();
  expect(await eventRange(ledger.read)).toEqual({ first: 1, last: 0 });
});

test('numbers have no gaps and a reader misses nothing, whoever numbers and however late a commit is', async () => {
  await using ledger = await freshLedger();
  await using second = Object.assign(await Ledger.open({ connection: ledger.access }), {
    [Symbol.asyncDispose]: async () => {},
  });
  const read: number[] = [];
  let over = false;
  const reader = (async () => {
    for (let at = 0; ; ) {
      const last = over;
      const found = await readEvents(ledger.read, at, undefined, 7);
      for (const event of found) {
        expect(event.seq).toBe(at + 1);
        at = event.seq;
        read.push(event.data['n'] as number);
      }
      if (found.length === 0 && last) return;
      if (found.length === 0) await delay(2);
    }
  })();
  const writers = Array.from({ length: 60 }, async (_, n) => {
    const hub = n % 2 === 0 ? ledger : second;
    await hub.tx('test', async (tx) => {
      tell(tx, { type: 'x', subject: `thing:${n % 5}`, actor: 'a', data: { n } });
      tell(tx, { type: 'x', subject: `thing:${n % 7}`, actor: 'a', data: { n: n + 1000 } });
      // Some commit long after others that began later.
      if (n % 6 === 0) await sql`SELECT pg_sleep(0.1)`.execute(tx);
    });
  });
  await Promise.all(writers);
  await allNumbered(ledger);
  over = true;
  await reader;
  expect(read.toSorted((a, b) => a - b)).toEqual([
    ...Array(60).keys(),
    ...Array.from({ length: 60 }, (_, n) => n + 1000),
  ]);
  await second.close();
  await checkPromises(ledger.access);
}, 30_000);

test('an event that is written early and committed late is numbered after those that readers have passed', async () => {
  await using ledger = await freshLedger();
  const event = (n: number) => ({ type: 'x', subject: `thing:${n}`, actor: 'a', data: { n } });
  let commit: (() => void) | undefined;
  const late = ledger.read.transaction().execute(async (tx) => {
    await insertEvents(tx, [event(1)]);
    await new Promise<void>((resolve) => {
      commit = resolve;
    });
  });
  await expect.poll(() => commit).toBeDefined();
  await ledger.tx('test', async (tx) => tell(tx, event(2)));
  await allNumbered(ledger);
  expect((await readEvents(ledger.read, 0, undefined, 10)).map((one) => one.subject)).toEqual(['thing:2']);
  commit?.();
  await late;
  await allNumbered(ledger);
  expect((await readEvents(ledger.read, 1, undefined, 10)).map((one) => one.subject)).toEqual(['thing:1']);
});

test('events of one transaction on one subject take consecutive versions', async () => {
  await using ledger = await freshLedger();
  await ledger.tx('test', async (tx) => {
    for (let n = 0; n < 3; n++) tell(tx, { type: `t${n}`, subject: 's', actor: 'a' });
  });
  await ledger.read.transaction().execute(async (tx) => numberEvents(tx));
  const found = await readEvents(ledger.read, 0, undefined, 10);
  expect(found.map(({ type, version, seq }) => [type, version, seq])).toEqual([
    ['t0', 1, 1],
    ['t1', 2, 2],
    ['t2', 3, 3],
  ]);
});
