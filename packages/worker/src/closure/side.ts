/**
 * What can be installed without the change, or with it.
 *
 * Invariant: its packages are those that dnf would see in the repositories together, by name and architecture. Filelists
 * are read only of repositories of a side on which a requirement speaks of a path that no package there is known to have.
 */
import { type ClosedPackage, UnknownPaths, Visible } from '@moromi/repodata';
import type { Breath } from '../plan/breath.ts';
import { addressOf, type Repository } from '../plan/repository.ts';
import type { Stock } from './stock.ts';

export interface Side {
  readonly repositories: readonly Repository[];
  readonly packages: ReadonlySet<ClosedPackage>;
  readonly unknown: UnknownPaths;
}

/** @throws Refused `repo_unreachable` */
export async function readSide(
  repositories: readonly Repository[],
  stock: Stock,
  breath: Breath,
): Promise<Side> {
  const visible = new Visible<ClosedPackage>();
  for (const repository of repositories) {
    for (const pkg of await stock.packagesOf(repository)) {
      visible.add(pkg, repository.priority);
      if (breath.due) await breath.take();
    }
  }
  const packages = new Set(visible.list());
  const unknown = new UnknownPaths();
  for (const pkg of packages) {
    unknown.add(pkg);
    if (breath.due) await breath.take();
  }
  return { repositories, packages, unknown };
}

/** @throws Refused `repo_unreachable` */
export async function lookUpPaths(sides: readonly Side[], stock: Stock): Promise<void> {
  const all = sides.flatMap(({ repositories }) => repositories);
  const once = new Map(all.map((repository) => [addressOf(repository).href, repository]));
  for (const [address, repository] of once) {
    const here = sides.filter(({ repositories }) =>
      repositories.some((one) => addressOf(one).href === address),
    );
    const wanted = new Set(here.flatMap(({ unknown }) => [...unknown.all]));
    if (wanted.size === 0) continue;
    for (const [pkg, paths] of await stock.look(repository, wanted))
      for (const { packages, unknown } of here)
        if (packages.has(pkg)) for (const path of paths) unknown.found(path);
  }
}
