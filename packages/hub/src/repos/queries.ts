/** SQL of repositories and their revisions. */
import { sql } from 'kysely';
import { type Reader, row, rows, type Tx } from '../ledger/index.ts';
import { called, type RepoKind } from './kind-queries.ts';
import type { Layout } from './press/member.ts';

export interface RepoFacts {
  id: number;
  tag: number;
  revision: number | null;
  number: number | null;
  wanted: number;
  /** The newest publish task. */
  task: number;
  /** That task has ended. */
  over: boolean;
}

const repoColumns = sql`
  r.id, r.tag_id AS tag, r.revision_id AS revision, v.number, r.wanted, r.task_id AS task,
  t.state NOT IN ('free', 'leased') AS over
  FROM repos r JOIN tasks t ON t.id = r.task_id LEFT JOIN repo_revisions v ON v.id = r.revision_id`;

/** The build repository of a tag. */
export async function findRepo(tx: Reader, tag: number, lock = false): Promise<RepoFacts | undefined> {
  // Locked before it is read: what a join with a lock waited for may have another task, and the row is lost then.
  if (lock) await sql`SELECT FROM repos WHERE tag_id = ${tag} AND kind = 'build' FOR UPDATE`.execute(tx);
  return await row(tx, sql<RepoFacts>`SELECT ${repoColumns} WHERE r.tag_id = ${tag} AND r.kind = 'build'`);
}

export async function setRepo(tx: Tx, tag: number, wanted: number, task: number): Promise<void> {
  await sql`
    INSERT INTO repos (tag_id, kind, wanted, task_id) VALUES (${tag}, 'build', ${wanted}, ${task})
    ON CONFLICT (tag_id) WHERE kind = 'build'
    DO UPDATE SET wanted = greatest(repos.wanted, excluded.wanted), task_id = excluded.task_id`.execute(tx);
}

export async function linkBuild(tx: Tx, build: number, task: number): Promise<void> {
  await sql`INSERT INTO build_publishes (build_id, task_id) VALUES (${build}, ${task}) ON CONFLICT DO NOTHING`.execute(
    tx,
  );
}

export async function buildsOfPublish(tx: Reader, task: number): Promise<number[]> {
  const found = await rows(
    tx,
    sql<{ id: number }>`SELECT build_id AS id FROM build_publishes WHERE task_id = ${task} ORDER BY 1`,
  );
  return found.map((one) => one.id);
}

/** Binary packages of builds as they were built. */
export async function copiesOfBuilds(
  reader: Reader,
  builds: readonly number[],
): Promise<{ id: number; arch: string; build: number }[]> {
  return await rows(
    reader,
    sql<{ id: number; arch: string; build: number }>`
    SELECT c.id, c.arch, r.build_id AS build
      FROM rpms r JOIN builds b ON b.id = r.build_id JOIN copies c ON c.rpm_id = r.id AND c.key_id IS NULL
     WHERE r.build_id = ANY(${builds}::bigint[]) AND r.id IS DISTINCT FROM b.source_rpm_id AND r.live`,
  );
}

/** Copies of these source packages' builds that stand in runs. */
export async function copiesInRuns(
  reader: Reader,
  runs: readonly number[],
  packages: readonly string[],
): Promise<number[]> {
  const found = await rows(
    reader,
    sql<{ id: number }>`
    SELECT DISTINCT c.id
      FROM builds b JOIN rpms r ON r.build_id = b.id JOIN copies c ON c.rpm_id = r.id JOIN run_members m ON m.copy_id = c.id
     WHERE b.name = ANY(${packages}::text[]) AND m.run_id = ANY(${runs}::bigint[])`,
  );
  return found.map((one) => one.id);
}

export async function nextNumber(tx: Reader, repo: number): Promise<number> {
  const found = await row(
    tx,
    sql<{ n: number }>`SELECT coalesce(max(number), 0) + 1 AS n FROM repo_revisions WHERE repo_id = ${repo}`,
  );
  return found?.n ?? 1;
}

/** Seconds since 1970 at which the catalogue came to a change; whole ones. */
export async function timeOfChange(tx: Reader, change: number): Promise<number> {
  const found = await row(
    tx,
    sql<{ at: number }>`
    SELECT floor(extract(epoch FROM at))::float8 AS at FROM catalogue_changes WHERE id = ${change}`,
  );
  return found?.at ?? 0;
}

/** The newest revision of a repository: the change that it shows, and the runs of its trees. */
export async function latestTrees(
  reader: Reader,
  repo: number,
): Promise<
  | { id: number; change: number; definition: unknown; wentBack: boolean; trees: Map<string, number[]> }
  | undefined
> {
  const found = await rows(
    reader,
    sql<{ id: number; change: number; definition: unknown; wentBack: boolean; tree: string; runs: number[] }>`
    SELECT v.id, v.change, v.definition, v.back_to IS NOT NULL AS "wentBack", t.tree, to_jsonb(t.runs) AS runs
      FROM repo_revisions v JOIN repo_trees t ON t.revision_id = v.id
     WHERE v.repo_id = ${repo} AND v.number = (SELECT max(number) FROM repo_revisions m WHERE m.repo_id = ${repo})
       -- What was published before there were runs has none that can be joined again.
       AND NOT EXISTS (SELECT FROM runs u WHERE u.id = ANY(t.runs) AND u.blob = '')`,
  );
  const [first] = found;
  return (
    first && {
      id: first.id,
      change: first.change,
      definition: first.definition,
      wentBack: first.wentBack,
      trees: new Map(found.map(({ tree, runs }) => [tree, runs])),
    }
  );
}

/** What the newest revision said of packages that are not signed. */
export async function unsignedBefore(tx: Reader, repo: number): Promise<unknown[]> {
  const found = await row(
    tx,
    sql<{ unsigned: unknown[] }>`
    SELECT unsigned FROM repo_revisions WHERE repo_id = ${repo} ORDER BY number DESC LIMIT 1`,
  );
  return found?.unsigned ?? [];
}

/** A revision that can be given again. */
export async function restorable(tx: Reader, repo: number, number: number): Promise<number | undefined> {
  const found = await row(
    tx,
    sql<{ id: number }>`
    SELECT id FROM repo_revisions WHERE repo_id = ${repo} AND number = ${number} AND expired_at IS NULL`,
  );
  return found?.id;
}

/** What a revision was made by, for one that has its content again. */
export async function revisionFacts(
  tx: Reader,
  revision: number,
): Promise<{ change: number; definition: unknown; unsigned: unknown[] } | undefined> {
  return await row(
    tx,
    sql<{ change: number; definition: unknown; unsigned: unknown[] }>`
    SELECT change, definition, unsigned FROM repo_revisions WHERE id = ${revision}`,
  );
}

export async function treesOfRevision(tx: Reader, revision: number): Promise<NewTree[]> {
  return await rows(
    tx,
    sql<NewTree>`
    SELECT t.tree, t.layout, t.packages, to_jsonb(t.runs) AS runs,
           (SELECT jsonb_agg(jsonb_build_object('name', f.name, 'sha256', f.sha256, 'size', f.size) ORDER BY f.name)
              FROM repo_files f WHERE f.revision_id = t.revision_id AND f.tree = t.tree) AS files
      FROM repo_trees t WHERE t.revision_id = ${revision} ORDER BY t.tree`,
  );
}

export interface NewTree {
  tree: string;
  layout: string;
  packages: number;
  runs: number[];
  files: { name: string; sha256: string; size: number }[];
}

export interface NewRevision {
  repo: number;
  number: number;
  change: number;
  task: number;
  trees: NewTree[];
  definition?: unknown;
  unsigned?: unknown;
  /** Signatures of repomd.xml that it waits for before it is shown. */
  unsealed?: number;
  backTo?: number | undefined;
}

/** The pointer goes to a higher revision and never back; what is below it is superseded from now on. @returns whether it has moved */
export async function showRevision(tx: Tx, repo: number, revision: number): Promise<boolean> {
  const shown = await row(
    tx,
    sql<{ id: number }>`
    WITH shown AS (
      UPDATE repos SET revision_id = ${revision}
       WHERE id = ${repo} AND coalesce((SELECT number FROM repo_revisions v WHERE v.id = repos.revision_id), 0)
                              < (SELECT number FROM repo_revisions v WHERE v.id = ${revision}) RETURNING id
    ), superseded AS (
      UPDATE repo_revisions v SET superseded_at = ledger_now()
        FROM shown WHERE v.repo_id = shown.id AND v.superseded_at IS NULL
         AND v.number < (SELECT number FROM repo_revisions n WHERE n.id = ${revision})
    )
    SELECT id FROM shown`,
  );
  return shown !== undefined;
}

/** Writes a revision, and moves the pointer to it where it waits for no signature. */
export async function insertRevision(tx: Tx, revision: NewRevision): Promise<number> {
  const made = await row(
    tx,
    sql<{ id: number }>`
    INSERT INTO repo_revisions (repo_id, number, change, task_id, created_at, definition, unsigned, unsealed, back_to)
    VALUES (${revision.repo}, ${revision.number}, ${revision.change}, ${revision.task}, ledger_now(),
            ${JSON.stringify(revision.definition ?? {})}::jsonb, ${JSON.stringify(revision.unsigned ?? [])}::jsonb,
            ${revision.unsealed ?? 0}, ${revision.backTo ?? null}) RETURNING id`,
  );
  if (made === undefined) throw new Error('the revision was not written');
  for (const { tree, layout, packages, runs, files } of revision.trees) {
    await sql`
      INSERT INTO repo_trees (revision_id, tree, layout, packages, runs)
      VALUES (${made.id}, ${tree}, ${layout}, ${packages}, ${runs}::bigint[])`.execute(tx);
    await sql`
      INSERT INTO repo_files (revision_id, tree, name, sha256, size)
      SELECT ${made.id}, ${tree}, x.name, x.sha256, x.size
        FROM jsonb_to_recordset(${JSON.stringify(files)}::jsonb) AS x(name text, sha256 text, size bigint)`.execute(
      tx,
    );
  }
  if ((revision.unsealed ?? 0) === 0) await showRevision(tx, revision.repo, made.id);
  return made.id;
}

export interface RevisionFacts {
  id: number;
  tag: string;
  number: number;
  change: number;
  createdAt: Date;
  expiredAt: Date | null;
  arches: string[];
  packages: number;
}

const revisionColumns = sql`
  v.id, g.name AS tag, v.number, v.change, v.created_at AS "createdAt", v.expired_at AS "expiredAt",
  ARRAY(SELECT tree FROM repo_trees t WHERE t.revision_id = v.id ORDER BY tree) AS arches,
  (SELECT coalesce(sum(packages), 0)::int FROM repo_trees t WHERE t.revision_id = v.id) AS packages
  FROM repo_revisions v JOIN repos r ON r.id = v.repo_id JOIN tags g ON g.id = r.tag_id`;

export async function listRevisions(
  tx: Reader,
  tag: number,
  before: number,
  limit: number,
): Promise<RevisionFacts[]> {
  return await rows(
    tx,
    sql<RevisionFacts>`
    SELECT ${revisionColumns} WHERE r.tag_id = ${tag} AND r.kind = 'build' AND v.number < ${before} ORDER BY v.number DESC LIMIT ${limit}`,
  );
}

/** The catalogue change that a revision shows. */
export async function changeOf(tx: Reader, revision: number): Promise<number> {
  const found = await row(
    tx,
    sql<{ change: number }>`SELECT change FROM repo_revisions WHERE id = ${revision}`,
  );
  if (found === undefined) throw new Error(`there is no revision ${revision}`);
  return found.change;
}

/** What a revision's address is made of, and the hash of its repomd.xml for that architecture. */
export async function revisionAddress(
  tx: Reader,
  revision: number,
  tree: string,
): Promise<{ name: string; number: number; repomd: string; merged: boolean } | undefined> {
  return await row(
    tx,
    sql<{ name: string; number: number; repomd: string; merged: boolean }>`
    SELECT coalesce(r.name, g.name) AS name, v.number, f.sha256 AS repomd,
           EXISTS (SELECT FROM revision_snapshots s WHERE s.revision_id = v.id AND s.tree = f.tree) AS merged
      FROM repo_revisions v JOIN repos r ON r.id = v.repo_id JOIN tags g ON g.id = r.tag_id
      JOIN repo_files f ON f.revision_id = v.id AND f.tree = ${tree} AND f.name = 'repomd.xml'
     WHERE v.id = ${revision}`,
  );
}

/** Which revision an address means: a number, or the newest. */
export async function resolveRevision(
  tx: Reader,
  kind: RepoKind,
  name: string,
  number: number | 'latest',
): Promise<{ id: number; number: number; expired: boolean; newest: number | null } | undefined> {
  const which = number === 'latest' ? sql`v.id = r.revision_id` : sql`v.number = ${number}`;
  return await row(
    tx,
    sql<{ id: number; number: number; expired: boolean; newest: number | null }>`
    SELECT v.id, v.number, v.expired_at IS NOT NULL AS expired,
           (SELECT s.number FROM repo_revisions s WHERE s.id = r.revision_id) AS newest
      FROM tags g JOIN repos r ON r.tag_id = g.id JOIN repo_revisions v ON v.repo_id = r.id
     WHERE ${called(kind, name)} AND v.unsealed = 0 AND ${which}`,
  );
}

export async function metadataFile(
  tx: Reader,
  revision: number,
  tree: string,
  name: string,
): Promise<{ sha256: string; size: number } | undefined> {
  return await row(
    tx,
    sql<{ sha256: string; size: number }>`
    SELECT sha256, size FROM repo_files WHERE revision_id = ${revision} AND tree = ${tree} AND name = ${name}`,
  );
}

/** The file that a tree gives under a package's file name. */
export async function packageFile(
  tx: Reader,
  revision: number,
  tree: string,
  name: string,
): Promise<{ sha256: string; size: number; package: string; layout: Layout } | undefined> {
  return await row(
    tx,
    sql<{ sha256: string; size: number; package: string; layout: Layout }>`
    SELECT c.sha256, c.size, c.name AS package, t.layout
      FROM copies c JOIN run_members m ON m.copy_id = c.id
      JOIN repo_trees t ON t.revision_id = ${revision} AND t.tree = ${tree} AND m.run_id = ANY(t.runs)
     WHERE c.file_name = ${name} LIMIT 1`,
  );
}

/** Repositories whose newest publish task ended without a revision, some time ago. */
export async function stalledRepos(tx: Reader): Promise<{ tag: number; wanted: number }[]> {
  return await rows(
    tx,
    sql<{ tag: number; wanted: number }>`
    SELECT r.tag_id AS tag, r.wanted FROM repos r JOIN tasks t ON t.id = r.task_id
     WHERE r.kind = 'build' AND t.state IN ('failed', 'canceled') AND t.ended_at < ledger_now() - interval '60 seconds' LIMIT 20`,
  );
}
