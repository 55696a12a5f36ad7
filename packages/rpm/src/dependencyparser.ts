/**
 * Reads dependencies as rpmbuild reads them from a spec file (build/parseReqs.cc, lib/rpmds.cc): whatever is read here,
 * rpm reads, and with the same meaning. Two things that rpm lets pass are refused: `else` without `if` or `unless`, and
 * versions with an empty part. Time is linear in the text; expressions nest at most 64 deep.
 */

import type { DependencyEntry, DependencyKind } from './dependencies.ts';
import { checkNesting, type Dependency, type RichDependency, type SimpleDependency } from './dependency.ts';
import { RpmError, shown } from './errors.ts';
import { parseEvr } from './evr.ts';
import { operatorOf, parseOperator } from './sense.ts';

const DEPTH_MAX = 64;
/** White space, with the comma, which separates no more than white space does. */
const GAP = /[ \t\n\v\f\r,]*/y;
const WORD = /[^ \t\n\v\f\r,]*/y;
const RICH_WORD = /[^ \t\n\v\f\r)]*/y;
const FIRST = /^[A-Za-z0-9_/\u0080-\u{10ffff}]/u;
const PACKAGE_NAME = /^[A-Za-z0-9_][A-Za-z0-9._+-]*$/;

class Cursor {
  readonly text: string;
  at = 0;

  constructor(text: string) {
    this.text = text;
  }

  match(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    return pattern.exec(this.text)?.[0] ?? '';
  }

  take(pattern: RegExp): string {
    const found = this.match(pattern);
    this.at += found.length;
    return found;
  }

  get head(): string | undefined {
    return this.text[this.at];
  }

  bad(why: string): RpmError {
    return new RpmError('bad_dependency', `${shown(this.text)} is not a dependency: ${why}.`);
  }
}

/** Reads one line of dependencies, separated by white space or commas. `kind` decides which expressions may stand. */
export function parseDependencies(text: string, kind: DependencyKind = 'REQUIRE'): Dependency[] {
  const cursor = new Cursor(text);
  const found: Dependency[] = [];
  for (cursor.take(GAP); cursor.head !== undefined; cursor.take(GAP)) {
    found.push(cursor.head === '(' ? parseExpression(cursor, kind) : parsePlain(cursor, kind));
  }
  return found;
}

/** Reads a text that is one dependency and nothing else. */
export function parseDependency(text: string, kind: DependencyKind = 'REQUIRE'): Dependency {
  const [first, ...others] = parseDependencies(text, kind);
  if (first === undefined || others.length > 0) throw new Cursor(text).bad('it must be exactly one');
  return first;
}

/** As `parseDependency`; null for a text that is no dependency. Strangers' metadata may say anything. */
export function tryParseDependency(text: string): Dependency | null {
  try {
    return parseDependency(text);
  } catch (error) {
    if (error instanceof RpmError) return null;
    throw error;
  }
}

/** A header's entry as a value. Names are taken as they stand: generated ones may hold spaces. */
export function fromEntry(entry: DependencyEntry, kind: DependencyKind = 'REQUIRE'): Dependency {
  if (entry.name.startsWith('(')) return parseDependency(entry.name, kind);
  const operator = operatorOf(entry.flags);
  return { kind: 'simple', name: entry.name, operator, version: operator === null ? null : entry.version };
}

function parseExpression(cursor: Cursor, kind: DependencyKind): RichDependency {
  if (kind === 'PROVIDE' || kind === 'OBSOLETE')
    throw cursor.bad('provides and obsoletes take no expressions');
  const dependency = parseRich(cursor, 1);
  checkNesting(dependency, kind);
  return dependency;
}

function parsePlain(cursor: Cursor, kind: DependencyKind): SimpleDependency {
  const dependency = parseSimple(cursor, () => cursor.take(WORD));
  if (kind === 'OBSOLETE' && (!PACKAGE_NAME.test(dependency.name) || dependency.name.includes('..'))) {
    throw cursor.bad('only packages can be obsoleted');
  }
  return dependency;
}

function parseSimple(cursor: Cursor, word: () => string): SimpleDependency {
  const name = word();
  if (!FIRST.test(name)) throw cursor.bad('a name begins with a letter, a digit, "_" or "/"');
  const afterName = cursor.at;
  cursor.take(GAP);
  const operator = parseOperator(word());
  if (operator === null) {
    cursor.at = afterName;
    return { kind: 'simple', name, operator: null, version: null };
  }
  cursor.take(GAP);
  const version = word();
  if (version === '') throw cursor.bad('a version must follow the comparison');
  if (name.startsWith('/')) throw cursor.bad('a path has no version');
  parseEvr(version);
  return { kind: 'simple', name, operator, version };
}

/** A word inside an expression ends at the parenthesis that it did not open itself. */
function takeRichWord(cursor: Cursor): string {
  const { text, at: start } = cursor;
  let depth = 0;
  let at = start;
  for (; at < text.length; at++) {
    const char = text[at] ?? '';
    if (char === '(') depth++;
    if (char === ')' && depth-- === 0) break;
    if (' \t\n\v\f\r,'.includes(char)) break;
  }
  cursor.at = at;
  return text.slice(start, at);
}

function parseRich(cursor: Cursor, depth: number): RichDependency {
  if (depth > DEPTH_MAX) throw cursor.bad(`it nests deeper than ${DEPTH_MAX}`);
  cursor.at++;
  const operands: Dependency[] = [];
  const words: string[] = [];
  for (;;) {
    cursor.take(GAP);
    if (cursor.head === '(') operands.push(parseRich(cursor, depth + 1));
    else operands.push(parseSimple(cursor, () => takeRichWord(cursor)));
    cursor.take(GAP);
    if (cursor.head === undefined) throw cursor.bad('a parenthesis is not closed');
    if (cursor.head === ')') break;
    words.push(cursor.take(RICH_WORD));
  }
  cursor.at++;
  return combine(cursor, operands, words);
}

function combine(cursor: Cursor, operands: Dependency[], words: string[]): RichDependency {
  const [first, second, third] = operands;
  const [word] = words;
  if (first === undefined) throw cursor.bad('it is empty');
  if (word === undefined || second === undefined) return { kind: 'group', operand: first };
  if (word === 'if' || word === 'unless') {
    const isWhole = words.length === 1 || (words.length === 2 && words[1] === 'else');
    if (!isWhole) throw cursor.bad(`only one "else" can follow "${word}"`);
    return { kind: word, consequence: first, condition: second, otherwise: third ?? null };
  }
  if (words.some((other) => other !== word)) throw cursor.bad('different operators need parentheses');
  if (word === 'and' || word === 'or' || word === 'with') return { kind: word, operands };
  if (word === 'without' && third === undefined) return { kind: word, operands: [first, second] };
  throw cursor.bad(`${shown(word)} cannot join these`);
}
