/**
 * Which of the packages to be rebuilt a requirement leads to, on one architecture.
 *
 * Invariant: the answer to a requirement depends on its text, the packages of the repositories and the list alone. A
 * guess is made only where nothing provides it, and only of packages that have nothing in the repositories yet: what has
 * been built has shown what it provides.
 */
import { Providers, type ProvidingPackage } from '@moromi/repodata';
import { checkFileName, type Dependency, type SimpleDependency, tryParseDependency } from '@moromi/rpm';
import { NameGuess } from './name-guess.ts';

/** To look for what was meant takes longer than all else: so many names at most, and so many of one expression. */
const mostLooks = { all: 2000, each: 3 };

export interface Need {
  /** Place in the list. */
  readonly needs: number;
  readonly guessed: boolean;
}

/** The nearest thing that is provided, where nothing provides what is required; null also after very many others. */
export interface Missing {
  readonly nearest: string | null;
}

export class Needs {
  readonly #providers = new Providers();
  readonly #places: ReadonlyMap<string, number>;
  readonly #guess: NameGuess;
  readonly #built = new Set<number>();
  readonly #sources = new Map<string, string>();
  readonly #answers = new Map<string, readonly Need[] | Missing>();
  #looked = 0;

  /** @param names of the packages to be rebuilt, each once */
  constructor(names: readonly string[]) {
    this.#places = new Map(names.map((name, place) => [name, place]));
    this.#guess = new NameGuess(names);
  }

  /** Of requirements asked since: how many, and how many of them nothing provides. */
  get asked(): { requirements: number; missing: number } {
    const missing = this.#answers.values().filter((answer) => 'nearest' in answer);
    return { requirements: this.#answers.size, missing: [...missing].length };
  }

  /** All packages are added before anything is asked. */
  add(pkg: ProvidingPackage, priority: number): void {
    this.#providers.add(pkg, priority);
    if (pkg.arch === 'src' || pkg.arch === 'nosrc') return;
    const place = this.#places.get(this.#sourceOf(pkg));
    if (place !== undefined) this.#built.add(place);
  }

  /** @param requirement as rpm shows it */
  of(requirement: string): readonly Need[] | Missing {
    const known = this.#answers.get(requirement);
    if (known !== undefined) return known;
    const answer = this.#ask(requirement);
    this.#answers.set(requirement, answer);
    return answer;
  }

  /** The nearest thing that is provided: the name itself where it is, in another version. */
  nearest(requirement: string): string | null {
    const dependency = tryParseDependency(requirement);
    return dependency === null ? null : this.#nearest(dependency);
  }

  #ask(requirement: string): readonly Need[] | Missing {
    if (requirement.startsWith('rpmlib(')) return [];
    const dependency = tryParseDependency(requirement);
    if (dependency === null) return { nearest: null };
    return this.#meet(dependency) ?? { nearest: this.#nearest(dependency) };
  }

  #meet(dependency: Dependency): readonly Need[] | null {
    const chosen = this.#providers.chooses(dependency);
    if (chosen !== null) {
      const places = chosen.map((one) => this.#places.get(this.#sourceOf(one)));
      return places.filter((place) => place !== undefined).map((needs) => ({ needs, guessed: false }));
    }
    switch (dependency.kind) {
      case 'group':
        return this.#meet(dependency.operand);
      case 'and': {
        const met = dependency.operands.map((operand) => this.#meet(operand));
        return met.some((one) => one === null) ? null : met.flatMap((one) => one ?? []);
      }
      case 'or': {
        const met = dependency.operands.map((operand) => this.#meet(operand));
        return met.find((one) => one !== null) ?? null;
      }
      case 'if':
      case 'unless': {
        const { consequence, otherwise } = dependency;
        return this.#meet(consequence) ?? (otherwise === null ? null : this.#meet(otherwise));
      }
      default: {
        const place = this.#guessOf(dependency);
        return place === undefined ? null : [{ needs: place, guessed: true }];
      }
    }
  }

  /** The one package without a build that all of an expression names. */
  #guessOf(dependency: Dependency): number | undefined {
    switch (dependency.kind) {
      case 'simple': {
        const place = this.#guess.guess(dependency.name);
        return place === undefined || this.#built.has(place) ? undefined : place;
      }
      case 'group':
        return this.#guessOf(dependency.operand);
      case 'without':
        return this.#guessOf(dependency.operands[0]);
      case 'if':
      case 'unless':
        return undefined;
      default: {
        const places = new Set(dependency.operands.map((operand) => this.#guessOf(operand)));
        const [place] = places;
        return places.size === 1 ? place : undefined;
      }
    }
  }

  #nearest(dependency: Dependency): string | null {
    const names = simpleIn(dependency);
    const unmet = names.filter((one) => this.#meet(one) === null);
    for (const { name } of (unmet.length > 0 ? unmet : names).slice(0, mostLooks.each)) {
      if (++this.#looked > mostLooks.all) return null;
      const found = this.#providers.nearest(name);
      if (found !== undefined) return found;
    }
    return null;
  }

  /** Name of the package that it was built from. */
  #sourceOf({ name, sourceRpm }: Pick<ProvidingPackage, 'name' | 'sourceRpm'>): string {
    if (sourceRpm === null) return name;
    const source = this.#sources.get(sourceRpm) ?? checkFileName(sourceRpm).name;
    this.#sources.set(sourceRpm, source);
    return source;
  }
}

/** What an expression would have installed. */
function simpleIn(dependency: Dependency): SimpleDependency[] {
  switch (dependency.kind) {
    case 'simple':
      return [dependency];
    case 'group':
      return simpleIn(dependency.operand);
    case 'without':
      return simpleIn(dependency.operands[0]);
    case 'if':
    case 'unless':
      return [dependency.consequence, dependency.otherwise].flatMap((one) =>
        one === null ? [] : simpleIn(one),
      );
    default:
      return dependency.operands.flatMap(simpleIn);
  }
}
