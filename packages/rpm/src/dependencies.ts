/** The dependencies of a header as they stand in it: three arrays of equal length for each kind. */

import { damaged } from './errors.ts';
import type { Header } from './header.ts';
import { TAG } from './tags.ts';

export interface DependencyEntry {
  /** A name, a path, or a whole boolean expression in parentheses. */
  readonly name: string;
  /** Bits of `SENSE`. */
  readonly flags: number;
  /** [epoch:]version[-release], or empty. */
  readonly version: string;
}

export type DependencyKind =
  | 'PROVIDE'
  | 'REQUIRE'
  | 'CONFLICT'
  | 'OBSOLETE'
  | 'RECOMMEND'
  | 'SUGGEST'
  | 'SUPPLEMENT'
  | 'ENHANCE';

export function listDependencies(header: Header, kind: DependencyKind): DependencyEntry[] {
  const names = header.get(TAG[`${kind}NAME`]) ?? [];
  const flags = header.get(TAG[`${kind}FLAGS`]);
  const versions = header.get(TAG[`${kind}VERSION`]);
  const lengths = [flags?.length ?? names.length, versions?.length ?? names.length];
  if (lengths.some((length) => length !== names.length)) {
    throw damaged(`The header has not as many flags and versions as names of ${kind.toLowerCase()}s.`);
  }
  return names.map((name, at) => ({ name, flags: flags?.[at] ?? 0, version: versions?.[at] ?? '' }));
}
