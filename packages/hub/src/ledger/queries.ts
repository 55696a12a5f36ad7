/** SQL of the ledger's own tables. */
import type { EventEnvelope } from '@moromi/contract';
import { type Kysely, sql } from 'kysely';
import type { NewEvent } from './new-event.ts';

type Reader = Kysely<object>;

/**
 * An event's number comes later (see `numberEvents`); its version is one more than its subject's last.
 *
 * Those that tell of one subject take turns: the last thing that a transaction does before its commit is to wait here,
 * in the order of the keys, so nobody who waits holds what another waits for.
 */
export async function insertEvents(tx: Reader, events: NewEvent[]): Promise<void> {
  const subjects = JSON.stringify(events.map((event) => event.subject));
  await sql`
    SELECT pg_advisory_xact_lock(key) FROM (
      SELECT DISTINCT hashtextextended('event ' || subject, 0) AS key
        FROM jsonb_array_elements_text(${subjects}::jsonb) AS x(subject) ORDER BY 1
    ) keys`.execute(tx);
  const list = JSON.stringify(
    events.map((event) => ({
      type: event.type,
      subject: event.subject,
      actor: event.actor,
      cause: event.cause ?? null,
      build: event.build ?? null,
      data: event.data ?? {},
    })),
  );
  await sql`
    INSERT INTO events (type, subject, version, schema, actor, cause, build_id, time, data)
    SELECT e->>'type', e->>'subject',
           coalesce((SELECT max(version) FROM events WHERE subject = e->>'subject'), 0)
             + row_number() OVER (PARTITION BY e->>'subject' ORDER BY n),
           1, e->>'actor', e->>'cause', (e->>'build')::bigint, ledger_now(), e->'data'
      FROM jsonb_array_elements(${list}::jsonb) WITH ORDINALITY AS x(e, n)
     ORDER BY n`.execute(tx);
}

/**
 * Numbers what is committed and has no number. The head's row lock lets one sequencer at a time work, in all hubs;
 * a transaction that commits later is numbered later, so no reader that has passed a number misses one before it.
 * @returns the newest number, or undefined where there was nothing to number
 */
export async function numberEvents(tx: Reader): Promise<number | undefined> {
  const head = (await sql<{ seq: number }>`SELECT seq FROM event_head FOR UPDATE`.execute(tx)).rows[0];
  if (head === undefined) return undefined;
  const { rows } = await sql<{ seq: number }>`
    WITH fresh AS (
      SELECT id, ${head.seq}::bigint + row_number() OVER (ORDER BY id) AS seq
        FROM events WHERE seq IS NULL ORDER BY id LIMIT 5000
    ), numbered AS (
      UPDATE events SET seq = fresh.seq FROM fresh WHERE events.id = fresh.id RETURNING events.seq
    )
    UPDATE event_head SET seq = newest.seq FROM (SELECT max(seq) AS seq FROM numbered) newest
     WHERE newest.seq IS NOT NULL RETURNING event_head.seq`.execute(tx);
  return rows[0]?.seq;
}

interface EventRow {
  seq: number;
  type: string;
  subject: string;
  version: number;
  schema: number;
  actor: string;
  cause: string | null;
  build_id: number | null;
  time: Date;
  data: Record<string, unknown>;
}

/** Numbered events after `after`; those of a build include the publish tasks that bring it to its users. */
export async function readEvents(
  tx: Reader,
  after: number,
  build: number | undefined,
  limit: number,
): Promise<EventEnvelope[]> {
  const only =
    build === undefined
      ? sql``
      : sql`AND (build_id = ${build} OR subject IN (SELECT 'task:' || task_id FROM build_publishes WHERE build_id = ${build}))`;
  const { rows } = await sql<EventRow>`
    SELECT seq, type, subject, version, schema, actor, cause, build_id, time, data
      FROM events WHERE seq > ${after} ${only} ORDER BY seq LIMIT ${limit}`.execute(tx);
  return rows.map(({ build_id, time, ...event }) => ({
    ...event,
    build: build_id,
    time: time.toISOString(),
  }));
}

/** First and newest number that is kept. */
export async function eventRange(tx: Reader): Promise<{ first: number; last: number }> {
  const { rows } = await sql<{ first: number | null; last: number }>`
    SELECT (SELECT min(seq) FROM events) AS first, seq AS last FROM event_head`.execute(tx);
  return { first: rows[0]?.first ?? 1, last: rows[0]?.last ?? 0 };
}

export interface KeptReply {
  principal: string;
  route: string;
  key: string;
  bodyHash: string;
  reply: unknown;
}

/** Keeps a reply under its key. @returns false where the key has one already, once that is committed */
export async function keepReply(tx: Reader, kept: KeptReply): Promise<boolean> {
  const made = await sql`
    INSERT INTO idempotency (principal, route, key, body_hash, reply, at)
    VALUES (${kept.principal}, ${kept.route}, ${kept.key}, ${kept.bodyHash}, ${JSON.stringify(kept.reply)}::jsonb, ledger_now())
    ON CONFLICT DO NOTHING RETURNING key`.execute(tx);
  return made.rows.length > 0;
}

export async function findReply(
  tx: Reader,
  principal: string,
  route: string,
  key: string,
): Promise<{ bodyHash: string; reply: unknown } | undefined> {
  const { rows } = await sql<{ bodyHash: string; reply: unknown }>`
    SELECT body_hash AS "bodyHash", reply FROM idempotency
     WHERE principal = ${principal} AND route = ${route} AND key = ${key}`.execute(tx);
  return rows[0];
}

/** Forgets keys of requests that nobody repeats any more. */
export async function dropOldKeys(tx: Reader): Promise<void> {
  await sql`DELETE FROM idempotency WHERE at < ledger_now() - interval '2 days'`.execute(tx);
}

/**
 * Says that some hub listens now. @returns for how long none did, in seconds, and locks the row until commit, so
 * that two hubs do not both make good for the same silence
 */
export async function keepListening(tx: Reader): Promise<{ silence: number; since: Date }> {
  const { rows } = await sql<{ since: Date; silence: number }>`
    SELECT "until" AS since, extract(epoch FROM ledger_now() - "until")::float8 AS silence FROM listening FOR UPDATE`.execute(
    tx,
  );
  const found = rows[0];
  if (found === undefined) throw new Error('the ledger lacks its listening row');
  await sql`UPDATE listening SET "until" = ledger_now()`.execute(tx);
  return found;
}
