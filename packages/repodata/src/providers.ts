/**
 * Who provides what, over the packages of several repositories: which packages a requirement may bring in, and which
 * one a solver would take.
 *
 * Invariant: the answers depend on the packages and their priorities, not on the order in which they were added. Of one
 * name and architecture only the newest counts in repositories of one priority; source packages provide nothing.
 */
import { type Dependency, isRpmlib, overlap, rangeOf, type VersionRange } from '@moromi/rpm';
import { Names } from './nearest.ts';
import { isNewer, type Provider, preference } from './provider.ts';
import type { ProvidingPackage } from './provides.ts';

/** A provider until a newer package takes its place. */
interface Place {
  readonly provider: Provider;
  isNewest: boolean;
}

interface Offer extends VersionRange {
  readonly by: Place;
}

/** What meets a requirement: nothing to install is an empty list, nothing that could meet it is null. */
type Met = readonly Provider[] | null;

/** Which of the providers of one thing are meant: all of them, or the one that is preferred. */
type Pick = 'all' | 'best';

export class Providers {
  readonly #offers = new Map<string, Offer[]>();
  /** By priority, name and architecture. */
  readonly #newest = new Map<string, Place>();
  #names: Names | undefined;

  add(pkg: ProvidingPackage, repoPriority: number): void {
    if (pkg.arch === 'src' || pkg.arch === 'nosrc') return;
    const key = `${repoPriority} ${pkg.name} ${pkg.arch}`;
    const present = this.#newest.get(key);
    if (present !== undefined) {
      if (!isNewer(pkg, present.provider)) return;
      present.isNewest = false;
    }
    const { provides, files, ...facts } = pkg;
    const by = { provider: { ...facts, priority: repoPriority }, isNewest: true };
    this.#newest.set(key, by);
    this.#names = undefined;
    for (const { name, operator, evr } of provides) this.#offer(name, { by, operator, evr });
    for (const path of files) this.#offer(path, { by, operator: null, evr: null });
    // Packages that rpm did not build may not say so themselves.
    const { epoch, version, release } = pkg;
    this.#offer(pkg.name, { by, operator: '=', evr: { epoch, version, release } });
  }

  /**
   * The packages that a solver may use to meet a dependency, preferred ones first; none where nothing meets it, where
   * rpm itself does (`rpmlib(…)`) and where nothing is needed. Of an expression:
   *
   * - `and`: those of each operand, if each is met;
   * - `or`: those of the first operand that is met;
   * - `with`, `without`: those that meet all operands alone, or the first and not the second;
   * - `A if B else C`: those of A and of C, since what else is installed is not known here. If no package provides B,
   *   it cannot hold, and they are those of C or none;
   * - `A unless B else C`: those of A, and of B and C together.
   *
   * The order is that of `preference`, within each operand.
   */
  whatProvides(dependency: Dependency): Provider[] {
    return [...(this.#meet(dependency, 'all') ?? [])];
  }

  /**
   * The packages that a solver would install for a dependency alone: one, several for `and`, and none where rpm itself
   * meets it or nothing is needed. Conditions are taken to hold if they can: `A if B` gives A's. null where nothing
   * meets the dependency. Whether the parts of an expression contradict one another is not looked at.
   */
  chooses(dependency: Dependency): Provider[] | null {
    const met = this.#meet(dependency, 'best');
    return met === null ? null : [...met];
  }

  /** The most similar name or path that is provided; the name itself where it is, in another version. */
  nearest(name: string): string | undefined {
    this.#names ??= new Names(this.#offers.keys());
    return this.#names.nearest(name, (one) => this.#newestOffers(one).length > 0);
  }

  #offer(name: string, offer: Offer): void {
    const offers = this.#offers.get(name);
    if (offers === undefined) this.#offers.set(name, [offer]);
    else offers.push(offer);
  }

  #newestOffers(name: string): Offer[] {
    return (this.#offers.get(name) ?? []).filter(({ by }) => by.isNewest);
  }

  #meet(dependency: Dependency, pick: Pick): Met {
    switch (dependency.kind) {
      case 'simple':
        return isRpmlib({ name: dependency.name, flags: 0 }) ? [] : this.#meetAlone(dependency, pick);
      case 'with':
      case 'without':
        return this.#meetAlone(dependency, pick);
      case 'group':
        return this.#meet(dependency.operand, pick);
      case 'and':
        return every(dependency.operands.map((operand) => this.#meet(operand, pick)));
      case 'or':
        return (
          dependency.operands.map((operand) => this.#meet(operand, pick)).find((met) => met !== null) ?? null
        );
      default:
        return this.#meetWhere(dependency, pick);
    }
  }

  /** rpm: A if B is A or not B, with C also C or B; A unless B is A and not B, with C or else C and B. */
  #meetWhere({ kind, consequence, condition, otherwise }: Where, pick: Pick): Met {
    const met = this.#meet(consequence, pick);
    const held = this.#meet(condition, pick);
    const other = otherwise === null ? null : this.#meet(otherwise, pick);
    const holds = held?.length === 0;
    if (kind === 'unless') return either(holds ? null : met, every([held, other]), pick);
    if (holds) return met;
    // Where the condition cannot hold, or must not since the consequence is not to be had.
    const without = otherwise === null ? [] : other;
    return held === null ? without : either(met, without, pick);
  }

  #meetAlone(dependency: Dependency, pick: Pick): Met {
    const places = this.#alone(dependency);
    if (places.size === 0) return null;
    const providers = [...places].map(({ provider }) => provider);
    providers.sort(preference(new Set(namesIn(dependency))));
    return pick === 'all' ? providers : providers.slice(0, 1);
  }

  /** Packages that meet it without any other: what `with` and `without` are about. */
  #alone(dependency: Dependency): ReadonlySet<Place> {
    switch (dependency.kind) {
      case 'simple': {
        const range = rangeOf(dependency);
        const offers = this.#newestOffers(dependency.name).filter((offer) => overlap(offer, range));
        return new Set(offers.map(({ by }) => by));
      }
      case 'group':
        return this.#alone(dependency.operand);
      case 'or':
        return new Set(dependency.operands.flatMap((operand) => [...this.#alone(operand)]));
      case 'and':
      case 'with': {
        const [first, ...others] = dependency.operands.map((operand) => this.#alone(operand));
        return new Set([...(first ?? [])].filter((place) => others.every((other) => other.has(place))));
      }
      case 'without': {
        const [kept, dropped] = dependency.operands.map((operand) => this.#alone(operand));
        return new Set([...(kept ?? [])].filter((place) => dropped?.has(place) !== true));
      }
      default:
        // rpm refuses conditions below these.
        return this.#alone(dependency.consequence);
    }
  }
}

type Where = Extract<Dependency, { kind: 'if' | 'unless' }>;

/** All of them, each package once; null if one is not met. */
function every(all: readonly Met[]): Met {
  const found = new Set<Provider>();
  for (const met of all) {
    if (met === null) return null;
    for (const provider of met) found.add(provider);
  }
  return [...found];
}

function either(first: Met, second: Met, pick: Pick): Met {
  if (first === null || second === null) return first ?? second;
  return pick === 'best' ? first : every([first, second]);
}

/** Names that the package itself may have. */
function namesIn(dependency: Dependency): string[] {
  switch (dependency.kind) {
    case 'simple':
      return [dependency.name];
    case 'group':
      return namesIn(dependency.operand);
    case 'without':
      return namesIn(dependency.operands[0]);
    case 'if':
    case 'unless':
      return namesIn(dependency.consequence);
    default:
      return dependency.operands.flatMap(namesIn);
  }
}
