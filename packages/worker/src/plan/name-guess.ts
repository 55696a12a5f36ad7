/**
 * Whose a thing is that nothing provides yet, told by its name alone.
 *
 * Invariant: pure. The answer is a package of the list, and it is only given where the name says it: it is the package's
 * name, that name with the end that a part of a package has, or a module of that name.
 */

/** Ends of the names of packages that come from one source. */
const ends = /-(?:devel|libs|static|tools|utils|common|headers|docs?|rpm-macros|srpm-macros)$/;
/** `zlib-devel(x86-64)` is `zlib-devel` for one architecture. */
const isa = /\([a-z0-9]+-(?:32|64)\)$/;
const module = /^(?:pkgconfig|cmake)\((.+)\)$/;

export class NameGuess {
  readonly #places = new Map<string, number>();
  /** By lower case; null where several names differ in that alone. */
  readonly #lower = new Map<string, number | null>();

  /** @param names of packages, each once */
  constructor(names: readonly string[]) {
    for (const [place, name] of names.entries()) {
      this.#places.set(name, place);
      const lower = name.toLowerCase();
      this.#lower.set(lower, this.#lower.has(lower) ? null : place);
    }
  }

  /** The place in the list of the package that should provide this; undefined where the name does not say. */
  guess(capability: string): number | undefined {
    const inside = module.exec(capability.replace(isa, ''))?.[1];
    // `cmake(ECM)` is written as the module's author pleases.
    if (inside !== undefined)
      return this.#places.get(inside) ?? this.#lower.get(inside.toLowerCase()) ?? undefined;
    let name = capability.replace(isa, '');
    for (;;) {
      const place = this.#places.get(name);
      const shorter = name.replace(ends, '');
      if (place !== undefined || shorter === name) return place;
      name = shorter;
    }
  }
}
