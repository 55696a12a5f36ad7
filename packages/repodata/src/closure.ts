/**
 * Which requirements of packages nothing meets.
 *
 * Invariant: the answer depends on the packages alone, not on the order in which they were added. What rpm itself meets
 * is met, a package may meet its own requirement, and a condition that need not hold is taken not to.
 */
import { Providers } from './providers.ts';
import type { ProvidingPackage } from './provides.ts';
import type { Requirement } from './requirement.ts';

export interface ClosedPackage extends ProvidingPackage {
  /** Each once. */
  readonly requirements: readonly Requirement[];
}

export class Closure {
  readonly #providers = new Providers();
  readonly #met = new Map<Requirement, boolean>();

  /** Packages as `Visible` lists them; all are added before anything is asked. */
  add(pkg: ClosedPackage): void {
    this.#providers.add(pkg, 0);
  }

  unmetOf({ requirements }: ClosedPackage): Requirement[] {
    return requirements.filter((one) => !this.#isMet(one));
  }

  #isMet(requirement: Requirement): boolean {
    const known = this.#met.get(requirement);
    if (known !== undefined) return known;
    const { dependency } = requirement;
    const isMet = dependency !== null && this.#providers.chooses(dependency) !== null;
    this.#met.set(requirement, isMet);
    return isMet;
  }
}
