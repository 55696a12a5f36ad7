/**
 * What a verb is: the form in which each file of `verbs/` says its name, its arguments and what it does.
 *
 * Invariant: the command tree, the help and the shell completions are all made from these, so none of them can lie.
 */
import type { Session } from './session.ts';
import { usage } from './trouble.ts';

export interface Option {
  /** Commander's form: `--scratch`, `--arch <arch>`, `--keep-failed [duration]`. */
  flags: string;
  summary: string;
  /** May be given several times. */
  many?: true;
  choices?: readonly string[];
}

export interface Verb {
  name: string;
  /** Commander's form: `<target> <srpm>`, `<task...>`. */
  takes: string;
  summary: string;
  /** Koji's name of it, where it is another. */
  koji?: string;
  options: Option[];
  /** Lines for the end of the help. */
  notes?: string[];
  /** @returns the exit code */
  run(session: Session, words: string[], options: Options): Promise<number>;
}

/** The options of one call, by their long name without dashes, in the type that the verb asks for. */
export class Options {
  readonly #values: Record<string, unknown>;

  constructor(values: Record<string, unknown>) {
    this.#values = values;
  }

  flag(name: string): boolean {
    return this.#values[camel(name)] === true;
  }

  /** `--no-NAME` was given. */
  off(name: string): boolean {
    return this.#values[camel(name)] === false;
  }

  /** Undefined where not given; an option with an optional value that was given without one is `''`. */
  text(name: string): string | undefined {
    const value = this.#values[camel(name)];
    if (value === true) return '';
    return typeof value === 'string' ? value : undefined;
  }

  list(name: string): string[] {
    const value = this.#values[camel(name)];
    return Array.isArray(value) ? value.map(String) : [];
  }

  integer(name: string, least = 0, greatest = Number.MAX_SAFE_INTEGER): number | undefined {
    const text = this.text(name);
    return text === undefined ? undefined : wholeNumber(text, `--${name}`, least, greatest);
  }
}

/** A number as people write one on a command line. */
export function wholeNumber(
  text: string,
  what: string,
  least = 1,
  greatest = Number.MAX_SAFE_INTEGER,
): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value) || value < least || value > greatest) {
    const range = greatest === Number.MAX_SAFE_INTEGER ? `from ${least} on` : `from ${least} to ${greatest}`;
    throw usage(`${what} wants a whole number ${range}, not "${text}"`);
  }
  return value;
}

function camel(name: string): string {
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
