/**
 * What a value in a spec comes to, as far as the spec's text alone tells.
 *
 * Invariant: where the answer would depend on a condition, on the machine's own macros or on a program, there is none
 * (null), with two exceptions: `%dist` is empty, as rpmdev-bumpspec takes it, and a macro that is asked for with `?` and
 * set nowhere in the text is not set.
 */

import type { Setting } from './spectext.ts';

/** Expansions of one value; a text may double its length with each macro. */
const STEPS_MAX = 1_000;
const LITERAL = /[^%]+/y;
const BARE = /%([!?]*)([A-Za-z_][A-Za-z0-9_]*)/y;
const BRACED = /^([!?]*)([A-Za-z_][A-Za-z0-9_]*)(?::(.*))?$/s;
const AUTORELEASE = /^%(?:autorelease((?:[ \t].*)?)|\{\??autorelease((?:[ \t][^{}]*)?)\})$/;

export class SpecMacros {
  /** null: more than one line sets it, or a condition decides. */
  readonly #bodies = new Map<string, string | null>([
    ['dist', ''],
    ['autorelease', null],
  ]);
  readonly #counted: number | null;
  #steps = 0;

  /** @param counted the number that rpmautospec wrote into the spec; null without one */
  constructor(settings: readonly Setting[], counted: bigint | null) {
    for (const { name, value, conditional } of settings) {
      const known = !conditional && !this.#bodies.has(name) && !value.endsWith('\\');
      this.#bodies.set(name, known ? value : null);
    }
    this.#counted = counted === null ? null : Number(counted);
  }

  expand(value: string): string | null {
    this.#steps = STEPS_MAX;
    return this.#text(value);
  }

  #text(text: string): string | null {
    if (this.#steps-- <= 0) return null;
    const [whole, bare, braced] = AUTORELEASE.exec(text) ?? [];
    if (whole !== undefined) return this.#autorelease(bare ?? braced ?? '');
    let found = '';
    for (let at = 0; at < text.length; ) {
      const [piece, length] = this.#piece(text, at);
      if (piece === null) return null;
      found += piece;
      at += length;
    }
    return found;
  }

  /** What stands at `at` comes to, and its length in the text. */
  #piece(text: string, at: number): [string | null, number] {
    LITERAL.lastIndex = at;
    const literal = LITERAL.exec(text)?.[0];
    if (literal !== undefined) return [literal, literal.length];
    if (text[at + 1] === '%') return ['%', 2];
    if (text[at + 1] === '{') {
      const end = closing(text, at + 1);
      const [whole, marks, name, body] = BRACED.exec(text.slice(at + 2, end)) ?? [];
      if (end === -1 || whole === undefined) return [null, 0];
      return [this.#macro(marks ?? '', name ?? '', body), end + 1 - at];
    }
    BARE.lastIndex = at;
    const [whole, marks, name] = BARE.exec(text) ?? [];
    if (whole === undefined) return [null, 0];
    return [this.#macro(marks ?? '', name ?? ''), whole.length];
  }

  #macro(marks: string, name: string, body?: string): string | null {
    const value = this.#bodies.get(name);
    if (value === null) return null;
    const asks = marks.includes('?');
    const isSet = value !== undefined;
    if (!asks) return isSet && marks === '' && body === undefined ? this.#text(value) : null;
    const negated = marks.split('!').length % 2 === 0;
    if (isSet === negated) return '';
    if (body !== undefined) return this.#text(body);
    return isSet ? this.#text(value) : '';
  }

  /** As the macro does that rpmautospec writes: -b, -e and -s take a word, -p and -n none. */
  #autorelease(args: string): string | null {
    if (this.#counted === null) return null;
    const words = args.split(/[ \t]+/).filter((word) => word !== '');
    const options = new Map<string, string>();
    for (let word = words.shift(); word !== undefined; word = words.shift()) {
      if (!/^-[pnbes]$/.test(word)) return null;
      options.set(word, word === '-p' || word === '-n' ? '' : (words.shift() ?? ''));
    }
    const base = this.#text(options.get('-b') ?? '1') ?? '';
    const parts = [options.get('-e'), options.get('-s')].flatMap((part) =>
      part === undefined ? [] : [part],
    );
    const expanded = parts.map((part) => this.#text(part));
    if (!/^[0-9]{1,9}$/.test(base) || expanded.includes(null)) return null;
    return [...(options.has('-p') ? ['0'] : []), `${this.#counted + Number(base) - 1}`, ...expanded].join(
      '.',
    );
  }
}

/** Where the brace at `open` is closed; -1 where it is not. */
function closing(text: string, open: number): number {
  let depth = 0;
  for (let at = open; at < text.length; at++) {
    if (text[at] === '{') depth++;
    else if (text[at] === '}' && --depth === 0) return at;
  }
  return -1;
}
