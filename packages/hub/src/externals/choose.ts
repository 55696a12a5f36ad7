/**
 * Which packages of external repositories a merged one has, beside our own.
 *
 * Invariant: pure. Where all have one mode it is what Koji makes of them (`outside/merge.ts` of repodata). Where they have
 * not, each goes by its own: what any repository before it has of a source package hides the rest of it from a `koji` one,
 * and what has been let in before is not let in twice by a `koji` or `bare` one.
 *
 * Whether a package is let in depends on: the blocks and the repositories that have its source package, and the packages
 * of its own name. So of a change it is enough to look at the names of packages of the sources that it touches.
 */
import type { MergeMode } from '@moromi/repodata';
import { checkFileName, compareEvr, type Nevra } from '@moromi/rpm';

export interface Offered {
  copy: number;
  name: string;
  epoch: number | null;
  version: string;
  release: string;
  arch: string;
  /** Null where none is stated, or nonsense: there is nothing that it could be hidden with. */
  source: string | null;
  sourceRpm: string | null;
}

export interface Offering {
  mode: MergeMode;
  packages: readonly Offered[];
}

/** A package of ours as it stands in the tree. */
export type Own = Pick<Offered, 'name' | 'epoch' | 'version' | 'release' | 'arch'>;

export interface Ours {
  packages: readonly Own[];
  /** The source packages of which we have any in the tree: file names by names. */
  sources: ReadonlyMap<string, string>;
  blocked: ReadonlySet<string>;
}

/** @param arches architectures that are let in @returns copies, in the order of the repositories */
export function choose(
  { packages, sources, blocked }: Ours,
  offerings: readonly Offering[],
  arches: ReadonlySet<string>,
): Offered[] {
  const first = firstSources(offerings);
  const taken = new Taken();
  for (const one of packages) taken.add(one);
  const chosen: Offered[] = [];
  for (const { mode, packages: offered } of offerings) {
    for (const one of offered) {
      if (!arches.has(one.arch)) continue;
      if (mode !== 'bare' && !passes(one, blocked, mode === 'koji' ? { sources, first } : undefined))
        continue;
      if (mode !== 'simple' && taken.has(one, mode === 'koji')) continue;
      taken.add(one);
      chosen.push(one);
    }
  }
  return chosen;
}

/** @param only where nothing but the one source package of each name is let in */
function passes(
  { source, sourceRpm }: Offered,
  blocked: ReadonlySet<string>,
  only: { sources: ReadonlyMap<string, string>; first: ReadonlyMap<string, Source> } | undefined,
): boolean {
  if (source === null) return true;
  if (blocked.has(source)) return false;
  if (only === undefined) return true;
  // What comes of the very source package that is chosen is let in wherever it is.
  return sourceRpm === (only.sources.get(source) ?? only.first.get(source)?.sourceRpm);
}

interface Source {
  at: number;
  version: Nevra;
  sourceRpm: string;
}

/** Of each source package's name the newest that the first repository has. */
function firstSources(offerings: readonly Offering[]): Map<string, Source> {
  const found = new Map<string, Source>();
  for (const [at, { packages }] of offerings.entries()) {
    for (const { source, sourceRpm } of packages) {
      if (source === null || sourceRpm === null) continue;
      const known = found.get(source);
      if (known !== undefined && (known.at < at || known.sourceRpm === sourceRpm)) continue;
      const version = checkFileName(sourceRpm);
      if (known === undefined || compareEvr(version, known.version) > 0)
        found.set(source, { at, version, sourceRpm });
    }
  }
  return found;
}

/** Packages that are there, by name and architecture. */
class Taken {
  readonly #byName = new Map<string, Own[]>();

  add(one: Own): void {
    const key = `${one.name}.${one.arch}`;
    const same = this.#byName.get(key);
    if (same === undefined) this.#byName.set(key, [one]);
    else same.push(one);
  }

  /** @param koji a package is known by the name of its file, which says no epoch */
  has(one: Own, koji: boolean): boolean {
    return (this.#byName.get(`${one.name}.${one.arch}`) ?? []).some(
      (other) =>
        compareEvr(one, other) === 0 ||
        (koji && other.version === one.version && other.release === one.release),
    );
  }
}

const older: Readonly<Record<string, readonly string[]>> = { i686: ['i586', 'i486', 'i386'] };

/** The architectures whose packages a tree takes: its own, older ones of its family, and noarch. */
export function archesOfTree(tree: string): ReadonlySet<string> {
  return new Set([tree, ...(older[tree] ?? []), 'noarch']);
}
