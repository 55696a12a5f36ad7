/**
 * Which packages of several repositories can be installed at all.
 *
 * Invariant: of one name, only packages of the repositories with the lowest number of priority are seen, as dnf prefers
 * them, and of those the newest of each architecture. What is seen does not depend on the order in which packages were
 * added; source packages are not seen.
 */
import type { PrimaryPackage } from './primary.ts';
import { isNewer } from './provider.ts';

interface Named<Package> {
  readonly priority: number;
  /** One of each architecture: few. */
  readonly packages: Package[];
}

export class Visible<Package extends PrimaryPackage> {
  readonly #names = new Map<string, Named<Package>>();

  add(pkg: Package, priority: number): void {
    if (pkg.arch === 'src' || pkg.arch === 'nosrc') return;
    const present = this.#names.get(pkg.name);
    if (present === undefined || priority < present.priority) {
      this.#names.set(pkg.name, { priority, packages: [pkg] });
    } else if (priority === present.priority) {
      const at = present.packages.findIndex(({ arch }) => arch === pkg.arch);
      const other = present.packages[at];
      if (other === undefined) present.packages.push(pkg);
      else if (isNewer(pkg, other)) present.packages[at] = pkg;
    }
  }

  /** By name and architecture. */
  list(): Package[] {
    const names = [...this.#names].sort(([a], [b]) => (a < b ? -1 : 1));
    return names.flatMap(([, { packages }]) => packages.toSorted((a, b) => (a.arch < b.arch ? -1 : 1)));
  }
}
