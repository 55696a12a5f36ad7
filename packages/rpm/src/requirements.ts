/** What a package requires, in words: of a source package, what has to be there to build it. */
import type { DependencyEntry } from './dependencies.ts';
import { formatEntry } from './dependency.ts';
import { isRpmlib } from './sense.ts';

/** As rpm shows it, in order and each once, without what is rpm's own business. */
export function requirementsOf({ requires }: { readonly requires: readonly DependencyEntry[] }): string[] {
  return [...new Set(requires.filter((one) => !isRpmlib(one)).map(formatEntry))].toSorted();
}
