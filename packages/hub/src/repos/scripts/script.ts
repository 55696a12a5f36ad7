/** Programs that run after a repository shows a new revision, as the configuration has them. */
import { excludedBy } from '@moromi/schedule';
import type { RepoKind } from '../kind-queries.ts';

/** A program that runs after a repository shows a new revision, with the repository's name as its last argument. */
export interface RepoScript {
  name: string;
  /** Globs over names of repositories that are shipped and of tags, or `tag:` and a glob over the tag of either. */
  repos: string[];
  /** Of repositories. */
  kinds: ('build' | 'dist')[];
  /** The program's absolute path, and its first arguments. */
  command: string[];
  /** Null: the hub's own. */
  user: { uid: number; gid: number } | null;
  timeoutSeconds: number;
  /** How often it is tried for one revision. */
  tries: number;
}

/** What one runs for. */
export interface Shown {
  repo: number;
  kind: RepoKind;
  name: string;
  tag: string;
  /** The revision's row, and its number. */
  revision: number;
  number: number;
  change: number;
}

/** By the repository's name, which is the tag's where it is that of buildroots; or by `tag:` and the tag's. */
export function isFor(
  script: RepoScript,
  { kind, name, tag }: Pick<Shown, 'kind' | 'name' | 'tag'>,
): boolean {
  if (!script.kinds.includes(kind)) return false;
  return script.repos.some((pattern) =>
    pattern.startsWith('tag:')
      ? excludedBy(tag, [pattern.slice(4)]) !== undefined
      : excludedBy(name, [pattern]) !== undefined,
  );
}

/** The same whenever it is tried again, so that what it does outside can be told from what it did before. */
export function scriptId(script: string, { kind, name, number }: Shown): string {
  return `${script}/${kind}/${name}/${number}`;
}
