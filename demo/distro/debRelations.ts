/**
 * A Debian relation field (Depends, Pre-Depends, Provides) as RPM dependencies.
 *
 * Debian (policy 7.1): clauses joined by ',', alternatives by '|', each `name[:arch] [(op version)]`. Alternatives
 * become a rich dependency, `(a or b >= 1)`. A clause that one of the names in `without` can satisfy is dropped:
 * those packages are not converted because this distribution does without them.
 *
 * Bounds are a little wider than Debian's. To RPM `> 2.36` excludes every release of 2.36, to Debian `>> 2.36` does
 * not, so it becomes `>=`; and upper bounds use revisions that have no counterpart (`<< 2.39.5-.`), so they become
 * none. All packages are of one Debian release, where the true bounds hold.
 */
import { boundOfDebVersion } from './debVersion.ts';

const OPERATORS: Record<string, string> = { '=': '=', '>=': '>=', '>>': '>=' };
const TERM = /^([a-z0-9][a-z0-9+.-]*)(?::[a-z0-9-]+)?(?:\s*\(\s*(<<|<=|=|>=|>>)\s*([^\s)]+)\s*\))?$/;

/** @returns sorted, without doubles. @throws Error on a term that is not of policy 7.1's shape. */
export function rpmDependencies(
  field: string | undefined,
  without: ReadonlySet<string> = new Set(),
): string[] {
  const found = new Set<string>();
  for (const clause of split(field ?? '', ',')) {
    const terms = split(clause, '|').map(readTerm);
    if (terms.some((term) => without.has(term.name))) continue;
    const [first, ...others] = [...new Set(terms.map((term) => term.text))];
    if (first === undefined) continue;
    found.add(others.length === 0 ? first : `(${[first, ...others].join(' or ')})`);
  }
  return [...found].sort();
}

function readTerm(term: string): { name: string; text: string } {
  const [, name, operator, version] = TERM.exec(term) ?? [];
  if (name === undefined) throw new Error(`not a Debian dependency: ${JSON.stringify(term)}`);
  const bound = OPERATORS[operator ?? ''];
  if (bound === undefined || version === undefined) return { name, text: name };
  return { name, text: `${name} ${bound} ${boundOfDebVersion(version)}` };
}

function split(text: string, separator: string): string[] {
  return text
    .split(separator)
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
