/**
 * Paths of which requirements speak and that no package is known to have yet: to be looked for in filelists.
 *
 * Invariant: which they are does not depend on the order in which packages were added. One package that has it settles a
 * path that is required alone; within an expression all count that have it, so it is looked for to the end.
 */
import type { ClosedPackage } from './closure.ts';
import { namesIn, type Requirement } from './requirement.ts';

export class UnknownPaths {
  readonly #seen = new Set<Requirement>();
  readonly #alone = new Set<string>();
  readonly #inExpressions = new Set<string>();
  /** By what primary says. */
  readonly #known = new Set<string>();

  add({ requirements, provides, files }: ClosedPackage): void {
    for (const requirement of requirements) {
      if (this.#seen.has(requirement)) continue;
      this.#seen.add(requirement);
      const paths = requirement.dependency?.kind === 'simple' ? this.#alone : this.#inExpressions;
      for (const name of namesIn(requirement, 'all')) if (name.startsWith('/')) paths.add(name);
    }
    for (const path of files) this.#known.add(path);
    for (const { name } of provides) if (name.startsWith('/')) this.#known.add(name);
  }

  get all(): ReadonlySet<string> {
    return new Set([...this.#alone, ...this.#inExpressions].filter((path) => !this.#known.has(path)));
  }

  /** A package that can be installed has it. */
  found(path: string): void {
    this.#alone.delete(path);
  }
}
