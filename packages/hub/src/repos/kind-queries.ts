/** SQL of what repositories are called. */
import { sql } from 'kysely';

/** Of a tag for its buildroots, or one that is shipped. */
export type RepoKind = 'build' | 'dist';

/** Of a repository `r` of a tag `g`: that of a tag is called as the tag is. */
export const called = (kind: RepoKind, name: string) =>
  kind === 'build' ? sql`g.name = ${name} AND r.kind = 'build'` : sql`r.name = ${name} AND r.kind = 'dist'`;
