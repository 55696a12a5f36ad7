/**
 * SQL of asking workers to look at themselves again.
 *
 * Invariant: asks are counted and never taken back; an answer is for the ask that it names and all before it, so one that
 * comes late, or twice, answers no later ask.
 */
import type { RefreshAnswer, WorkerOffer } from '@moromi/contract';
import { sql } from 'kysely';
import { row, rows, type Tx } from '../ledger/index.ts';

/**
 * @param names all that are enrolled where none are given
 * @returns those that there are
 */
export async function askAnew(tx: Tx, names?: readonly string[]): Promise<string[]> {
  const wanted = names === undefined ? sql`true` : sql`name = ANY(${names}::text[])`;
  const asked = await rows(
    tx,
    // In order, so that two who ask do not wait for each other.
    sql<{ name: string }>`
    WITH meant AS MATERIALIZED (SELECT name FROM workers WHERE ${wanted} ORDER BY name FOR UPDATE)
    UPDATE workers SET refresh_asked = refresh_asked + 1 FROM meant WHERE workers.name = meant.name
    RETURNING workers.name`,
  );
  return asked.map((one) => one.name);
}

/** What it offers by its answer; what it holds, and whether it is leaving, stays as it is. */
export async function keepAnswer(
  tx: Tx,
  name: string,
  offer: WorkerOffer,
  { ask, problem, restart, unfit }: RefreshAnswer,
): Promise<boolean> {
  const found = await row(
    tx,
    sql`
    UPDATE workers SET offer = ${JSON.stringify(offer)}::jsonb, last_seen_at = ledger_now(),
           unfit = ${unfit === null ? null : JSON.stringify(unfit)}::jsonb,
           refresh_done = greatest(refresh_done, least(refresh_asked, ${ask}::int)),
           refresh_problem = ${problem}, refresh_restart = ${restart}::text[]
     WHERE name = ${name} RETURNING name`,
  );
  return found !== undefined;
}
