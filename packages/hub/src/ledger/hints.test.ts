import { expect, test } from 'vitest';
import { query } from '../testing/hub.ts';
import { freshDatabase } from '../testing/ledger.ts';
import { Hints } from './hints.ts';

async function heard(hints: Hints, what: string, act: () => void): Promise<number> {
  const started = performance.now();
  return await new Promise((resolve) => {
    // A sweep may come first; only what comes at once and by itself is a hint.
    const off = hints.on(what, () => {
      off();
      resolve(performance.now() - started);
    });
    act();
  });
}

test('a hint wakes its own hub at once and another one, in the same process too', async () => {
  const access = await freshDatabase();
  const here = new Hints(access);
  const there = new Hints(access);
  await here.start();
  await there.start();
  let own = 0;
  here.on('log:1', () => own++);
  const news = new Promise<void>((resolve) => {
    there.on('log:1', resolve);
  });
  here.send(new Set(['log:1', 'tasks']));
  expect(own).toBe(1);
  await news;
  await here.stop();
  await there.stop();
});

test('a waiter whose hint was lost is woken by the sweep', async () => {
  const access = await freshDatabase();
  const hints = new Hints(access);
  await hints.start();
  expect(await heard(hints, 'never-sent', () => {})).toBeLessThan(5000);
  await hints.stop();
});

test('hints go on when their connection was cut', async () => {
  const access = await freshDatabase();
  const here = new Hints(access);
  const there = new Hints(access);
  await here.start();
  await there.start();
  await query(
    access,
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'moromi-hints' AND datname = current_database()`,
  );
  const listening = `SELECT FROM pg_stat_activity WHERE application_name = 'moromi-hints' AND datname = current_database() AND query LIKE 'LISTEN%'`;
  await expect.poll(() => query(access, listening), { timeout: 10_000 }).toHaveLength(2);
  let told = 0;
  there.on('x', () => told++);
  // Only NOTIFY can wake it more often than the sweep does.
  await expect
    .poll(
      () => {
        here.send(new Set(['x']));
        return told;
      },
      { timeout: 10_000, interval: 10 },
    )
    .toBeGreaterThan(20);
  await here.stop();
  await there.stop();
}, 30_000);

test('what was stopped in the middle of its start leaves no connection', async () => {
  const access = await freshDatabase();
  const hints = new Hints(access);
  const starting = hints.start();
  await hints.stop();
  await starting;
  const open = `SELECT FROM pg_stat_activity WHERE application_name = 'moromi-hints' AND datname = current_database()`;
  await expect.poll(() => query(access, open), { timeout: 5000 }).toHaveLength(0);
});
