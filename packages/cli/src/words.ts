/**
 * The small languages of command-line values: durations, sizes, globs, macros, parents, repositories.
 *
 * Invariant: what cannot be understood is refused with a sentence that shows the right form; nothing is guessed.
 */
import { usage } from './trouble.ts';
import type { Options } from './verb.ts';

const seconds: Record<string, number> = { '': 1, s: 1, m: 60, h: 3600, d: 86_400 };

/** `90`, `90s`, `30m`, `2h`, `1d` in seconds. */
export function duration(text: string, what: string): number {
  const match = /^(\d+)([smhd]?)$/.exec(text);
  const value = Number(match?.[1]) * (seconds[match?.[2] ?? ''] ?? Number.NaN);
  if (!Number.isSafeInteger(value) || value < 1) {
    throw usage(`${what} wants a duration such as 90s, 30m, 2h or 1d, not "${text}"`);
  }
  return value;
}

/** An option's duration in whole hours, which it reaches or passes. */
export function hours(options: Options, name: string): number {
  return Math.ceil(duration(options.text(name) ?? '', `--${name}`) / 3600);
}

/** Memory or disk with its unit, `512M`, `16G`, `1T`, in MiB. */
export function mebibytes(text: string, what: string): number {
  const match = /^(\d+)([MGT])$/i.exec(text);
  const value = Number(match?.[1]) * 1024 ** 'MGT'.indexOf(match?.[2]?.toUpperCase() ?? '');
  if (!Number.isSafeInteger(value)) {
    throw usage(`${what} wants a size such as 512M, 16G or 1T, not "${text}"`);
  }
  return value;
}

/** A weight or capacity: more than 0, and need not be whole. */
export function quantity(text: string, what: string, greatest: number): number {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (!(value > 0 && value <= greatest)) {
    throw usage(`${what} wants a number above 0 and up to ${greatest}, not "${text}"`);
  }
  return value;
}

/** Names of packages with `*` and `?`. */
export function glob(text: string, what: string): string {
  if (!/^[A-Za-z0-9._+*?-]{1,200}$/.test(text)) {
    throw usage(`${what} wants a name of packages such as kernel or python3-*, not "${text}"`);
  }
  return text;
}

/** `NAME VALUE`, as rpm's `--define` takes it; a leading `%` of the name is dropped. */
export function macro(text: string, what: string): [string, string] {
  const match = /^\s*%?([A-Za-z_][A-Za-z0-9_]*)(?:\s+|$)([\s\S]*)$/.exec(text);
  if (match?.[1] === undefined) {
    throw usage(`${what} wants 'NAME VALUE' such as '_with_tests 1', not "${text}"`);
  }
  return [match[1], match[2] ?? ''];
}

/** Macros of several options, the last of a name winning. */
export function macros(texts: string[], what: string): Record<string, string> {
  return Object.fromEntries(texts.map((text) => macro(text, what)));
}

/** `PARENT` or `PARENT:PRIORITY`; parents without one follow in the order given, ten apart. */
export function parents(texts: string[]): { parent: string; priority: number }[] {
  return texts.map((text, index) => {
    const match = /^([^\s:]+)(?::(\d{1,5}))?$/.exec(text);
    const priority = match?.[2] === undefined ? index * 10 : Number(match[2]);
    if (match?.[1] === undefined || priority > 10_000) {
      throw usage(`--inherit wants PARENT or PARENT:PRIORITY (0 to 10000), not "${text}"`);
    }
    return { parent: match[1], priority };
  });
}

/** `NAME=URL` or `NAME=URL@PRIORITY`. */
export function externalRepo(text: string): { name: string; url: string; priority: number } {
  const match = /^([A-Za-z0-9][A-Za-z0-9._+~^-]*)=((?:https?|file):\/\/\S+?)(?:@(\d{1,2}))?$/.exec(text);
  const priority = match?.[3] === undefined ? 50 : Number(match[3]);
  if (match?.[1] === undefined || match[2] === undefined || priority < 1) {
    throw usage(`--external wants NAME=URL or NAME=URL@PRIORITY (1 to 99), not "${text}"`);
  }
  return { name: match[1], url: match[2], priority };
}

/** Values given several times or comma separated. */
export function commaList(texts: string[]): string[] {
  return texts.flatMap((text) => text.split(',').map((part) => part.trim())).filter((part) => part !== '');
}

/**
 * Names of packages within one value: `a;b`, or `a+b` where what follows begins with a letter, since a plus may stand in a
 * name (`gcc-c++`, `libsigc++20`).
 */
export function packageNames(value: string): string[] {
  return value.split(/[;\s]+|\+(?=[A-Za-z@*_])/).filter((one) => one !== '');
}
