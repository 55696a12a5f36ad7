/** SQL of the signatures of repomd.xml. */
import { sql } from 'kysely';
import { type Reader, row, rows, type Tx } from '../../ledger/index.ts';

export async function unsealedTrees(
  tx: Reader,
  revision: number,
): Promise<{ sha256: string; size: number; tree: string }[]> {
  return await rows(
    tx,
    sql<{ sha256: string; size: number; tree: string }>`
    SELECT sha256, size, min(tree) AS tree FROM repo_files
     WHERE revision_id = ${revision} AND name = 'repomd.xml' GROUP BY sha256, size ORDER BY min(tree)`,
  );
}

export interface Sealing {
  repo: number;
  name: string;
  revision: number;
  number: number;
  change: number;
  tree: string;
}

/**
 * Trees of revisions that wait for the signature of this file by this task; their repositories are locked. Another
 * repository may have the same file and wait for another key's.
 */
export async function findSealing(tx: Tx, sha256: string, task: number): Promise<Sealing[]> {
  return await rows(
    tx,
    sql<Sealing>`
    SELECT r.id AS repo, coalesce(r.name, g.name) AS name, v.id AS revision, v.number, v.change, f.tree
      FROM repo_files f JOIN repo_revisions v ON v.id = f.revision_id JOIN repos r ON r.id = v.repo_id JOIN tags g ON g.id = r.tag_id
      JOIN repo_seals l ON l.revision_id = v.id AND l.sha256 = f.sha256 AND l.task_id = ${task}
     WHERE f.sha256 = ${sha256} AND f.name = 'repomd.xml' AND v.unsealed > 0
       AND NOT EXISTS (SELECT FROM repo_files s WHERE s.revision_id = v.id AND s.tree = f.tree AND s.name = 'repomd.xml.asc')
     ORDER BY v.id, f.tree FOR UPDATE OF r`,
  );
}

/** @returns how many signatures the revision still waits for */
export async function addSeal(
  tx: Tx,
  revision: number,
  tree: string,
  signature: { sha256: string; size: number },
): Promise<number> {
  await sql`
    INSERT INTO repo_files (revision_id, tree, name, sha256, size)
    VALUES (${revision}, ${tree}, 'repomd.xml.asc', ${signature.sha256}, ${signature.size})`.execute(tx);
  const left = await row(
    tx,
    sql<{ unsealed: number }>`
    UPDATE repo_revisions SET unsealed = unsealed - 1 WHERE id = ${revision} RETURNING unsealed`,
  );
  return left?.unsealed ?? 0;
}

/** Which task signs a file of a revision. */
export async function noteSeal(tx: Tx, revision: number, sha256: string, task: number): Promise<void> {
  await sql`
    INSERT INTO repo_seals (revision_id, sha256, task_id) VALUES (${revision}, ${sha256}, ${task})
    ON CONFLICT (revision_id, sha256) DO UPDATE SET task_id = excluded.task_id`.execute(tx);
}

export interface UnsealedFile {
  repo: number;
  name: string;
  revision: number;
  number: number;
  tree: string;
  sha256: string;
  size: number;
  key: string;
  tag: string;
}

/** Files of newest revisions whose tasks ended some time ago without a signature. @param repo of this one alone */
export async function unsealedAgain(tx: Reader, repo?: number): Promise<UnsealedFile[]> {
  return await rows(
    tx,
    sql<UnsealedFile>`
    SELECT r.id AS repo, r.name, v.id AS revision, v.number, min(f.tree) AS tree, f.sha256, f.size,
           r.definition->>'repoKey' AS key, g.name AS tag
      FROM repos r JOIN tags g ON g.id = r.tag_id JOIN repo_revisions v ON v.repo_id = r.id AND v.unsealed > 0
      JOIN repo_seals s ON s.revision_id = v.id JOIN tasks t ON t.id = s.task_id
      JOIN repo_files f ON f.revision_id = v.id AND f.sha256 = s.sha256 AND f.name = 'repomd.xml'
     WHERE r.definition->>'repoKey' IS NOT NULL AND ${repo === undefined ? sql`true` : sql`r.id = ${repo}`}
       AND t.state NOT IN ('free', 'leased') AND t.ended_at < ledger_now() - interval '900 seconds'
       AND NOT EXISTS (SELECT FROM repo_revisions n WHERE n.repo_id = r.id AND n.number > v.number)
       AND NOT EXISTS (SELECT FROM repo_files a WHERE a.revision_id = v.id AND a.tree = f.tree AND a.name = 'repomd.xml.asc')
     GROUP BY r.id, g.name, v.id, f.sha256, f.size ORDER BY r.id, min(f.tree)`,
  );
}
