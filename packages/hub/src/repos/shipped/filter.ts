/**
 * Which packages of a tag a repository leaves out or is made of.
 *
 * Invariant: pure. A pattern is a glob over the name, for one architecture where that stands before it: `foo-*`,
 * `[i686]foo`. What is excluded is out whatever includes it; where nothing is included everything is.
 */
import { excludedBy } from '@moromi/schedule';

export interface Filters {
  include: readonly string[];
  exclude: readonly string[];
}

const form = /^(?:\[([a-z0-9_]+)\])?(.+)$/;

export function isWanted(name: string, arch: string, { include, exclude }: Filters): boolean {
  const matches = (pattern: string): boolean => {
    const [, only, glob] = form.exec(pattern) ?? [];
    return (
      glob !== undefined && (only === undefined || only === arch) && excludedBy(name, [glob]) !== undefined
    );
  };
  return !exclude.some(matches) && (include.length === 0 || include.some(matches));
}
