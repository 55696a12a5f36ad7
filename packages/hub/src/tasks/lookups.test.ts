/** What a look at many tasks and workers costs, and what it must not miss, on a ledger that is filled by hand. */
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { row } from '../ledger/index.ts';
import { type FreshLedger, freshLedger } from '../testing/ledger.ts';
import { leasesOfClaims, takeLeases } from './lease-queries.ts';
import { pick } from './pick.ts';
import { Runs } from './runs.ts';
import { lookAt } from './snapshot.ts';

const fleet = 400;
const nameOf = (n: number): string => `w${n}`;
const each = <T>(count: number, make: (n: number) => T): T[] =>
  Array.from({ length: count }, (_, n) => make(n));

let ledger: FreshLedger;
beforeAll(async () => {
  // One connection, so that what it has read is all that was read.
  ledger = await freshLedger(1);
  const offer = { arches: ['x86_64'], kinds: ['srpm'], slots: 1, version: 'test', driver: 'none', host: {} };
  const names = each(fleet, nameOf);
  await sql`
    INSERT INTO principals (name, kind, permissions, created_at)
    SELECT name, 'worker', '{}', ledger_now() FROM unnest(${names}::text[]) AS n(name)`.execute(ledger.read);
  await sql`
    INSERT INTO workers (name, offer, enrolled_at, last_seen_at)
    SELECT name, ${JSON.stringify(offer)}::jsonb, ledger_now(), ledger_now() FROM unnest(${names}::text[]) AS n(name)`.execute(
    ledger.read,
  );
});
afterAll(() => ledger.close());

async function waitingTasks(count: number, owner: string, priority: number): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`
    INSERT INTO tasks (kind, label, arch, owner, priority, request, rank, created_at)
    SELECT 'srpm', 'test', 'x86_64', ${owner}, ${priority}, '{}', -n, ledger_now() FROM generate_series(1, ${count}::int) AS n
    RETURNING id`.execute(ledger.read);
  return rows.map((one) => one.id);
}

/** Rows of these tables that statements have read so far, by PostgreSQL's own account. */
async function rowsRead(): Promise<number> {
  await sql`SELECT pg_stat_force_next_flush()`.execute(ledger.read);
  const found = await row(
    ledger.read,
    sql<{ read: number }>`
    SELECT sum(coalesce(t.seq_tup_read, 0)
               + (SELECT coalesce(sum(i.idx_tup_read), 0) FROM pg_stat_user_indexes i WHERE i.relid = t.relid))::int AS read
      FROM pg_stat_user_tables t WHERE t.relname IN ('tasks', 'task_attempts', 'workers')`,
  );
  return found?.read ?? 0;
}

async function readBy(work: () => Promise<unknown>): Promise<number> {
  const before = await rowsRead();
  await work();
  return (await rowsRead()) - before;
}

test('what is looked up for each of many is not all that runs, though the planner was last told that nothing does', async () => {
  const ids = await waitingTasks(fleet, 'o', 20);
  await sql`ANALYZE tasks`.execute(ledger.read);
  await sql`ANALYZE task_attempts`.execute(ledger.read);
  const claims = each(fleet, (n) => ({ worker: nameOf(n), slot: 0, nonce: `n${n}` }));
  const takings = claims.map((claim, n) => ({ ...claim, task: ids[n] ?? 0 }));
  const taken = await ledger.tx('test', (tx) => takeLeases(tx, takings, 10));
  expect(taken).toHaveLength(fleet);

  const some = claims.slice(0, 50);
  // Each is an entry of an index and a row, in two tables at most; all that runs for each would be 20,000 and more.
  expect(await readBy(() => leasesOfClaims(ledger.read, some))).toBeLessThan(50 * 10);
  expect(await leasesOfClaims(ledger.read, some)).toHaveLength(50);
});

test('many who wait get what comes first, however deep in one queue it lies', async () => {
  const first = await waitingTasks(100, 'first', 10);
  for (const n of each(30, (i) => i)) await waitingTasks(100, `later${n}`, 20);
  const claimants = each(100, (n) => ({
    worker: nameOf(n + 300),
    slot: 0,
    kinds: ['srpm'],
    arches: ['x86_64'],
  }));
  // What the first test leased is done, so that these are free.
  await sql`UPDATE tasks SET state = 'done', lease_until = NULL WHERE state = 'leased'`.execute(ledger.read);
  const snapshot = await lookAt(ledger.read, new Runs(), claimants, claimants.length + 3);
  if (snapshot === undefined) throw new Error('there is nothing to choose');
  expect(snapshot.tasks.length).toBeLessThan(500);
  const pairs = await pick(ledger.read, snapshot);
  expect(pairs.map((pair) => pair.task.id).toSorted((a, b) => a - b)).toEqual(first);
});
