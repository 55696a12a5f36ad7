/** SQL of the fleet. */
import type { WorkerOffer } from '@moromi/contract';
import { sql } from 'kysely';
import { type Reader, row, rows, type Tx } from '../ledger/index.ts';

export interface WorkerFacts {
  name: string;
  offer: WorkerOffer;
  enabled: boolean;
  leaving: boolean;
  lastSeenAt: Date | null;
  online: boolean;
}

/** A worker that was heard of within this time is online. */
const onlineSeconds = 60;
const columns = sql`
  name, offer, enabled, leaving, last_seen_at AS "lastSeenAt",
  coalesce(last_seen_at > ledger_now() - make_interval(secs => ${onlineSeconds}), false) AS online`;

export async function upsertWorker(tx: Tx, name: string, offer: WorkerOffer): Promise<void> {
  await sql`
    INSERT INTO workers (name, offer, enrolled_at) VALUES (${name}, ${JSON.stringify(offer)}::jsonb, ledger_now())
    ON CONFLICT (name) DO UPDATE SET offer = excluded.offer, leaving = false`.execute(tx);
}

export async function updateOffer(tx: Tx, name: string, offer: WorkerOffer): Promise<boolean> {
  const found = await row(
    tx,
    sql`
    UPDATE workers SET offer = ${JSON.stringify(offer)}::jsonb, leaving = false, last_seen_at = ledger_now()
     WHERE name = ${name} RETURNING name`,
  );
  return found !== undefined;
}

/** Notes a sign of life. @returns undefined where there is no such worker */
export async function seen(
  tx: Reader,
  name: string,
  leaving: boolean,
): Promise<{ enabled: boolean } | undefined> {
  return await row(
    tx,
    sql<{ enabled: boolean }>`
    UPDATE workers SET last_seen_at = ledger_now(), leaving = ${leaving} WHERE name = ${name} RETURNING enabled`,
  );
}

export async function listWorkers(tx: Reader, after: string, limit: number): Promise<WorkerFacts[]> {
  return await rows(
    tx,
    sql<WorkerFacts>`SELECT ${columns} FROM workers WHERE name > ${after} ORDER BY name LIMIT ${limit}`,
  );
}

/** Everybody who might take a task now; for explaining why one waits. */
export async function onlineWorkers(tx: Reader): Promise<WorkerFacts[]> {
  return (
    await rows(tx, sql<WorkerFacts>`SELECT ${columns} FROM workers WHERE enabled AND NOT leaving`)
  ).filter((one) => one.online);
}

export async function tasksOfWorkers(tx: Reader, names: readonly string[]): Promise<Map<string, number[]>> {
  const found = await rows(
    tx,
    sql<{ worker: string; id: number }>`
    SELECT worker, id FROM tasks WHERE state = 'leased' AND worker = ANY(${names}::text[]) ORDER BY id`,
  );
  return new Map(
    [...Map.groupBy(found, (one) => one.worker)].map(([name, list]) => [name, list.map((one) => one.id)]),
  );
}
