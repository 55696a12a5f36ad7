/** SQL of builds and their packages. */
import type { BuildOptions, BuildState, Failure, InstalledPackage } from '@moromi/contract';
import { sql } from 'kysely';
import { type Reader, row, rows, type Tx } from '../ledger/index.ts';
import { nextTaskId } from '../tasks/index.ts';

/** A tag whose repository is added to the root's. */
export interface Link {
  tag: number;
  name: string;
  /** dnf's: lower hides what is higher, by name. */
  priority: number;
  /** The one that all tasks of the build see; decided when its first task begins. */
  revision?: number;
}

export interface BuildFacts {
  id: number;
  nvr: string | null;
  name: string;
  target: number;
  targetName: string;
  sourceName: string;
  sourceSha256: string;
  sourceSize: number;
  owner: string;
  state: BuildState;
  scratch: boolean;
  options: BuildOptions;
  task: number;
  /** Seconds of the longest path of what waits for it. */
  after: number;
  /** The change of the catalogue that its buildroot must show, at least. */
  needsChange: number | null;
  links: Link[];
  revision: number | null;
  /** What defined the root when the revision was pinned. */
  rootKey: string | null;
  sourceRpm: number | null;
  failure: Failure | null;
  createdAt: Date;
  endedAt: Date | null;
}

const columns = sql`
  b.id, b.nvr, b.name, b.target_id AS target, t.name AS "targetName", b.source_name AS "sourceName",
  b.source_sha256 AS "sourceSha256", f.size AS "sourceSize", b.owner, b.state, b.scratch, b.options, b.task_id AS task, b.after,
  b.needs_change AS "needsChange", b.links,
  b.revision_id AS revision, b.root_key AS "rootKey", b.source_rpm_id AS "sourceRpm", b.failure, b.created_at AS "createdAt", b.ended_at AS "endedAt"`;
const named = sql`JOIN targets t ON t.id = b.target_id JOIN blobs f ON f.sha256 = b.source_sha256`;
const from = sql`FROM builds b ${named}`;

export interface NewBuildRow {
  name: string;
  target: number;
  sourceName: string;
  sourceSha256: string;
  owner: string;
  scratch: boolean;
  options: BuildOptions;
  after: number;
  needsChange: number | null;
  links: readonly Link[];
}

/** Its first task is written in the same transaction, under the number that the build names here. */
export async function insertBuild(tx: Tx, build: NewBuildRow): Promise<BuildFacts> {
  const made = await row(
    tx,
    sql<BuildFacts>`
    WITH made AS (
      INSERT INTO builds (name, target_id, source_name, source_sha256, owner, scratch, options, after, needs_change, links, created_at, task_id)
      VALUES (${build.name}, ${build.target}, ${build.sourceName}, ${build.sourceSha256}, ${build.owner}, ${build.scratch},
              ${JSON.stringify(build.options)}::jsonb, ${build.after}, ${build.needsChange},
              ${JSON.stringify(build.links)}::jsonb, ledger_now(), ${nextTaskId})
      RETURNING *
    )
    SELECT ${columns} FROM made b ${named}`,
  );
  if (made === undefined) throw new Error('the build was not written');
  return made;
}

export async function findBuild(tx: Reader, id: number): Promise<BuildFacts | undefined> {
  return await row(tx, sql<BuildFacts>`SELECT ${columns} ${from} WHERE b.id = ${id}`);
}

/** The newest build of that NVR, one that is not scratch before one that is. */
export async function findBuildByNvr(tx: Reader, nvr: string): Promise<BuildFacts | undefined> {
  return await row(
    tx,
    sql<BuildFacts>`
    SELECT ${columns} ${from} WHERE b.nvr = ${nvr} AND b.namespace = ''
     ORDER BY b.scratch, (b.state IN ('building', 'complete')) DESC, b.id DESC LIMIT 1`,
  );
}

export async function lockBuild(tx: Tx, id: number): Promise<BuildFacts> {
  const found = await row(tx, sql<BuildFacts>`SELECT ${columns} ${from} WHERE b.id = ${id} FOR UPDATE OF b`);
  if (found === undefined) throw new Error(`there is no build ${id}`);
  return found;
}

export interface BuildFilter {
  state?: BuildState | undefined;
  package?: string | undefined;
  owner?: string | undefined;
  target?: string | undefined;
  before?: number | undefined;
  limit: number;
}

export async function listBuilds(tx: Reader, filter: BuildFilter): Promise<BuildFacts[]> {
  const where = [
    filter.state === undefined ? undefined : sql`b.state = ${filter.state}`,
    filter.package === undefined ? undefined : sql`b.name = ${filter.package}`,
    filter.owner === undefined ? undefined : sql`b.owner = ${filter.owner}`,
    filter.target === undefined ? undefined : sql`t.name = ${filter.target}`,
    filter.before === undefined ? undefined : sql`b.id < ${filter.before}`,
  ].filter((one) => one !== undefined);
  return await rows(
    tx,
    sql<BuildFacts>`
    SELECT ${columns} ${from} WHERE ${where.length === 0 ? sql`true` : sql.join(where, sql` AND `)} ORDER BY b.id DESC LIMIT ${filter.limit}`,
  );
}

/**
 * Takes the NVR for a build. @returns the build that has it already, if one does
 *
 * The advisory lock makes two builds that reach the same NVR at once take turns; the unique index is the last resort.
 */
export async function takeNvr(
  tx: Tx,
  build: BuildFacts,
  nvr: { nvr: string; name: string; epoch: number | null; version: string; release: string },
): Promise<number | undefined> {
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`nvr ${nvr.nvr}`}, 0))`.execute(tx);
  if (!build.scratch) {
    const other = await row(
      tx,
      sql<{ id: number }>`
      SELECT id FROM builds WHERE namespace = '' AND nvr = ${nvr.nvr} AND NOT scratch AND state IN ('building', 'complete') AND id <> ${build.id}`,
    );
    if (other !== undefined) return other.id;
  }
  await sql`
    UPDATE builds SET nvr = ${nvr.nvr}, name = ${nvr.name}, epoch = ${nvr.epoch}, version = ${nvr.version}, release = ${nvr.release}
     WHERE id = ${build.id}`.execute(tx);
  return undefined;
}

/** Pins the revision that all tasks of a build see; the first to ask decides. @returns the pinned one */
export async function pinRevision(tx: Tx, build: number, revision: number, rootKey: string): Promise<number> {
  const found = await row(
    tx,
    sql<{ revision: number }>`
    UPDATE builds SET revision_id = coalesce(revision_id, ${revision}), root_key = coalesce(root_key, ${rootKey}) WHERE id = ${build} RETURNING revision_id AS revision`,
  );
  return found?.revision ?? revision;
}

/** Pins, as `pinRevision` does, what is added to it: all links at once. @returns the pinned ones */
export async function pinLinks<L extends Link>(tx: Tx, build: number, links: readonly L[]): Promise<L[]> {
  const found = await row(
    tx,
    sql<{ links: L[] }>`
    UPDATE builds SET links = CASE WHEN links->0 ? 'revision' THEN links ELSE ${JSON.stringify(links)}::jsonb END
     WHERE id = ${build} RETURNING links`,
  );
  return found?.links ?? [...links];
}

export async function endBuild(
  tx: Tx,
  build: number,
  state: Exclude<BuildState, 'building'>,
  failure: Failure | null,
): Promise<void> {
  await sql`
    WITH dead AS (
      UPDATE rpms SET live = false WHERE build_id = ${build} AND live AND ${state} <> 'complete'
    )
    UPDATE builds SET state = ${state}, failure = ${failure === null ? null : JSON.stringify(failure)}::jsonb, ended_at = ledger_now()
     WHERE id = ${build}`.execute(tx);
}

/** The build that has the NVR of one that is over, or one of its packages, by now. */
export async function rpmsTaken(tx: Tx, build: BuildFacts): Promise<number | undefined> {
  if (build.scratch) return undefined;
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`nvr ${build.nvr}`}, 0))`.execute(tx);
  const found = await row(
    tx,
    sql<{ id: number }>`
    SELECT id FROM builds WHERE namespace = '' AND nvr = ${build.nvr} AND NOT scratch AND state IN ('building', 'complete') AND id <> ${build.id}
    UNION
    SELECT o.build_id FROM rpms r JOIN rpms o ON o.nevra = r.nevra AND o.namespace = r.namespace AND o.live AND o.build_id <> r.build_id
     WHERE r.build_id = ${build.id} LIMIT 1`,
  );
  return found?.id;
}

export async function reopenBuild(tx: Tx, build: number): Promise<void> {
  await sql`UPDATE builds SET state = 'building', failure = NULL, ended_at = NULL WHERE id = ${build}`.execute(
    tx,
  );
  await sql`UPDATE rpms SET live = true FROM builds b WHERE b.id = rpms.build_id AND b.id = ${build} AND NOT b.scratch`.execute(
    tx,
  );
}

export interface RpmRow {
  nevra: string;
  name: string;
  epoch: number | null;
  version: string;
  release: string;
  arch: string;
  file_name: string;
  source_rpm: string | null;
  sha256: string;
  size: number;
  header_start: number;
  header_end: number;
}

/** Writes the packages of a task. @returns those NEVRAs that a running or complete build has already */
export async function insertRpms(
  tx: Tx,
  build: number,
  task: number,
  live: boolean,
  list: readonly RpmRow[],
): Promise<{ taken: string[]; ids: Map<string, number> }> {
  const made = await rows(
    tx,
    sql<{ id: number; nevra: string }>`
    INSERT INTO rpms (build_id, task_id, nevra, name, epoch, version, release, arch, file_name, source_rpm, sha256, size, header_start, header_end, live)
    SELECT ${build}, ${task}, x.*, ${live}::boolean
      FROM jsonb_to_recordset(${JSON.stringify(list)}::jsonb)
        AS x(nevra text, name text, epoch int, version text, release text, arch text, file_name text, source_rpm text,
             sha256 text, size bigint, header_start bigint, header_end bigint)
     ORDER BY x.nevra
    ON CONFLICT (namespace, nevra) WHERE live DO NOTHING
    RETURNING id, nevra`,
  );
  await sql`
    INSERT INTO copies (rpm_id, name, epoch, version, release, arch, file_name, sha256, size, header_start, header_end)
    SELECT id, name, epoch, version, release, arch, file_name, sha256, size, header_start, header_end
      FROM rpms WHERE id = ANY(${made.map((one) => one.id)}::bigint[])`.execute(tx);
  const ids = new Map(made.map((one) => [one.nevra, one.id]));
  return { ids, taken: list.map((one) => one.nevra).filter((nevra) => !ids.has(nevra)) };
}

export async function setSourceRpm(tx: Tx, build: number, rpm: number): Promise<void> {
  await sql`UPDATE builds SET source_rpm_id = ${rpm} WHERE id = ${build}`.execute(tx);
}

export interface RpmFacts {
  id: number;
  task: number;
  nevra: string;
  fileName: string;
  arch: string;
  sha256: string;
  size: number;
}

export async function rpmsOfBuild(tx: Reader, build: number): Promise<RpmFacts[]> {
  return await rows(
    tx,
    sql<RpmFacts>`
    SELECT id, task_id AS task, nevra, file_name AS "fileName", arch, sha256, size FROM rpms
     WHERE build_id = ${build} ORDER BY arch, nevra`,
  );
}

/** Keeps the exact content of a buildroot; roots of equal content share one row. */
export async function insertBuildroot(
  tx: Tx,
  root: { task: number; attempt: number; build: number; arch: string; worker: string; revision: number },
  packages: readonly InstalledPackage[],
  sha256: string,
  requires: readonly string[],
): Promise<void> {
  await sql`
    INSERT INTO package_sets (sha256, size, packages) VALUES (${sha256}, ${packages.length}, ${JSON.stringify(packages)}::jsonb)
    ON CONFLICT DO NOTHING`.execute(tx);
  await sql`
    INSERT INTO buildroots (task_id, attempt, build_id, arch, worker, revision_id, packages, requires)
    VALUES (${root.task}, ${root.attempt}, ${root.build}, ${root.arch}, ${root.worker}, ${root.revision}, ${sha256},
            ${JSON.stringify(requires)}::jsonb)`.execute(tx);
}

export interface BuildrootFacts {
  task: number;
  arch: string;
  worker: string;
  revision: string;
  packages: number;
}

export async function buildrootsOf(tx: Reader, build: number): Promise<BuildrootFacts[]> {
  return await rows(
    tx,
    sql<BuildrootFacts>`
    SELECT r.task_id AS task, r.arch, r.worker, coalesce(p.name, g.name) || '/' || v.number AS revision, s.size AS packages
      FROM buildroots r JOIN package_sets s ON s.sha256 = r.packages
      JOIN repo_revisions v ON v.id = r.revision_id JOIN repos p ON p.id = v.repo_id JOIN tags g ON g.id = p.tag_id
     WHERE r.build_id = ${build} ORDER BY r.task_id`,
  );
}

/** The build of a package that a tag shows. @param tags it and all that it inherits from, nearest first */
export async function shownBuild(
  tx: Reader,
  name: string,
  tags: readonly number[],
): Promise<BuildFacts | undefined> {
  return await row(
    tx,
    sql<BuildFacts>`
    SELECT ${columns} ${from} JOIN tag_builds x ON x.build_id = b.id AND x.removed IS NULL
     WHERE b.name = ${name} AND x.tag_id = ANY(${tags}::bigint[])
     ORDER BY array_position(${tags}::bigint[], x.tag_id), x.added DESC LIMIT 1`,
  );
}

export interface MadeRoot {
  arch: string;
  /** What rpmbuild was told to build for, where that was another. */
  target: 'noarch' | null;
  packages: InstalledPackage[];
}

/** The roots in which the packages of a build were made. */
export async function rootsOf(tx: Reader, build: number): Promise<MadeRoot[]> {
  return await rows(
    tx,
    sql<MadeRoot>`
    SELECT r.arch, t.request->>'target' AS target, s.packages
      FROM tasks t JOIN buildroots r ON r.task_id = t.id JOIN package_sets s ON s.sha256 = r.packages
     WHERE t.build_id = ${build}`,
  );
}

/** The source package that a build made of the one that was submitted. */
export async function madeSource(
  tx: Reader,
  build: number,
): Promise<{ sha256: string; name: string; size: number } | undefined> {
  return await row(
    tx,
    sql<{ sha256: string; name: string; size: number }>`
    SELECT r.sha256, r.file_name AS name, r.size FROM builds b JOIN rpms r ON r.id = b.source_rpm_id WHERE b.id = ${build}`,
  );
}

export interface LastSource {
  build: number;
  name: string;
  sourceName: string;
  sourceSha256: string;
  /** The source package as it was made for the target; null where there is none. */
  madeSha256: string | null;
  /** By architecture, the generated ones included; null where builds of older hubs did not keep it. */
  requires: { arch: string; requires: string[] }[] | null;
}

/** What the builds of a tag were made from, for making them again. */
export async function lastSources(tx: Reader, builds: readonly number[]): Promise<LastSource[]> {
  return await rows(
    tx,
    sql<LastSource>`
    SELECT b.id AS build, b.name, b.source_name AS "sourceName", b.source_sha256 AS "sourceSha256", r.sha256 AS "madeSha256",
           (SELECT jsonb_agg(jsonb_build_object('arch', o.arch, 'requires', o.requires) ORDER BY o.arch)
              FROM buildroots o WHERE o.build_id = b.id AND o.requires IS NOT NULL) AS requires
      FROM builds b LEFT JOIN rpms r ON r.id = b.source_rpm_id WHERE b.id = ANY(${builds}::bigint[]) ORDER BY b.name`,
  );
}

/** A revision's name: `<repository>/<number>`. */
export async function pinnedName(tx: Reader, revision: number): Promise<string | null> {
  return (
    (
      await row(
        tx,
        sql<{ name: string }>`
    SELECT coalesce(p.name, g.name) || '/' || v.number AS name
      FROM repo_revisions v JOIN repos p ON p.id = v.repo_id JOIN tags g ON g.id = p.tag_id WHERE v.id = ${revision}`,
      )
    )?.name ?? null
  );
}
