/** SQL of changes, tags and inheritance. */
import type { SettingsEdit } from '@moromi/contract';
import { sql } from 'kysely';
import { type Reader, row, rows, type Tx } from '../ledger/index.ts';
import type { Edge } from './inheritance.ts';
import type { OwnSettings } from './settings.ts';

export interface TagFacts {
  id: number;
  name: string;
  settings: OwnSettings;
  /** What it itself holds is not to change. */
  locked: boolean;
}

const tagColumns = sql`id, name, settings, locked`;

/** What holds at a change: added by then and not yet removed. */
const at = (change: number) => sql`added <= ${change} AND (removed IS NULL OR removed > ${change})`;

/**
 * Takes the catalogue's one lock and numbers the change. Whoever changes tag contents, inheritance or targets holds
 * this until commit, so changes are numbered in the order in which they become visible.
 */
export async function beginChange(tx: Tx, actor: string, what: string): Promise<number> {
  await lockCatalogue(tx);
  const made = await row(
    tx,
    sql<{ id: number }>`
    INSERT INTO catalogue_changes (id, at, actor, what)
    SELECT coalesce(max(id), 0) + 1, ledger_now(), ${actor}, ${what} FROM catalogue_changes RETURNING id`,
  );
  if (made === undefined) throw new Error('the catalogue change was not numbered');
  return made.id;
}

/** For a decision that a change follows: nothing of the catalogue changes in between. */
export async function lockCatalogue(tx: Tx): Promise<void> {
  await sql`LOCK TABLE catalogue_changes IN SHARE ROW EXCLUSIVE MODE`.execute(tx);
}

export async function newestChange(tx: Reader): Promise<number> {
  return (
    (await row(tx, sql<{ id: number }>`SELECT coalesce(max(id), 0) AS id FROM catalogue_changes`))?.id ?? 0
  );
}

/** The newest change; for a tag that was removed the last at which it held something. */
export async function newestOf(tx: Reader, tag: number): Promise<number> {
  const newest = await newestChange(tx);
  const found = await row(tx, sql<{ removed: number | null }>`SELECT removed FROM tags WHERE id = ${tag}`);
  return found?.removed == null ? newest : Math.min(newest, found.removed - 1);
}

/** Whether there was such a change, and the one that held at a time. */
export async function changeAt(
  tx: Reader,
  which: { id: number } | { at: string },
): Promise<number | undefined> {
  const found = await row(
    tx,
    'id' in which
      ? sql<{ id: number }>`SELECT id FROM catalogue_changes WHERE id = ${which.id}`
      : sql<{ id: number }>`
        SELECT id FROM catalogue_changes WHERE at <= ${which.at}::timestamptz ORDER BY at DESC, id DESC LIMIT 1`,
  );
  return found?.id;
}

/** A tag of that name; one that was removed is there again, with its past. */
export async function insertTag(
  tx: Tx,
  name: string,
  settings: OwnSettings,
  change: number,
): Promise<number> {
  const made = await row(
    tx,
    sql<{ id: number }>`
    INSERT INTO tags (name, settings, added) VALUES (${name}, ${JSON.stringify(settings)}::jsonb, ${change})
    ON CONFLICT (name) DO UPDATE SET settings = excluded.settings, locked = false, removed = NULL WHERE tags.removed IS NOT NULL
    RETURNING id`,
  );
  if (made === undefined) throw new Error('the tag was not written');
  await keepState(tx, made.id, change);
  return made.id;
}

/** What a tag says of itself; null takes a key away. */
export async function updateSettings(
  tx: Tx,
  tag: number,
  settings: SettingsEdit,
  change: number,
): Promise<void> {
  const gone = Object.entries(settings).flatMap(([key, value]) => (value === null ? [key] : []));
  await sql`
    UPDATE tags SET settings = (settings || ${JSON.stringify(settings)}::jsonb) - ${gone}::text[] WHERE id = ${tag}`.execute(
    tx,
  );
  await keepState(tx, tag, change);
}

/** In place of all that it said before. */
export async function replaceSettings(
  tx: Tx,
  tag: number,
  settings: OwnSettings,
  change: number,
): Promise<void> {
  await sql`UPDATE tags SET settings = ${JSON.stringify(settings)}::jsonb WHERE id = ${tag}`.execute(tx);
  await keepState(tx, tag, change);
}

export async function setLocked(
  tx: Tx,
  tag: number,
  locked: boolean,
  reason: string | null,
  change: number,
): Promise<void> {
  await sql`UPDATE tags SET locked = ${locked} WHERE id = ${tag}`.execute(tx);
  await keepState(tx, tag, change, reason);
}

export async function renameTag(tx: Tx, tag: number, name: string, change: number): Promise<void> {
  await sql`UPDATE tags SET name = ${name} WHERE id = ${tag}`.execute(tx);
  await keepState(tx, tag, change);
}

/** Ends a tag with its parents and its package list. */
export async function endTag(tx: Tx, tag: number, change: number): Promise<void> {
  await sql`
    WITH lists AS (UPDATE tag_packages SET removed = ${change} WHERE tag_id = ${tag} AND removed IS NULL),
         parents AS (UPDATE tag_parents SET removed = ${change} WHERE tag_id = ${tag} AND removed IS NULL),
         builds AS (UPDATE tag_builds SET removed = ${change} WHERE tag_id = ${tag} AND removed IS NULL),
         states AS (UPDATE tag_settings SET removed = ${change} WHERE tag_id = ${tag} AND removed IS NULL)
    UPDATE tags SET removed = ${change} WHERE id = ${tag}`.execute(tx);
}

/** Keeps the state that a tag is in from a change on; a second one within the change takes the first one's place. */
async function keepState(tx: Tx, tag: number, change: number, reason?: string | null): Promise<void> {
  const before = await row(
    tx,
    sql<{ reason: string | null }>`
    UPDATE tag_settings SET removed = ${change} WHERE tag_id = ${tag} AND removed IS NULL RETURNING reason`,
  );
  await sql`
    INSERT INTO tag_settings (tag_id, settings, name, locked, reason, added)
    SELECT id, settings, name, locked, ${reason === undefined ? (before?.reason ?? null) : reason}, ${change} FROM tags WHERE id = ${tag}
    ON CONFLICT (tag_id, added) DO UPDATE
       SET settings = excluded.settings, name = excluded.name, locked = excluded.locked, reason = excluded.reason, removed = NULL`.execute(
    tx,
  );
}

/** The change that gave a tag the settings, the name and the lock that it has. */
export async function statedAt(tx: Reader, tag: number): Promise<number> {
  const found = await row(
    tx,
    sql<{ added: number }>`SELECT added FROM tag_settings WHERE tag_id = ${tag} AND removed IS NULL`,
  );
  return found?.added ?? 0;
}

/** Why a tag is locked. */
export async function lockReason(tx: Reader, tag: number): Promise<string | null> {
  const found = await row(
    tx,
    sql<{
      reason: string | null;
    }>`SELECT reason FROM tag_settings WHERE tag_id = ${tag} AND removed IS NULL AND locked`,
  );
  return found?.reason ?? null;
}

/** Begins or alters a link. */
export async function putParent(tx: Tx, edge: Edge, change: number): Promise<void> {
  await endParent(tx, edge.tag, edge.parent, change);
  await sql`
    INSERT INTO tag_parents (tag_id, parent_id, priority, maxdepth, intransitive, noconfig, pkg_filter, added)
    VALUES (${edge.tag}, ${edge.parent}, ${edge.priority}, ${edge.maxdepth}, ${edge.intransitive}, ${edge.noconfig}, ${edge.filter}, ${change})
    ON CONFLICT (tag_id, parent_id, added) DO UPDATE
       SET priority = excluded.priority, maxdepth = excluded.maxdepth, intransitive = excluded.intransitive,
           noconfig = excluded.noconfig, pkg_filter = excluded.pkg_filter, removed = NULL`.execute(tx);
}

export async function endParent(tx: Tx, tag: number, parent: number, change: number): Promise<void> {
  await sql`
    UPDATE tag_parents SET removed = ${change} WHERE tag_id = ${tag} AND parent_id = ${parent} AND removed IS NULL`.execute(
    tx,
  );
}

/** @param removedToo also one that was removed and keeps its name */
export async function findTag(tx: Reader, name: string, removedToo = false): Promise<TagFacts | undefined> {
  const there = removedToo ? sql`` : sql`AND removed IS NULL`;
  return await row(tx, sql<TagFacts>`SELECT ${tagColumns} FROM tags WHERE name = ${name} ${there}`);
}

export async function tagsById(tx: Reader, ids: readonly number[]): Promise<Map<number, TagFacts>> {
  const found = await rows(
    tx,
    sql<TagFacts>`SELECT ${tagColumns} FROM tags WHERE id = ANY(${ids}::bigint[])`,
  );
  return new Map(found.map((tag) => [tag.id, tag]));
}

/** Side tags are listed apart. */
export async function listTags(tx: Reader, afterName: string, limit: number): Promise<TagFacts[]> {
  return await rows(
    tx,
    sql<TagFacts>`
    SELECT ${tagColumns} FROM tags WHERE name > ${afterName} AND removed IS NULL
       AND NOT EXISTS (SELECT FROM side_tags s WHERE s.tag_id = tags.id) ORDER BY name LIMIT ${limit}`,
  );
}

const edgeColumns = sql`
  p.tag_id AS tag, p.parent_id AS parent, p.priority, p.maxdepth, p.intransitive, p.noconfig, p.pkg_filter AS filter`;

export async function edges(tx: Reader, change: number): Promise<Edge[]> {
  return await rows(tx, sql<Edge>`SELECT ${edgeColumns} FROM tag_parents p WHERE ${at(change)}`);
}

/** The links from a tag to its own parents, now. */
export async function edgesOf(tx: Reader, tag: number): Promise<Edge[]> {
  return await rows(
    tx,
    sql<Edge>`
    SELECT ${edgeColumns} FROM tag_parents p WHERE p.tag_id = ${tag} AND p.removed IS NULL ORDER BY p.priority, p.parent_id`,
  );
}

/** Every link now by which something of a tag can come to another: those on the ways down from it. */
export async function edgesBelow(tx: Reader, tag: number): Promise<Edge[]> {
  return await rows(
    tx,
    sql<Edge>`
    WITH RECURSIVE down AS (
      SELECT ${tag}::bigint AS id
      UNION
      SELECT p.tag_id FROM down JOIN tag_parents p ON p.parent_id = down.id AND p.removed IS NULL
    )
    SELECT ${edgeColumns} FROM down JOIN tag_parents p ON p.parent_id = down.id AND p.removed IS NULL`,
  );
}

/**
 * A tag and all its ancestors, in no order, each with its own edges, in one statement.
 * @param change the newest one where it is not said
 */
export async function lineage(
  tx: Reader,
  tag: number,
  change?: number,
): Promise<(TagFacts & { edges: Edge[] })[]> {
  return await rows(
    tx,
    sql<TagFacts & { edges: Edge[] }>`
    WITH RECURSIVE seen AS (
      SELECT coalesce(${change ?? null}::bigint, (SELECT max(id) FROM catalogue_changes)) AS change
    ), up AS (
      SELECT ${tag}::bigint AS id
      UNION
      SELECT p.parent_id FROM up CROSS JOIN seen JOIN tag_parents p
          ON p.tag_id = up.id AND p.added <= seen.change AND (p.removed IS NULL OR p.removed > seen.change)
    )
    SELECT t.id, coalesce(s.name, t.name) AS name, coalesce(s.settings, t.settings) AS settings, coalesce(s.locked, t.locked) AS locked,
           coalesce((SELECT jsonb_agg(jsonb_build_object(
                              'tag', p.tag_id, 'parent', p.parent_id, 'priority', p.priority, 'maxdepth', p.maxdepth,
                              'intransitive', p.intransitive, 'noconfig', p.noconfig, 'filter', p.pkg_filter))
                       FROM tag_parents p
                      WHERE p.tag_id = t.id AND p.added <= seen.change AND (p.removed IS NULL OR p.removed > seen.change)), '[]') AS edges
      FROM up JOIN tags t ON t.id = up.id CROSS JOIN seen
      LEFT JOIN tag_settings s ON s.tag_id = t.id AND s.added <= seen.change AND (s.removed IS NULL OR s.removed > seen.change)`,
  );
}
