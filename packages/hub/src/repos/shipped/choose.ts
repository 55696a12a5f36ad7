/**
 * Which copies of a build's packages stand in which trees of a repository that is shipped.
 *
 * Invariant: pure, and of one build alone; so what one build changes moves the packages of no other. A package stands in
 * the debug tree if what it is about stands in the tree beside it.
 *
 * Trees are `<arch>/os`, `<arch>/debug/tree` and `source/tree`, as Fedora's and Rocky's composes have them.
 */
import type { DistDefinition } from '@moromi/contract';
import { debugged, isDebug } from './debug.ts';
import { isWanted } from './filter.ts';
import { isMultilib, type Trait } from './multilib.ts';

export interface BuiltPackage {
  rpm: number;
  name: string;
  /** Of the file; `src` and `nosrc` for source packages. */
  arch: string;
  source: boolean;
  traits: readonly Trait[];
  /** Its copies by the names of their keys; '' for the one that is not signed. */
  copies: ReadonlyMap<string, number>;
}

export interface Placed {
  tree: string;
  copy: number;
}

/** A package that the repository wants and has no copy of by any of its keys. */
export interface Unsigned {
  rpm: number;
  name: string;
  arch: string;
}

export interface Choice {
  placed: Placed[];
  unsigned: Unsigned[];
}

export const sourceTree = 'source/tree';

/** All trees that a definition makes, whatever stands in them. */
export function treesOf({ arches, debug, source }: DistDefinition): string[] {
  return [
    ...arches.flatMap((arch) => [`${arch}/os`, ...(debug ? [`${arch}/debug/tree`] : [])]),
    ...(source ? [sourceTree] : []),
  ];
}

export function choose(build: readonly BuiltPackage[], definition: DistDefinition): Choice {
  const choice: Choice = { placed: [], unsigned: [] };
  const missing = new Set<number>();
  const place = (one: BuiltPackage, tree: string): void => {
    const copy = copyOf(one, definition);
    if (copy !== undefined) choice.placed.push({ tree, copy });
    else if (!missing.has(one.rpm)) {
      missing.add(one.rpm);
      choice.unsigned.push({ rpm: one.rpm, name: one.name, arch: one.arch });
    }
  };
  let shipped = false;
  for (const arch of definition.arches) {
    const os = build.filter((one) => !one.source && !isDebug(one.name) && isIn(one, arch, definition));
    shipped ||= os.length > 0;
    for (const one of os) place(one, `${arch}/os`);
    if (!definition.debug) continue;
    for (const one of build)
      if (isDebug(one.name) && follows(one, os, build)) place(one, `${arch}/debug/tree`);
  }
  if (definition.source && shipped) for (const one of build) if (one.source) place(one, sourceTree);
  return choice;
}

function copyOf({ copies }: BuiltPackage, { keys, unsigned }: DistDefinition): number | undefined {
  for (const key of keys) {
    const copy = copies.get(key);
    if (copy !== undefined) return copy;
  }
  return keys.length === 0 || unsigned === 'allow' ? copies.get('') : undefined;
}

function isIn({ name, arch, traits }: BuiltPackage, tree: string, definition: DistDefinition): boolean {
  if (!isWanted(name, arch === 'noarch' ? tree : arch, definition)) return false;
  if (arch === tree || arch === 'noarch') return true;
  const rules = definition.multilib[tree];
  return rules !== undefined && rules.arch === arch && isMultilib(name, traits, rules);
}

/** What it is about stands in the tree, of its architecture: a package, or any of the build. */
function follows(one: BuiltPackage, os: readonly BuiltPackage[], build: readonly BuiltPackage[]): boolean {
  const about = debugged(one.name);
  const named =
    about !== null && build.some((other) => !other.source && !isDebug(other.name) && other.name === about);
  return os.some((other) => other.arch === one.arch && (!named || other.name === about));
}
