/** SQL of targets. */
import { sql } from 'kysely';
import { changed, type Reader, row, rows, type Tx } from '../ledger/index.ts';
import type { TagFacts } from './queries.ts';

export interface TargetFacts {
  id: number;
  name: string;
  buildTag: TagFacts;
  destTag: TagFacts;
  aliases: string[];
}

interface TargetRow {
  id: number;
  name: string;
  build: TagFacts;
  dest: TagFacts;
  aliases: string[];
}

const targetColumns = sql`
  t.id, t.name,
  jsonb_build_object('id', b.id, 'name', b.name, 'settings', b.settings, 'locked', b.locked) AS build,
  jsonb_build_object('id', d.id, 'name', d.name, 'settings', d.settings, 'locked', d.locked) AS dest,
  ARRAY(SELECT a.alias FROM target_aliases a WHERE a.target_id = t.id ORDER BY a.alias) AS aliases
  FROM targets t JOIN tags b ON b.id = t.build_tag_id JOIN tags d ON d.id = t.dest_tag_id`;

const toTarget = ({ id, name, build, dest, aliases }: TargetRow): TargetFacts => ({
  id,
  name,
  buildTag: build,
  destTag: dest,
  aliases,
});

/** A target of that name; one that was removed is there again. @returns undefined where one is there already */
export async function insertTarget(
  tx: Tx,
  name: string,
  buildTag: number,
  destTag: number,
  change: number,
): Promise<number | undefined> {
  const made = await row(
    tx,
    sql<{ id: number }>`
    INSERT INTO targets (name, build_tag_id, dest_tag_id, added) VALUES (${name}, ${buildTag}, ${destTag}, ${change})
    ON CONFLICT (name) DO UPDATE SET build_tag_id = excluded.build_tag_id, dest_tag_id = excluded.dest_tag_id, removed = NULL
     WHERE targets.removed IS NOT NULL
    RETURNING id`,
  );
  return made?.id;
}

export async function updateTarget(
  tx: Tx,
  target: number,
  { name, buildTag, destTag }: { name: string; buildTag: number; destTag: number },
): Promise<void> {
  await sql`UPDATE targets SET name = ${name}, build_tag_id = ${buildTag}, dest_tag_id = ${destTag} WHERE id = ${target}`.execute(
    tx,
  );
}

export async function endTarget(tx: Tx, target: number, change: number): Promise<void> {
  await sql`
    WITH aliases AS (DELETE FROM target_aliases WHERE target_id = ${target}),
         states AS (UPDATE target_states SET removed = ${change} WHERE target_id = ${target} AND removed IS NULL)
    UPDATE targets SET removed = ${change} WHERE id = ${target}`.execute(tx);
}

/** @returns false where the name is taken by another target or alias */
export async function insertAlias(tx: Tx, target: number, alias: string): Promise<boolean> {
  const made = await changed(
    tx,
    sql`
    INSERT INTO target_aliases (alias, target_id)
    SELECT ${alias}, ${target} WHERE NOT EXISTS (SELECT FROM targets WHERE name = ${alias} AND removed IS NULL)
    ON CONFLICT (alias) DO UPDATE SET target_id = excluded.target_id WHERE target_aliases.target_id = excluded.target_id`,
  );
  return made > 0;
}

export async function deleteAliases(tx: Tx, target: number, aliases: readonly string[]): Promise<void> {
  await sql`DELETE FROM target_aliases WHERE target_id = ${target} AND alias = ANY(${aliases}::text[])`.execute(
    tx,
  );
}

/** Whether a name is an alias of some target. */
export async function isAlias(tx: Reader, name: string): Promise<boolean> {
  return (await row(tx, sql`SELECT FROM target_aliases WHERE alias = ${name}`)) !== undefined;
}

/** Keeps the state that a target is in from a change on. */
export async function keepTargetState(tx: Tx, target: number, change: number): Promise<void> {
  await sql`UPDATE target_states SET removed = ${change} WHERE target_id = ${target} AND removed IS NULL`.execute(
    tx,
  );
  await sql`
    INSERT INTO target_states (target_id, name, build_tag_id, dest_tag_id, aliases, added)
    SELECT t.id, t.name, t.build_tag_id, t.dest_tag_id,
           ARRAY(SELECT a.alias FROM target_aliases a WHERE a.target_id = t.id ORDER BY a.alias), ${change}
      FROM targets t WHERE t.id = ${target}
    ON CONFLICT (target_id, added) DO UPDATE
       SET name = excluded.name, build_tag_id = excluded.build_tag_id, dest_tag_id = excluded.dest_tag_id,
           aliases = excluded.aliases, removed = NULL`.execute(tx);
}

/** By name or alias, of those that are there; by number, also one that was removed. */
/** @param removedToo by name also one that was removed and keeps it */
export async function findTarget(
  tx: Reader,
  which: { name: string } | { id: number },
  removedToo = false,
): Promise<TargetFacts | undefined> {
  const only =
    'id' in which
      ? sql`t.id = ${which.id}`
      : sql`(t.removed IS NULL OR ${removedToo}) AND (t.name = ${which.name} OR t.id = (SELECT a.target_id FROM target_aliases a WHERE a.alias = ${which.name}))`;
  const found = await row(tx, sql<TargetRow>`SELECT ${targetColumns} WHERE ${only}`);
  return found === undefined ? undefined : toTarget(found);
}

export async function listTargets(tx: Reader, afterName: string, limit: number): Promise<TargetFacts[]> {
  return (
    await rows(
      tx,
      sql<TargetRow>`
      SELECT ${targetColumns} WHERE t.name > ${afterName} AND t.removed IS NULL ORDER BY t.name LIMIT ${limit}`,
    )
  ).map(toTarget);
}

/** Names of targets that build in a tag or go there. */
export async function targetsOfTag(tx: Reader, tag: number): Promise<string[]> {
  const found = await rows(
    tx,
    sql<{ name: string }>`
    SELECT name FROM targets WHERE removed IS NULL AND (build_tag_id = ${tag} OR dest_tag_id = ${tag}) ORDER BY name`,
  );
  return found.map((one) => one.name);
}

/** Repositories that are shipped and follow a tag. */
export async function followersOf(tx: Reader, tag: number): Promise<string[]> {
  const found = await rows(
    tx,
    sql<{ name: string }>`
    SELECT name FROM repos WHERE kind = 'dist' AND tag_id = ${tag} AND (definition->>'automatic')::boolean ORDER BY name`,
  );
  return found.map((one) => one.name);
}

/** Builds that are running for targets which go into a tag, build in it, or see it beside those. */
export async function runningBuilds(
  tx: Reader,
  which: { tag: number } | { target: number },
): Promise<number[]> {
  const only =
    'target' in which
      ? sql`b.target_id = ${which.target}`
      : sql`(t.dest_tag_id = ${which.tag} OR t.build_tag_id = ${which.tag}
             OR b.links @> jsonb_build_array(jsonb_build_object('tag', ${which.tag}::bigint)))`;
  const found = await rows(
    tx,
    sql<{ id: number }>`
    SELECT b.id FROM builds b JOIN targets t ON t.id = b.target_id WHERE b.state = 'building' AND ${only} ORDER BY b.id`,
  );
  return found.map((one) => one.id);
}
