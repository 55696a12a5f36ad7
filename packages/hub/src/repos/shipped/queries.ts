/** SQL of repositories that are shipped. */
import type { DistDefinition } from '@moromi/contract';
import { sql } from 'kysely';
import { changed, type Reader, row, rows, type Tx } from '../../ledger/index.ts';
import type { Trait } from './multilib.ts';
import type { UnsignedBuild } from './unsigned.ts';

export interface DistFacts {
  id: number;
  name: string;
  tag: number;
  definition: DistDefinition;
  /** The revision that is shown. */
  revision: number | null;
  wanted: number;
  task: number;
  /** That task has ended. */
  over: boolean;
}

const distColumns = sql`
  r.id, r.name, r.tag_id AS tag, r.definition, r.revision_id AS revision, r.wanted, r.task_id AS task,
  t.state NOT IN ('free', 'leased') AS over
  FROM repos r JOIN tasks t ON t.id = r.task_id WHERE r.kind = 'dist'`;

export async function findDist(
  tx: Reader,
  which: { name: string } | { id: number },
  lock = false,
): Promise<DistFacts | undefined> {
  const only = 'name' in which ? sql`r.name = ${which.name}` : sql`r.id = ${which.id}`;
  // As `findRepo` does it.
  if (lock) await sql`SELECT FROM repos r WHERE r.kind = 'dist' AND ${only} FOR UPDATE`.execute(tx);
  return await row(tx, sql<DistFacts>`SELECT ${distColumns} AND ${only}`);
}

export async function listDists(tx: Reader, after: string, limit: number): Promise<DistFacts[]> {
  return await rows(
    tx,
    sql<DistFacts>`SELECT ${distColumns} AND r.name > ${after} ORDER BY r.name LIMIT ${limit}`,
  );
}

/** Those of tags that follow each change of them. */
export async function automaticDists(tx: Reader, tags: readonly number[]): Promise<DistFacts[]> {
  return await rows(
    tx,
    sql<DistFacts>`
    SELECT ${distColumns} AND r.tag_id = ANY(${tags}::bigint[]) AND (r.definition->>'automatic')::boolean ORDER BY r.id`,
  );
}

export async function nextRepoId(tx: Tx): Promise<number> {
  const found = await row(
    tx,
    sql<{ id: number }>`SELECT nextval(pg_get_serial_sequence('repos', 'id')) AS id`,
  );
  if (found === undefined) throw new Error('there is no number for a repository');
  return found.id;
}

export async function insertDist(
  tx: Tx,
  repo: { id: number; name: string; tag: number; definition: DistDefinition; wanted: number; task: number },
): Promise<void> {
  await sql`
    INSERT INTO repos (id, kind, name, tag_id, definition, wanted, task_id) OVERRIDING SYSTEM VALUE
    VALUES (${repo.id}, 'dist', ${repo.name}, ${repo.tag}, ${JSON.stringify(repo.definition)}::jsonb, ${repo.wanted}, ${repo.task})`.execute(
    tx,
  );
}

export async function updateDefinition(tx: Tx, repo: number, definition: DistDefinition): Promise<void> {
  await sql`UPDATE repos SET definition = ${JSON.stringify(definition)}::jsonb WHERE id = ${repo}`.execute(
    tx,
  );
}

export async function wantChange(tx: Tx, repo: number, change: number, task: number): Promise<void> {
  await sql`UPDATE repos SET wanted = greatest(wanted, ${change}), task_id = ${task} WHERE id = ${repo}`.execute(
    tx,
  );
}

/** Source packages of which something beside the catalogue has changed. */
export async function touchedPackages(
  tx: Reader,
  repo: number,
): Promise<{ ids: number[]; packages: string[] }> {
  const found = await rows(
    tx,
    sql<{ id: number; package: string }>`SELECT id, package FROM repo_touched WHERE repo_id = ${repo}`,
  );
  return {
    ids: found.map((one) => one.id),
    packages: [...new Set(found.map((one) => one.package))],
  };
}

/** These rows and no later ones: what is written with a lower number later is read again. */
export async function untouch(tx: Tx, ids: readonly number[]): Promise<void> {
  await sql`DELETE FROM repo_touched WHERE id = ANY(${ids}::bigint[])`.execute(tx);
}

/**
 * Marks the packages of RPMs in every repository that ships copies by a key. Always with a new row: a revision that is
 * being made has read the older ones and deletes those alone. They go here too, so that none are heaped up where no
 * revision is made; those that somebody else holds stay.
 * @param rpms all that the key has signed where not said
 */
export async function touch(tx: Tx, key: number, rpms?: readonly number[]): Promise<boolean> {
  const of =
    rpms === undefined
      ? sql`JOIN copies c ON c.rpm_id = r.id AND c.key_id = ${key}`
      : sql`JOIN unnest(${rpms}::bigint[]) AS x(id) ON x.id = r.id`;
  const n = await changed(
    tx,
    sql`
    WITH anew AS (
      SELECT DISTINCT o.id, b.name
        FROM keys k JOIN repos o ON o.kind = 'dist' AND o.definition->'keys' ? k.name CROSS JOIN rpms r ${of} JOIN builds b ON b.id = r.build_id
       WHERE k.id = ${key}),
    older AS (
      SELECT t.id FROM anew JOIN repo_touched t ON t.repo_id = anew.id AND t.package = anew.name FOR UPDATE OF t SKIP LOCKED),
    gone AS (DELETE FROM repo_touched t USING older WHERE t.id = older.id)
    INSERT INTO repo_touched (repo_id, package) SELECT id, name FROM anew`,
  );
  return n > 0;
}

export interface PackageRow {
  build: number;
  rpm: number;
  name: string;
  arch: string;
  source: boolean;
  traits: Trait[];
  /** Copies by the names of their keys; '' for the one that is not signed. */
  copies: Record<string, number>;
}

/** All packages of builds, with their copies by keys that are good. */
export async function packagesOfBuilds(tx: Reader, builds: readonly number[]): Promise<PackageRow[]> {
  return await rows(
    tx,
    sql<PackageRow>`
    SELECT r.build_id AS build, r.id AS rpm, r.name, r.arch, coalesce(r.id = b.source_rpm_id, false) AS source,
           coalesce(max(f.traits) FILTER (WHERE c.key_id IS NULL), '{}') AS traits,
           jsonb_object_agg(coalesce(k.name, ''), c.id) FILTER (WHERE c.key_id IS NULL OR k.state <> 'revoked') AS copies
      FROM rpms r JOIN builds b ON b.id = r.build_id JOIN copies c ON c.rpm_id = r.id
      LEFT JOIN fragments f ON f.id = c.fragment_id LEFT JOIN keys k ON k.id = c.key_id
     WHERE r.build_id = ANY(${builds}::bigint[]) AND r.live GROUP BY r.id, b.id ORDER BY r.id`,
  );
}

/** Copies of builds as they were built whose headers nobody has read yet. */
export async function unreadCopies(tx: Reader, builds: readonly number[]): Promise<number[]> {
  const found = await rows(
    tx,
    sql<{ id: number }>`
    SELECT c.id FROM rpms r JOIN copies c ON c.rpm_id = r.id AND c.key_id IS NULL
     WHERE r.build_id = ANY(${builds}::bigint[]) AND c.says IS NULL`,
  );
  return found.map((one) => one.id);
}

/** Those that ship copies by a key or are sealed by it. */
export async function distsWithKey(tx: Reader, key: string): Promise<DistFacts[]> {
  return await rows(
    tx,
    sql<DistFacts>`
    SELECT ${distColumns} AND (r.definition->'keys' ? ${key} OR r.definition->>'repoKey' = ${key}) ORDER BY r.id`,
  );
}

/** Those that do not follow their tags and are to ship copies by a key, or show some. */
export async function stillDists(tx: Reader, key: string): Promise<DistFacts[]> {
  return await rows(
    tx,
    sql<DistFacts>`
    SELECT ${distColumns} AND NOT (r.definition->>'automatic')::boolean AND (r.definition->'keys' ? ${key} OR EXISTS (
      SELECT FROM repo_trees o JOIN run_members m ON m.run_id = ANY(o.runs) JOIN copies c ON c.id = m.copy_id
        JOIN keys k ON k.id = c.key_id WHERE o.revision_id = r.revision_id AND k.name = ${key})) ORDER BY r.id`,
  );
}

/** The name of a revoked key by which a revision has copies. */
export async function copiesByRevoked(tx: Reader, revision: number): Promise<string | undefined> {
  const found = await row(
    tx,
    sql<{ name: string }>`
    SELECT k.name FROM repo_trees t JOIN run_members m ON m.run_id = ANY(t.runs) JOIN copies c ON c.id = m.copy_id
      JOIN keys k ON k.id = c.key_id WHERE t.revision_id = ${revision} AND k.state = 'revoked' LIMIT 1`,
  );
  return found?.name;
}

/** Whether a key signs by hand, where no hub is reached. */
export async function isOffline(tx: Reader, name: string): Promise<boolean> {
  return (await row(tx, sql`SELECT FROM keys WHERE name = ${name} AND offline`)) !== undefined;
}

/** Those of these names whose keys were revoked. */
export async function revokedKeys(tx: Reader, names: readonly string[]): Promise<string[]> {
  const found = await rows(
    tx,
    sql<{ name: string }>`SELECT name FROM keys WHERE name = ANY(${names}::text[]) AND state = 'revoked'`,
  );
  return found.map((one) => one.name);
}

/**
 * Repositories that follow what changes, have been touched or whose revision failed, and that have none which is still to
 * begin. What has just failed is not tried each second.
 */
export async function touchedDists(tx: Reader): Promise<number[]> {
  const found = await rows(
    tx,
    sql<{ id: number }>`
    SELECT r.id FROM repos r JOIN tasks t ON t.id = r.task_id
     WHERE r.kind = 'dist' AND (r.definition->>'automatic')::boolean AND t.state <> 'free'
       AND (t.state IN ('failed', 'canceled') AND t.ended_at < ledger_now() - interval '900 seconds'
         OR (t.state IN ('leased', 'done') OR t.ended_at < ledger_now() - interval '60 seconds')
        AND EXISTS (SELECT FROM repo_touched x WHERE x.repo_id = r.id)) ORDER BY r.id LIMIT 50`,
  );
  return found.map((one) => one.id);
}

/** The first of these names that no key has. */
export async function missingKey(tx: Reader, names: readonly string[]): Promise<string | undefined> {
  const found = await row(
    tx,
    sql<{ name: string }>`
    SELECT x.name FROM unnest(${names}::text[]) AS x(name) WHERE NOT EXISTS (SELECT FROM keys k WHERE k.name = x.name) LIMIT 1`,
  );
  return found?.name;
}

export interface DistRevisionFacts {
  id: number;
  number: number;
  change: number;
  createdAt: Date;
  expiredAt: Date | null;
  backTo: number | null;
  unsigned: UnsignedBuild[];
  unsealed: number;
  trees: { tree: string; packages: number }[];
}

export async function distRevisions(
  tx: Reader,
  repo: number,
  which: { id: number } | { before: number; limit: number },
): Promise<DistRevisionFacts[]> {
  const only =
    'id' in which
      ? sql`v.id = ${which.id}`
      : sql`v.repo_id = ${repo} AND v.number < ${which.before} ORDER BY v.number DESC LIMIT ${which.limit}`;
  return await rows(
    tx,
    sql<DistRevisionFacts>`
    SELECT v.id, v.number, v.change, v.created_at AS "createdAt", v.expired_at AS "expiredAt", v.unsigned, v.unsealed,
           (SELECT o.number FROM repo_revisions o WHERE o.id = v.back_to) AS "backTo",
           (SELECT jsonb_agg(jsonb_build_object('tree', t.tree, 'packages', t.packages) ORDER BY t.tree)
              FROM repo_trees t WHERE t.revision_id = v.id) AS trees
      FROM repo_revisions v WHERE ${only}`,
  );
}
