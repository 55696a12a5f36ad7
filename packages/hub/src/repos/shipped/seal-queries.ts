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

/** Trees of revisions that wait for the signature of this file; their repositories are locked. */
export async function findSealing(tx: Tx, sha256: string): Promise<Sealing[]> {
  return await rows(
    tx,
    sql<Sealing>`
    SELECT r.id AS repo, coalesce(r.name, g.name) AS name, v.id AS revision, v.number, v.change, f.tree
      FROM repo_files f JOIN repo_revisions v ON v.id = f.revision_id JOIN repos r ON r.id = v.repo_id JOIN tags g ON g.id = r.tag_id
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
