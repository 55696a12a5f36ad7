/**
 * The packages of all repositories that one architecture's comparison is about.
 *
 * Invariant: a repository is read once, whichever side has it and how often. Of one name and architecture it gives only
 * the newest, and no source packages.
 */
import { join } from 'node:path';
import {
  type ClosedPackage,
  ownText,
  Requirements,
  type RequiringPackage,
  readFilelists,
  readRequires,
  Visible,
} from '@moromi/repodata';
import type { Breath } from '../plan/breath.ts';
import { addressOf, RemoteRepository, type Repository } from '../plan/repository.ts';
import { seconds } from '../tasks/seconds.ts';

interface Stocked extends ClosedPackage {
  files: readonly string[];
}

interface Shelf {
  readonly remote: RemoteRepository;
  readonly packages: readonly Stocked[];
}

export interface Means {
  /** A folder to put parts of metadata in, one at a time. */
  dir: string;
  signal: AbortSignal;
  breath: Breath;
  note: (sentence: string) => void;
}

export class Stock {
  readonly #means: Means;
  readonly #requirements = new Requirements();
  readonly #shelves = new Map<string, Shelf>();

  constructor(means: Means) {
    this.#means = means;
  }

  /** @throws Refused `repo_unreachable` */
  async packagesOf(repository: Repository): Promise<readonly ClosedPackage[]> {
    const { href } = addressOf(repository);
    const shelf = this.#shelves.get(href) ?? (await this.#read(repository));
    this.#shelves.set(href, shelf);
    return shelf.packages;
  }

  /**
   * Looks paths up in the filelists of a repository whose packages were asked for, and adds them to their packages.
   * @returns the packages that have any, and which
   * @throws Refused `repo_unreachable`
   */
  async look(
    repository: Repository,
    wanted: ReadonlySet<string>,
  ): Promise<Map<ClosedPackage, readonly string[]>> {
    const found = new Map<ClosedPackage, readonly string[]>();
    const shelf = this.#shelves.get(addressOf(repository).href);
    if (shelf === undefined) return found;
    const started = performance.now();
    // One file is one package, listed once: who says otherwise gets no more than one.
    const byId = new Map(shelf.packages.map((pkg) => [pkg.sha256, pkg]));
    for await (const { sha256, paths } of shelf.remote.read('filelists', (stream) =>
      readFilelists(stream, wanted),
    )) {
      const pkg = byId.get(sha256);
      if (pkg !== undefined && !found.has(pkg)) {
        pkg.files = [...pkg.files, ...paths];
        found.set(pkg, paths);
      }
      if (this.#means.breath.due) await this.#means.breath.take();
    }
    this.#means.note(
      `${repository.id}: ${found.size} packages have any of ${wanted.size} paths that are looked for, ${seconds(started)} s`,
    );
    return found;
  }

  async #read(repository: Repository): Promise<Shelf> {
    const { dir, signal, breath, note } = this.#means;
    const started = performance.now();
    const remote = new RemoteRepository(repository, { path: join(dir, 'metadata'), signal, note });
    const newest = new Visible<Stocked>();
    for await (const pkg of remote.read('primary', readRequires)) {
      newest.add(this.#stocked(pkg), 0);
      if (breath.due) await breath.take();
    }
    const packages = newest.list();
    note(`${repository.id}: ${packages.length} packages, ${seconds(started)} s`);
    return { remote, packages };
  }

  /** Its texts are copied: most of a repository's metadata is about other things and need not stay. */
  #stocked({ requires, provides, files, ...pkg }: RequiringPackage): Stocked {
    return {
      ...pkg,
      name: ownText(pkg.name),
      sha256: ownText(pkg.sha256),
      location: ownText(pkg.location),
      sourceRpm: null,
      provides: provides.map((one) => ({ ...one, name: ownText(one.name) })),
      files: files.map(ownText),
      requirements: [...new Set(requires.map((one) => this.#requirements.of(one)))],
    };
  }
}
