/**
 * Which packages come through a link of inheritance.
 *
 * Invariant: matching takes time in proportion to the name and the pattern, whatever the pattern: it is a regular
 * expression in RE2's syntax, which has neither references back nor looks around. As in Koji it must match from the
 * name's beginning and need not reach its end: `bash` lets `bash-completion` through, `bash$` does not.
 */
import { Problem } from '@moromi/contract';
import { RE2JS, RE2JSException } from 're2js';

const compiled = new Map<string, RE2JS>();
/** Patterns kept at hand; there are as many as links with a filter, which are few. */
const most = 1000;

/** @throws Problem `bad_filter` where the pattern is none */
export function checkFilter(pattern: string): void {
  try {
    RE2JS.compile(pattern);
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    throw new Problem('bad_filter', `the package filter ${pattern} is no pattern: ${error.message}`);
  }
}

/** Whether a package's name passes all of several filters. */
export function passes(name: string, filters: readonly string[]): boolean {
  return filters.every((pattern) => expression(pattern).matcher(name).lookingAt());
}

function expression(pattern: string): RE2JS {
  const known = compiled.get(pattern);
  if (known !== undefined) return known;
  if (compiled.size >= most) compiled.clear();
  const made = RE2JS.compile(pattern);
  compiled.set(pattern, made);
  return made;
}
