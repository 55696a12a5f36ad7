/**
 * Flags of one dependency (rpm: include/rpm/rpmds.h): how the version is compared, when it is needed, where it came from.
 */

export const SENSE = {
  LESS: 1 << 1,
  GREATER: 1 << 2,
  EQUAL: 1 << 3,
  POSTTRANS: 1 << 5,
  PREREQ: 1 << 6,
  PRETRANS: 1 << 7,
  INTERP: 1 << 8,
  SCRIPT_PRE: 1 << 9,
  SCRIPT_POST: 1 << 10,
  SCRIPT_PREUN: 1 << 11,
  SCRIPT_POSTUN: 1 << 12,
  SCRIPT_VERIFY: 1 << 13,
  FIND_REQUIRES: 1 << 14,
  FIND_PROVIDES: 1 << 15,
  MISSINGOK: 1 << 19,
  PREUNTRANS: 1 << 20,
  POSTUNTRANS: 1 << 21,
  RPMLIB: 1 << 24,
  /** Of SUSE's old weak dependencies (OLDSUGGESTS, OLDENHANCES): the stronger form. */
  STRONG: 1 << 27,
  CONFIG: 1 << 28,
  META: 1 << 29,
} as const;

export type Operator = '<' | '<=' | '=' | '>=' | '>';

const OPERATORS: ReadonlyMap<number, Operator> = new Map([
  [SENSE.LESS, '<'],
  [SENSE.LESS | SENSE.EQUAL, '<='],
  [SENSE.EQUAL, '='],
  [SENSE.GREATER | SENSE.EQUAL, '>='],
  [SENSE.GREATER, '>'],
]);

/** All spellings that rpm reads. */
const SPELLINGS: ReadonlyMap<string, Operator> = new Map([
  ['<', '<'],
  ['<=', '<='],
  ['=<', '<='],
  ['=', '='],
  ['==', '='],
  ['>=', '>='],
  ['=>', '>='],
  ['>', '>'],
]);

const COMPARISON = SENSE.LESS | SENSE.GREATER | SENSE.EQUAL;

/** The comparison that the flags ask for; null for none, and for "less or greater", which nothing writes. */
export function operatorOf(flags: number): Operator | null {
  return OPERATORS.get(flags & COMPARISON) ?? null;
}

export function flagsOf(operator: Operator | null): number {
  for (const [flags, known] of OPERATORS) if (known === operator) return flags;
  return 0;
}

export function parseOperator(token: string): Operator | null {
  return SPELLINGS.get(token) ?? null;
}

/** Needed before the package's own scriptlets run: `pre="1"` in primary.xml (createrepo_c's rule). */
export function isPreRequire(flags: number): boolean {
  return (flags & (SENSE.PREREQ | SENSE.SCRIPT_PRE | SENSE.SCRIPT_POST)) !== 0;
}

/** A demand on rpm itself, which no package provides. */
export function isRpmlib(dependency: { readonly name: string; readonly flags: number }): boolean {
  return (dependency.flags & SENSE.RPMLIB) !== 0 || dependency.name.startsWith('rpmlib(');
}
