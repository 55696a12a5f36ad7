/**
 * The lines of a spec that say its release, and what they become when it is raised by one step.
 *
 * Invariant: whichever of the spec's conditions hold, the Release that rpm then reads is one that was raised. So every
 * Release is raised, and a macro only if all its definitions can be; otherwise the Release that uses it is.
 *
 * Where rpmdev-bumpspec goes by the names of macros (`baserelease`, `release`), this goes by their use: the macro with
 * which a Release begins is raised if it has "rel" in its name and is not also part of a source's name, of a tag that
 * tells the version, or of %prep.
 */

import { RpmError } from './errors.ts';
import { leadingMacro, raiseEnd, raiseFront } from './releasevalue.ts';
import { definitionsOf, isPreamble, type Setting, type SpecLine, tagsOf } from './spectext.ts';

/** New texts of lines by their place. */
type Edits = ReadonlyMap<number, string>;

interface Counter {
  readonly at: number;
  readonly number: bigint;
  /** The line with the next number. */
  readonly next: string;
}

/** rpmautospec's block (its subcommands/process_distgit.py): a macro with a number in lua, on top of the spec. */
const COUNTER = /^[ \t]*%define[ \t]+autorelease[ \t]*\(/;
const COUNT = /^([ \t]*release_number[ \t]*=[ \t]*)([0-9]{1,15})([ \t]*;?[ \t\r]*)$/;
/** Lines from the macro to its number. */
const COUNT_WITHIN = 8;
const USES_COUNTER = /%\{?[?!]*autorelease(?![A-Za-z0-9_])/;
/** Tags whose macros name files or the version. */
const PINNING = /^(?:source|patch|url|version)[0-9]*$/;
/** Macros that stand for one another, and definitions of one: no spec has more that is meant to be read. */
const DEPTH_MAX = 8;
const DEFINITIONS_MAX = 32;

/** From a Release to the macros behind it. */
interface Way {
  /** Definitions from this line on do not count. */
  readonly until: number;
  readonly depth: number;
  /** What each definition raised; null where it has no number, and while it is not known. */
  readonly followed: Map<number, Edits | null>;
}

/** The line with the number that rpmautospec has written; null in a spec that it has not processed. */
export function counterOf(lines: readonly SpecLine[]): Counter | null {
  const start = lines.findIndex((line) => isPreamble(line) && COUNTER.test(line.text));
  if (start === -1) return null;
  for (const [offset, { text }] of lines.slice(start, start + COUNT_WITHIN).entries()) {
    const [, before, digits, after] = COUNT.exec(text) ?? [];
    if (before === undefined || digits === undefined || after === undefined) continue;
    const number = BigInt(digits);
    return { at: start + offset, number, next: `${before}${number + 1n}${after}` };
  }
  return null;
}

export class ReleaseLines {
  readonly #releases: readonly Setting[];
  readonly #definitions: ReadonlyMap<string, readonly Setting[]>;
  readonly #pinning: string;
  readonly #counter: Counter | null;

  constructor(lines: readonly SpecLine[]) {
    const tags = tagsOf(lines);
    this.#releases = tags.filter(({ name, value }) => name === 'release' && value !== '');
    this.#definitions = Map.groupBy(definitionsOf(lines), ({ name }) => name);
    this.#counter = counterOf(lines);
    const pinning = tags.filter(({ name }) => PINNING.test(name)).map(({ value }) => value);
    const prep = lines.filter(({ section }) => section === 'prep').map(({ text }) => text);
    this.#pinning = [...pinning, ...prep].join('\n');
  }

  /** The new text of each line that changes. Throws RpmError `no_release`. */
  raise(): Edits {
    const edits = new Map<number, string>();
    for (const release of this.#releases) {
      const { at, before, value, after } = release;
      const found =
        this.#raise(release, { until: at, depth: 0, followed: new Map() }) ??
        new Map([[at, before + raiseEnd(value) + after]]);
      for (const [line, text] of found) edits.set(line, text);
    }
    if (edits.size > 0) return edits;
    throw new RpmError(
      'no_release',
      'The spec has no Release that can be raised: it has no line "Release: …".',
    );
  }

  /** What to change so that this value begins with a greater number; null where the text has no such number. */
  #raise({ at, before, value, after }: Setting, way: Way): Edits | null {
    if (USES_COUNTER.test(value)) return this.#count();
    const front = raiseFront(value);
    if (front !== null) return new Map([[at, before + front + after]]);
    const name = leadingMacro(value);
    if (name === undefined || way.depth >= DEPTH_MAX || !this.#mayRaise(name)) return null;
    const definitions = this.#definitions.get(name)?.filter((one) => one.at < way.until) ?? [];
    if (definitions.length === 0 || definitions.length > DEFINITIONS_MAX) return null;
    const edits = new Map<number, string>();
    for (const definition of definitions) {
      const found = this.#follow(definition, way);
      // If one cannot be raised, that may be the one that counts.
      if (found === null) return null;
      for (const [line, text] of found) edits.set(line, text);
    }
    return edits;
  }

  #follow(definition: Setting, { until, depth, followed }: Way): Edits | null {
    const { at, before, value } = definition;
    const known = followed.get(at);
    if (known !== undefined) return known;
    followed.set(at, null);
    // %global is expanded where it stands, %define where it is used.
    const way = { until: before.includes('%global') ? at : until, depth: depth + 1, followed };
    const found = value.endsWith('\\') ? null : this.#raise(definition, way);
    followed.set(at, found);
    return found;
  }

  #mayRaise(name: string): boolean {
    const isRelease = /rel/i.test(name) && !/pre/i.test(name);
    return isRelease && !new RegExp(`%\\{?[?!]*${name}(?![A-Za-z0-9_])`).test(this.#pinning);
  }

  #count(): Edits {
    if (this.#counter !== null) return new Map([[this.#counter.at, this.#counter.next]]);
    throw new RpmError(
      'no_release',
      'The spec has no Release that can be raised: %autorelease counts the commits of a repository, which the spec ' +
        'does not have. Process it with "rpmautospec process-distgit" there, or commit the rebuild.',
    );
  }
}
