/** SQL of what the git catalogue governs. */
import { sql } from 'kysely';
import { type Reader, row, rows, type Tx } from '../ledger/index.ts';
import type { TagFacts } from './queries.ts';

/** The commit that says a tag's own settings, if git does. */
export async function gitTag(tx: Reader, tag: number): Promise<string | undefined> {
  return (
    await row(
      tx,
      sql<{ commit: string }>`SELECT commit FROM git_tags WHERE tag_id = ${tag} AND removed IS NULL`,
    )
  )?.commit;
}

export async function gitTags(tx: Reader): Promise<TagFacts[]> {
  return await rows(
    tx,
    sql<TagFacts>`
    SELECT t.id, t.name, t.settings, t.locked FROM git_tags g JOIN tags t ON t.id = g.tag_id
     WHERE g.removed IS NULL ORDER BY t.name`,
  );
}

export async function putGitTag(tx: Tx, tag: number, commit: string, change: number): Promise<void> {
  await endGitTag(tx, tag, change);
  await sql`
    INSERT INTO git_tags (tag_id, commit, added) VALUES (${tag}, ${commit}, ${change})
    ON CONFLICT (tag_id, added) DO UPDATE SET commit = excluded.commit, removed = NULL`.execute(tx);
}

export async function endGitTag(tx: Tx, tag: number, change: number): Promise<void> {
  await sql`UPDATE git_tags SET removed = ${change} WHERE tag_id = ${tag} AND removed IS NULL`.execute(tx);
}
