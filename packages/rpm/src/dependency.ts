/**
 * Dependencies as values: a name with an optional comparison, or a boolean expression over such (rpm:
 * docs/manual/boolean_dependencies.md). `formatDependency` gives rpm's own normal form, the one that stands in headers;
 * reading it again gives the same value.
 */

import type { DependencyEntry, DependencyKind } from './dependencies.ts';
import { RpmError } from './errors.ts';
import { flagsOf, type Operator, operatorOf } from './sense.ts';

export interface SimpleDependency {
  readonly kind: 'simple';
  /** A package, a path, or a capability such as `libc.so.6(GLIBC_2.34)(64bit)`. */
  readonly name: string;
  /** null exactly where `version` is. */
  readonly operator: Operator | null;
  /** [epoch:]version[-release] as written. */
  readonly version: string | null;
}

export type RichDependency =
  | { readonly kind: 'and' | 'or' | 'with'; readonly operands: readonly Dependency[] }
  | { readonly kind: 'without'; readonly operands: readonly [Dependency, Dependency] }
  | {
      readonly kind: 'if' | 'unless';
      readonly consequence: Dependency;
      readonly condition: Dependency;
      readonly otherwise: Dependency | null;
    }
  /** Parentheses around one operand. */
  | { readonly kind: 'group'; readonly operand: Dependency };

export type Dependency = SimpleDependency | RichDependency;

export function formatDependency(dependency: Dependency): string {
  switch (dependency.kind) {
    case 'simple': {
      const { name, operator, version } = dependency;
      return operator === null ? name : `${name} ${operator} ${version}`;
    }
    case 'group':
      return `(${formatDependency(dependency.operand)})`;
    case 'if':
    case 'unless': {
      const { kind, consequence, condition, otherwise } = dependency;
      const tail = otherwise === null ? '' : ` else ${formatDependency(otherwise)}`;
      return `(${formatDependency(consequence)} ${kind} ${formatDependency(condition)}${tail})`;
    }
    default:
      return `(${dependency.operands.map(formatDependency).join(` ${dependency.kind} `)})`;
  }
}

/** As rpm shows a header's entry: `name`, or `name >= version`. */
export function formatEntry(entry: DependencyEntry): string {
  const operator = operatorOf(entry.flags);
  return operator === null ? entry.name : `${entry.name} ${operator} ${entry.version}`;
}

/** As a header keeps it: an expression is one name without a version. */
export function toEntry(dependency: Dependency): DependencyEntry {
  if (dependency.kind !== 'simple') return { name: formatDependency(dependency), flags: 0, version: '' };
  return { name: dependency.name, flags: flagsOf(dependency.operator), version: dependency.version ?? '' };
}

/** What an expression may not stand under, gathered from the inside out as rpm's lib/rpmds.cc does. */
interface Bans {
  readonly and: boolean;
  readonly or: boolean;
  readonly with: boolean;
}
const NO_BANS: Bans = { and: false, or: false, with: false };

type Kind = RichDependency['kind'];

/**
 * Refuses the nestings that rpm refuses, since they do not mean what they say: `if` under `or` (and in Conflicts,
 * Supplements and Enhances), `unless` under `and` (and in the other kinds), anything but `or` and `with` under `with`.
 */
export function checkNesting(dependency: Dependency, kind: DependencyKind): void {
  const isNegative = kind === 'CONFLICT' || kind === 'SUPPLEMENT' || kind === 'ENHANCE';
  refuse(isNegative ? 'or' : 'and', bansOf(dependency));
}

function bansOf(dependency: Dependency): Bans {
  if (dependency.kind === 'simple') return NO_BANS;
  const { kind } = dependency;
  let bans = join(operandsOf(dependency).map(bansOf));
  if (dependency.kind === 'if' || dependency.kind === 'unless') {
    const condition = bansOf(dependency.condition);
    bans = join([bans, { ...condition, and: false, or: false }]);
  }
  refuse(kind, bans);
  const opens = kind === 'and' || kind === 'or';
  return {
    and: !opens && (bans.and || kind === 'unless'),
    or: !opens && (bans.or || kind === 'if'),
    with: bans.with || kind === 'and' || kind === 'if' || kind === 'unless',
  };
}

/** Without the condition of an `if` or `unless`. */
function operandsOf(dependency: RichDependency): readonly Dependency[] {
  switch (dependency.kind) {
    case 'group':
      return [dependency.operand];
    case 'if':
    case 'unless':
      return dependency.otherwise === null
        ? [dependency.consequence]
        : [dependency.consequence, dependency.otherwise];
    default:
      return dependency.operands;
  }
}

function join(all: readonly Bans[]): Bans {
  return {
    and: all.some((bans) => bans.and),
    or: all.some((bans) => bans.or),
    with: all.some((bans) => bans.with),
  };
}

function refuse(kind: Kind, bans: Bans): void {
  if ((kind === 'with' || kind === 'without') && bans.with) {
    throw new RpmError('bad_dependency', `Under "${kind}" only "or" and "with" may stand.`);
  }
  if ((kind === 'and' || kind === 'if') && bans.and) {
    throw new RpmError('bad_dependency', 'An "unless" may not stand here; use "or" instead.');
  }
  if ((kind === 'or' || kind === 'unless') && bans.or) {
    throw new RpmError('bad_dependency', 'An "if" may not stand here; use "and" instead.');
  }
}
