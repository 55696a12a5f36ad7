/** SQL of the catalogue. */
import { sql } from 'kysely';
import { type Reader, row, rows, type Tx } from '../ledger/index.ts';
import type { Edge } from './inheritance.ts';
import type { TaggedBuildFacts } from './latest.ts';
import type { OwnSettings } from './settings.ts';

export interface TagFacts {
  id: number;
  name: string;
  settings: OwnSettings;
}

export interface TargetFacts {
  id: number;
  name: string;
  buildTag: TagFacts;
  destTag: TagFacts;
}

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

export async function insertTag(
  tx: Tx,
  name: string,
  settings: OwnSettings,
  change: number,
): Promise<number> {
  const made = await row(
    tx,
    sql<{ id: number }>`
    WITH made AS (
      INSERT INTO tags (name, settings, added) VALUES (${name}, ${JSON.stringify(settings)}::jsonb, ${change}) RETURNING id, settings, added
    ), kept AS (
      INSERT INTO tag_settings (tag_id, settings, added) SELECT * FROM made
    )
    SELECT id FROM made`,
  );
  if (made === undefined) throw new Error('the tag was not written');
  return made.id;
}

export async function updateSettings(
  tx: Tx,
  tag: number,
  settings: OwnSettings,
  change: number,
): Promise<void> {
  await sql`UPDATE tags SET settings = settings || ${JSON.stringify(settings)}::jsonb WHERE id = ${tag}`.execute(
    tx,
  );
  await sql`UPDATE tag_settings SET removed = ${change} WHERE tag_id = ${tag} AND removed IS NULL`.execute(
    tx,
  );
  await sql`INSERT INTO tag_settings (tag_id, settings, added) SELECT id, settings, ${change} FROM tags WHERE id = ${tag}`.execute(
    tx,
  );
}

export async function insertParent(
  tx: Tx,
  tag: number,
  parent: number,
  priority: number,
  change: number,
): Promise<void> {
  await sql`
    INSERT INTO tag_parents (tag_id, parent_id, priority, added) VALUES (${tag}, ${parent}, ${priority}, ${change})`.execute(
    tx,
  );
}

export async function findTag(tx: Reader, name: string): Promise<TagFacts | undefined> {
  return await row(tx, sql<TagFacts>`SELECT id, name, settings FROM tags WHERE name = ${name}`);
}

export async function tagsById(tx: Reader, ids: readonly number[]): Promise<Map<number, TagFacts>> {
  const found = await rows(
    tx,
    sql<TagFacts>`SELECT id, name, settings FROM tags WHERE id = ANY(${ids}::bigint[])`,
  );
  return new Map(found.map((tag) => [tag.id, tag]));
}

export async function listTags(tx: Reader, afterName: string, limit: number): Promise<TagFacts[]> {
  return await rows(
    tx,
    sql<TagFacts>`SELECT id, name, settings FROM tags WHERE name > ${afterName} ORDER BY name LIMIT ${limit}`,
  );
}

export async function edges(tx: Reader, change: number): Promise<Edge[]> {
  return await rows(
    tx,
    sql<Edge>`
    SELECT tag_id AS tag, parent_id AS parent, priority FROM tag_parents WHERE ${at(change)}`,
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
    ), edges AS (
      SELECT tag_id, parent_id, priority FROM tag_parents, seen
       WHERE added <= seen.change AND (removed IS NULL OR removed > seen.change)
    ), up AS (
      SELECT ${tag}::bigint AS id
      UNION
      SELECT edges.parent_id FROM up JOIN edges ON edges.tag_id = up.id
    )
    SELECT t.id, t.name, coalesce(s.settings, t.settings) AS settings,
           coalesce((SELECT jsonb_agg(jsonb_build_object('tag', e.tag_id, 'parent', e.parent_id, 'priority', e.priority))
                       FROM edges e WHERE e.tag_id = t.id), '[]') AS edges
      FROM up JOIN tags t ON t.id = up.id CROSS JOIN seen
      LEFT JOIN tag_settings s ON s.tag_id = t.id AND s.added <= seen.change AND (s.removed IS NULL OR s.removed > seen.change)`,
  );
}

export async function insertTaggedBuild(
  tx: Tx,
  tag: number,
  one: { build: number; package: string; nvr: string; owner: string },
  change: number,
): Promise<void> {
  await sql`
    INSERT INTO tag_builds (tag_id, build_id, package, nvr, owner, added, tagged_at)
    VALUES (${tag}, ${one.build}, ${one.package}, ${one.nvr}, ${one.owner}, ${change}, ledger_now())
    ON CONFLICT (tag_id, build_id) WHERE removed IS NULL DO NOTHING`.execute(tx);
}

export async function taggedBuilds(
  tx: Reader,
  tags: readonly number[],
  change: number,
): Promise<TaggedBuildFacts[]> {
  return await rows(
    tx,
    sql<TaggedBuildFacts>`
    SELECT tag_id AS tag, build_id AS build, package, nvr, owner, added, tagged_at AS "taggedAt"
      FROM tag_builds WHERE tag_id = ANY(${tags}::bigint[]) AND ${at(change)}`,
  );
}

export async function tagsOfBuild(tx: Reader, build: number): Promise<string[]> {
  const found = await rows(
    tx,
    sql<{ name: string }>`
    SELECT t.name FROM tag_builds b JOIN tags t ON t.id = b.tag_id
     WHERE b.build_id = ${build} AND b.removed IS NULL ORDER BY t.name`,
  );
  return found.map((one) => one.name);
}

interface TargetRow {
  id: number;
  name: string;
  build: TagFacts;
  dest: TagFacts;
}

const targetColumns = sql`
  t.id, t.name,
  jsonb_build_object('id', b.id, 'name', b.name, 'settings', b.settings) AS build,
  jsonb_build_object('id', d.id, 'name', d.name, 'settings', d.settings) AS dest
  FROM targets t JOIN tags b ON b.id = t.build_tag_id JOIN tags d ON d.id = t.dest_tag_id`;

const toTarget = ({ id, name, build, dest }: TargetRow): TargetFacts => ({
  id,
  name,
  buildTag: build,
  destTag: dest,
});

export async function insertTarget(
  tx: Tx,
  name: string,
  buildTag: number,
  destTag: number,
  change: number,
): Promise<void> {
  await sql`
    INSERT INTO targets (name, build_tag_id, dest_tag_id, added) VALUES (${name}, ${buildTag}, ${destTag}, ${change})`.execute(
    tx,
  );
}

export async function findTarget(
  tx: Reader,
  which: { name: string } | { id: number },
): Promise<TargetFacts | undefined> {
  const only = 'name' in which ? sql`t.name = ${which.name}` : sql`t.id = ${which.id}`;
  const found = await row(tx, sql<TargetRow>`SELECT ${targetColumns} WHERE ${only}`);
  return found === undefined ? undefined : toTarget(found);
}

export async function listTargets(tx: Reader, afterName: string, limit: number): Promise<TargetFacts[]> {
  return (
    await rows(
      tx,
      sql<TargetRow>`SELECT ${targetColumns} WHERE t.name > ${afterName} ORDER BY t.name LIMIT ${limit}`,
    )
  ).map(toTarget);
}
