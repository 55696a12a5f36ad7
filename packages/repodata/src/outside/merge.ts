/**
 * Which packages of several repositories a merged one has: Koji's merge modes.
 *
 * `koji`: of each source package the newest version of the first repository that has any is let in with its packages,
 * and nothing of it from elsewhere; of packages with one name, version, release and architecture the first. `simple`:
 * all packages, also twice. `bare`: all, but of packages that rpm holds to be the same version the first. In `koji` and
 * `simple` what was built from blocked source packages is left out, wherever it is.
 *
 * Sources: Koji's builder (builder/kojid, merge_repos: which options a mode is), and createrepo_c, src/koji.c and
 * src/mergerepo_c.c (what they do).
 */
import { checkFileName, compareEvr, type Nevra, RpmError } from '@moromi/rpm';

export type MergeMode = 'koji' | 'simple' | 'bare';

/** What a package is chosen by. */
export interface Mergeable {
  readonly name: string;
  readonly epoch: number | null;
  readonly version: string;
  readonly release: string;
  readonly arch: string;
  /** File name of its source package; null where none is stated. */
  readonly sourceRpm: string | null;
}

export interface MergeOptions {
  readonly mode: MergeMode;
  /** Names of source packages whose packages are left out; in `bare` mode none is. */
  readonly blocked?: ReadonlySet<string>;
  /** Architectures that are let in, besides noarch; all, where it is not given. */
  readonly arches?: ReadonlySet<string>;
}

/**
 * Which source package of each name is let in: known when all repositories have been looked through in their order, our
 * own first, then the others by priority.
 *
 * Invariant: of each name it is the newest of the first repository that has it.
 */
export class SourceIndex {
  readonly #chosen = new Map<string, { repository: number; source: Nevra; fileName: string }>();

  /** @param repository numbers that do not fall */
  add(repository: number, fileName: string | null): void {
    const source = sourceOf(fileName);
    if (source === undefined || fileName === null) return;
    const known = this.#chosen.get(source.name);
    if (known === undefined || (known.repository === repository && compareEvr(source, known.source) > 0))
      this.#chosen.set(source.name, { repository, source, fileName });
  }

  has(source: Nevra, fileName: string): boolean {
    return this.#chosen.get(source.name)?.fileName === fileName;
  }

  /** Names of source packages with the repository from which each is let in. */
  *origins(): Generator<[name: string, repository: number], void, undefined> {
    for (const [name, { repository }] of this.#chosen) yield [name, repository];
  }
}

/** Says of each package, in the repositories' order, whether the merged one has it. */
export class Merge {
  readonly #mode: MergeMode;
  readonly #blocked: ReadonlySet<string>;
  readonly #arches: ReadonlySet<string> | undefined;
  readonly #sources: SourceIndex;
  /** Packages that were let in, by name and architecture. */
  readonly #taken = new Map<string, Mergeable[]>();

  /** @param sources of all repositories; only `koji` mode looks at it */
  constructor({ mode, blocked = new Set(), arches }: MergeOptions, sources: SourceIndex) {
    this.#mode = mode;
    this.#blocked = blocked;
    this.#arches = arches;
    this.#sources = sources;
  }

  takes(one: Mergeable): boolean {
    if (this.#arches !== undefined && one.arch !== 'noarch' && !this.#arches.has(one.arch)) return false;
    if (this.#mode !== 'bare' && !this.#takesSource(one.sourceRpm)) return false;
    return this.#mode === 'simple' || this.#isFirst(one);
  }

  /** What states no source, or nonsense, is let in: there is nothing that it could be hidden with. */
  #takesSource(fileName: string | null): boolean {
    const source = sourceOf(fileName);
    if (source === undefined || fileName === null) return true;
    if (this.#blocked.has(source.name)) return false;
    return this.#mode === 'simple' || this.#sources.has(source, fileName);
  }

  #isFirst({ name, epoch, version, release, arch }: Mergeable): boolean {
    const key = `${name}.${arch}`;
    const same = this.#taken.get(key) ?? [];
    // Koji's builder knows a package by the name of its file, which says no epoch.
    const koji = this.#mode === 'koji';
    const found = same.some(
      (other) =>
        compareEvr({ epoch, version, release }, other) === 0 ||
        (koji && other.version === version && other.release === release),
    );
    if (found) return false;
    this.#taken.set(key, [...same, { name, epoch, version, release, arch, sourceRpm: null }]);
    return true;
  }
}

/** A repository as the merging reads it: twice in `koji` mode, and else once. */
export interface Mergeables<One extends Mergeable> {
  packages(): AsyncIterable<One> | Iterable<One>;
  /** The same, or less of each, for the first reading. */
  sources?(): AsyncIterable<Pick<Mergeable, 'sourceRpm'>> | Iterable<Pick<Mergeable, 'sourceRpm'>>;
}

/**
 * The packages of the merged repository, each with the number of the repository that it is from.
 * @param repositories our own first, then the others by priority
 */
export async function* mergeRepositories<One extends Mergeable>(
  repositories: readonly Mergeables<One>[],
  options: MergeOptions,
): AsyncGenerator<{ repository: number; package: One }, void, undefined> {
  const sources = new SourceIndex();
  if (options.mode === 'koji') {
    for (const [repository, one] of repositories.entries()) {
      for await (const { sourceRpm } of one.sources?.() ?? one.packages()) sources.add(repository, sourceRpm);
    }
  }
  const merge = new Merge(options, sources);
  for (const [repository, one] of repositories.entries()) {
    for await (const found of one.packages()) {
      if (merge.takes(found)) yield { repository, package: found };
    }
  }
}

/** undefined where the name is no source package's. */
function sourceOf(fileName: string | null): Nevra | undefined {
  if (fileName === null) return undefined;
  try {
    return checkFileName(fileName);
  } catch (error) {
    if (error instanceof RpmError) return undefined;
    throw error;
  }
}
