/** SQL of repositories and their revisions. */
import type { UploadedFile } from '@moromi/contract';
import { sql } from 'kysely';
import { type Reader, row, rows, type Tx } from '../ledger/index.ts';

export interface RepoFacts {
  tag: number;
  revision: number | null;
  number: number | null;
  wanted: number;
  /** The newest publish task. */
  task: number;
  /** That task has ended. */
  over: boolean;
}

export async function findRepo(tx: Reader, tag: number, lock = false): Promise<RepoFacts | undefined> {
  return await row(
    tx,
    sql<RepoFacts>`
    SELECT r.tag_id AS tag, r.revision_id AS revision, v.number, r.wanted, r.task_id AS task,
           t.state NOT IN ('free', 'leased') AS over
      FROM repos r JOIN tasks t ON t.id = r.task_id LEFT JOIN repo_revisions v ON v.id = r.revision_id
     WHERE r.tag_id = ${tag} ${lock ? sql`FOR UPDATE OF r` : sql``}`,
  );
}

export async function setRepo(tx: Tx, tag: number, wanted: number, task: number): Promise<void> {
  await sql`
    INSERT INTO repos (tag_id, wanted, task_id) VALUES (${tag}, ${wanted}, ${task})
    ON CONFLICT (tag_id) DO UPDATE SET wanted = greatest(repos.wanted, excluded.wanted), task_id = excluded.task_id`.execute(
    tx,
  );
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

export interface Member {
  id: number;
  name: string;
  sha256: string;
  size: number;
  arch: string;
}

/** Binary packages of builds. */
export async function members(tx: Reader, builds: readonly number[]): Promise<Member[]> {
  return await rows(
    tx,
    sql<Member>`
    SELECT r.id, r.file_name AS name, r.sha256, r.size, r.arch
      FROM rpms r JOIN builds b ON b.id = r.build_id
     WHERE r.build_id = ANY(${builds}::bigint[]) AND r.id <> b.source_rpm_id AND r.live ORDER BY r.file_name, r.id`,
  );
}

export async function nextNumber(tx: Reader, tag: number): Promise<number> {
  return (
    (
      await row(
        tx,
        sql<{
          n: number;
        }>`SELECT coalesce(max(number), 0) + 1 AS n FROM repo_revisions WHERE tag_id = ${tag}`,
      )
    )?.n ?? 1
  );
}

export interface NewRevision {
  tag: number;
  number: number;
  change: number;
  task: number;
  arches: { arch: string; rpms: number[]; files: UploadedFile[] }[];
}

/** Writes a revision and moves the pointer to it. */
export async function insertRevision(tx: Tx, revision: NewRevision): Promise<number> {
  const made = await row(
    tx,
    sql<{ id: number }>`
    INSERT INTO repo_revisions (tag_id, number, change, task_id, created_at)
    VALUES (${revision.tag}, ${revision.number}, ${revision.change}, ${revision.task}, ledger_now()) RETURNING id`,
  );
  if (made === undefined) throw new Error('the revision was not written');
  for (const { arch, rpms, files } of revision.arches) {
    await sql`INSERT INTO repo_arches (revision_id, arch, rpms) VALUES (${made.id}, ${arch}, ${rpms}::bigint[])`.execute(
      tx,
    );
    await sql`
      INSERT INTO repo_files (revision_id, arch, name, sha256, size)
      SELECT ${made.id}, ${arch}, x.name, x.sha256, x.size FROM jsonb_to_recordset(${JSON.stringify(files)}::jsonb) AS x(name text, sha256 text, size bigint)`.execute(
      tx,
    );
  }
  await sql`UPDATE repos SET revision_id = ${made.id} WHERE tag_id = ${revision.tag}`.execute(tx);
  return made.id;
}

export interface RevisionFacts {
  id: number;
  tag: string;
  number: number;
  change: number;
  createdAt: Date;
  arches: string[];
  packages: number;
}

const revisionColumns = sql`
  v.id, g.name AS tag, v.number, v.change, v.created_at AS "createdAt",
  ARRAY(SELECT arch FROM repo_arches a WHERE a.revision_id = v.id ORDER BY arch) AS arches,
  (SELECT count(DISTINCT p)::int FROM repo_arches a, unnest(a.rpms) p WHERE a.revision_id = v.id) AS packages
  FROM repo_revisions v JOIN tags g ON g.id = v.tag_id`;

export async function listRevisions(
  tx: Reader,
  tag: number,
  before: number,
  limit: number,
): Promise<RevisionFacts[]> {
  return await rows(
    tx,
    sql<RevisionFacts>`SELECT ${revisionColumns} WHERE v.tag_id = ${tag} AND v.number < ${before} ORDER BY v.number DESC LIMIT ${limit}`,
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
  arch: string,
): Promise<{ tag: string; number: number; repomd: string } | undefined> {
  return await row(
    tx,
    sql<{ tag: string; number: number; repomd: string }>`
    SELECT g.name AS tag, v.number, f.sha256 AS repomd
      FROM repo_revisions v JOIN tags g ON g.id = v.tag_id
      JOIN repo_files f ON f.revision_id = v.id AND f.arch = ${arch} AND f.name = 'repomd.xml'
     WHERE v.id = ${revision}`,
  );
}

/** Which revision an address means: a number, or the newest. */
export async function resolveRevision(
  tx: Reader,
  tag: string,
  number: number | 'latest',
): Promise<{ id: number; number: number } | undefined> {
  if (number === 'latest') {
    return await row(
      tx,
      sql<{ id: number; number: number }>`
      SELECT v.id, v.number FROM repos r JOIN tags g ON g.id = r.tag_id JOIN repo_revisions v ON v.id = r.revision_id WHERE g.name = ${tag}`,
    );
  }
  return await row(
    tx,
    sql<{ id: number; number: number }>`
    SELECT v.id, v.number FROM repo_revisions v JOIN tags g ON g.id = v.tag_id WHERE g.name = ${tag} AND v.number = ${number}`,
  );
}

export async function metadataFile(
  tx: Reader,
  revision: number,
  arch: string,
  name: string,
): Promise<string | undefined> {
  return (
    await row(
      tx,
      sql<{ sha256: string }>`
    SELECT sha256 FROM repo_files WHERE revision_id = ${revision} AND arch = ${arch} AND name = ${name}`,
    )
  )?.sha256;
}

export async function packageFile(
  tx: Reader,
  revision: number,
  arch: string,
  name: string,
): Promise<string | undefined> {
  return (
    await row(
      tx,
      sql<{ sha256: string }>`
    SELECT r.sha256 FROM rpms r
     WHERE r.file_name = ${name}
       AND r.id = ANY(coalesce((SELECT rpms FROM repo_arches WHERE revision_id = ${revision} AND arch = ${arch}), '{}'))`,
    )
  )?.sha256;
}

/** Repositories whose newest publish task ended without a revision, some time ago. */
export async function stalledRepos(tx: Reader): Promise<{ tag: number; wanted: number }[]> {
  return await rows(
    tx,
    sql<{ tag: number; wanted: number }>`
    SELECT r.tag_id AS tag, r.wanted FROM repos r JOIN tasks t ON t.id = r.task_id
     WHERE t.state IN ('failed', 'canceled') AND t.ended_at < ledger_now() - interval '60 seconds' LIMIT 20`,
  );
}
