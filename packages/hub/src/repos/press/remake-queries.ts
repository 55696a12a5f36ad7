/** SQL of making a damaged blob of metadata again: what lies in it, and where. */
import { sql } from 'kysely';
import { type Reader, rows } from '../../ledger/index.ts';
import type { Layout } from './member.ts';

export interface RunInBlob {
  id: number;
  start: number;
  sizes: number[];
  layout: Layout;
}

export async function runsInBlob(reader: Reader, sha256: string): Promise<RunInBlob[]> {
  return await rows(
    reader,
    sql<RunInBlob>`
    SELECT u.id, u.start, to_jsonb(u.sizes) AS sizes, t.layout
      FROM runs u CROSS JOIN LATERAL (SELECT layout FROM repo_trees t WHERE t.runs @> ARRAY[u.id] LIMIT 1) t
     WHERE u.blob = ${sha256} ORDER BY u.start`,
  );
}

export interface DocumentOfBlob {
  /** In its repository. */
  name: string;
  /** Packages of its tree. */
  packages: number;
}

/** Documents that are joined from a blob and others. */
export async function documentsOfBlob(reader: Reader, sha256: string): Promise<DocumentOfBlob[]> {
  return await rows(
    reader,
    sql<DocumentOfBlob>`
    SELECT DISTINCT ON (w.id) f.name, t.packages
      FROM blobs b JOIN blob_parts p ON p.part = b.id JOIN blobs w ON w.id = p.whole
      JOIN repo_files f ON f.sha256 = w.sha256 JOIN repo_trees t ON t.revision_id = f.revision_id AND t.tree = f.tree
     WHERE b.sha256 = ${sha256} AND w.pieces IS NOT NULL ORDER BY w.id`,
  );
}
