/** SQL of side tags. */
import { sql } from 'kysely';
import { type Reader, row, rows, type Tx } from '../ledger/index.ts';

export interface SideFacts {
  tag: number;
  name: string;
  kind: 'person' | 'batch' | 'link';
  owner: string;
  base: { id: number; name: string } | null;
  endsAt: Date | null;
}

const sideColumns = sql`
  s.tag_id AS tag, t.name, s.kind, s.owner, s.ends_at AS "endsAt",
  CASE WHEN b.id IS NOT NULL THEN jsonb_build_object('id', b.id, 'name', b.name) END AS base
  FROM side_tags s JOIN tags t ON t.id = s.tag_id LEFT JOIN tags b ON b.id = s.base_id`;

/** Marks a tag as a side tag, or alters what is marked. @param days until it ends; null: nobody knows yet */
export async function putSide(
  tx: Tx,
  tag: number,
  side: { kind: SideFacts['kind']; owner: string; base: number | null; days: number | null },
): Promise<void> {
  await sql`
    INSERT INTO side_tags (tag_id, kind, owner, base_id, ends_at)
    VALUES (${tag}, ${side.kind}, ${side.owner}, ${side.base}, ledger_now() + make_interval(days => ${side.days}))
    ON CONFLICT (tag_id) DO UPDATE SET kind = excluded.kind, owner = excluded.owner, base_id = excluded.base_id, ends_at = excluded.ends_at`.execute(
    tx,
  );
}

/** Lets side tags end so many days from now; null: nobody knows when. */
export async function setSideEnd(tx: Tx, tags: readonly number[], days: number | null): Promise<void> {
  await sql`
    UPDATE side_tags SET ends_at = ledger_now() + make_interval(days => ${days}) WHERE tag_id = ANY(${tags}::bigint[])`.execute(
    tx,
  );
}

export async function deleteSide(tx: Tx, tag: number): Promise<void> {
  await sql`DELETE FROM side_tags WHERE tag_id = ${tag}`.execute(tx);
}

export async function findSide(tx: Reader, tag: number): Promise<SideFacts | undefined> {
  return await row(tx, sql<SideFacts>`SELECT ${sideColumns} WHERE s.tag_id = ${tag}`);
}

export async function listSides(
  tx: Reader,
  only: { owner?: string | undefined; base?: number | undefined; all: boolean },
  afterName: string,
  limit: number,
): Promise<SideFacts[]> {
  const owned = only.owner === undefined ? sql`` : sql`AND s.owner = ${only.owner}`;
  const based = only.base === undefined ? sql`` : sql`AND s.base_id = ${only.base}`;
  const people = only.all ? sql`` : sql`AND s.kind = 'person'`;
  return await rows(
    tx,
    sql<SideFacts>`
    SELECT ${sideColumns} WHERE t.removed IS NULL AND t.name > ${afterName} ${owned} ${based} ${people} ORDER BY t.name LIMIT ${limit}`,
  );
}

/** Side tags whose time is over, the longest first. */
export async function endedSides(tx: Reader, limit: number): Promise<SideFacts[]> {
  return await rows(
    tx,
    sql<SideFacts>`
    SELECT ${sideColumns} WHERE t.removed IS NULL AND s.ends_at < ledger_now() ORDER BY s.ends_at LIMIT ${limit}`,
  );
}
