/**
 * What a comparison found, within the contract's bounds.
 *
 * Invariant: the counts tell the whole, whatever found room. What is new goes before what was so before, and libraries
 * that are still required before others; otherwise everything stands as it was told.
 */
import type { ClosureResult } from '@moromi/contract';
import type { ClosedPackage } from '@moromi/repodata';
import { formatNvr } from '@moromi/rpm';

type Unmet = ClosureResult['unmet'][number];
type Gone = ClosureResult['gone'][number];

const mostUnmet = 5000;
const mostSonames = 2000;
const mostUsers = 100;
const longest = 1000;

export class Report {
  readonly #new: Unmet[] = [];
  readonly #old: Unmet[] = [];
  readonly #counts = { unmet: 0, unmetBefore: 0, mended: 0 };
  readonly #used: Gone[] = [];
  readonly #unused: Gone[] = [];
  readonly #added: ClosureResult['added'] = [];

  unmet(arch: string, pkg: ClosedPackage, requirement: string, before: boolean): void {
    this.#counts.unmet++;
    if (before) this.#counts.unmetBefore++;
    const list = before ? this.#old : this.#new;
    if (list.length < mostUnmet)
      list.push({ arch, package: nameOf(pkg), requirement: clip(requirement), before });
  }

  /** So many were unmet and are not any more, or are nobody's. */
  mended(count: number): void {
    this.#counts.mended += count;
  }

  /** Sonames of the shape have no more characters than the contract allows. */
  gone(arch: string, soname: string, users: Iterable<ClosedPackage>): void {
    const shown = Iterator.from(users).take(mostUsers).map(nameOf).toArray();
    const list = shown.length > 0 ? this.#used : this.#unused;
    if (list.length < mostSonames) list.push({ arch, soname, users: shown });
  }

  added(arch: string, soname: string): void {
    if (this.#added.length < mostSonames) this.#added.push({ arch, soname });
  }

  get result(): ClosureResult {
    return {
      unmet: [...this.#new, ...this.#old].slice(0, mostUnmet),
      counts: { ...this.#counts },
      gone: [...this.#used, ...this.#unused].slice(0, mostSonames),
      added: [...this.#added],
    };
  }
}

function nameOf(pkg: ClosedPackage): string {
  return `${formatNvr(pkg)}.${pkg.arch}`;
}

/** Half a character at the end would be none that a database keeps. */
function clip(text: string): string {
  return text.slice(0, longest).toWellFormed();
}
