/**
 * SQL of rounds: how far those have come who look at all of something, a batch at a time. Of several hubs that go on from
 * the same place one is told that it did; what both have looked at was looked at twice, which does no harm.
 */
import { sql } from 'kysely';
import { type Reader, row } from '../ledger/index.ts';

export interface RoundFacts {
  /** The number up to which everything was looked at. */
  place: number;
  beganAt: Date;
  endedAt: Date | null;
  seen: number;
  /** Bytes. */
  bytes: number;
  asked: boolean;
}

const roundColumns = sql`place, began_at AS "beganAt", ended_at AS "endedAt", seen, bytes, asked`;

export async function findRound(reader: Reader, name: string): Promise<RoundFacts | undefined> {
  return await row(reader, sql<RoundFacts>`SELECT ${roundColumns} FROM rounds WHERE name = ${name}`);
}

/** A round, which is begun where there was none. */
export async function roundOf(reader: Reader, name: string): Promise<RoundFacts> {
  const found = await findRound(reader, name);
  if (found !== undefined) return found;
  await sql`INSERT INTO rounds (name, began_at) VALUES (${name}, ledger_now()) ON CONFLICT DO NOTHING`.execute(
    reader,
  );
  return await roundOf(reader, name);
}

/** Goes on with a round. @param to null: it has come to its end @returns false where another hub has gone on with it */
export async function advance(
  reader: Reader,
  name: string,
  from: number,
  { to, seen = 0, bytes = 0 }: { to: number | null; seen?: number; bytes?: number },
): Promise<boolean> {
  const found = await row(
    reader,
    sql<{ name: string }>`
    UPDATE rounds SET place = coalesce(${to}::bigint, 0), seen = seen + ${seen}, bytes = bytes + ${bytes},
           ended_at = CASE WHEN ${to}::bigint IS NULL THEN ledger_now() END, asked = asked AND ${to}::bigint IS NOT NULL
     WHERE name = ${name} AND place = ${from} RETURNING name`,
  );
  return found !== undefined;
}

/** Begins the next round; one that goes on goes on. */
export async function beginRound(reader: Reader, name: string): Promise<void> {
  await sql`
    UPDATE rounds SET place = 0, began_at = ledger_now(), ended_at = NULL, seen = 0, bytes = 0
     WHERE name = ${name} AND ended_at IS NOT NULL`.execute(reader);
}

/** Somebody does not want to wait for the next round. */
export async function askRound(reader: Reader, name: string): Promise<void> {
  await sql`UPDATE rounds SET asked = true WHERE name = ${name}`.execute(reader);
}
