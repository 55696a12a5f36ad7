/**
 * The value of one `Release` or of a macro that stands for one, raised by one step.
 *
 * The rule is rpmdev-bumpspec's (rpmdevtools, version 1.0.13), in this order:
 *
 *  1. `N…` becomes `N+1…`, whatever follows: `1%{?dist}` → `2%{?dist}`, `12%{?dist}.1` → `13%{?dist}.1`.
 *  2. `0.N…`, a release before the first one, becomes `0.N+1…`: `0.3.beta1%{?dist}` → `0.4.beta1%{?dist}`.
 *  3. Anything else is raised at its end: `….N` becomes `….N+1`, and where no such number stands, `.1` is added:
 *     `%{snap}%{?dist}` → `%{snap}%{?dist}.1` → `%{snap}%{?dist}.2`. So is `N…` with a release candidate behind the
 *     number, `1.rc2`, and `0.` with no number behind it.
 *
 * Beyond that program, a number is also found behind a conditional beginning, `%{?pre:0.}3`, and as the first argument
 * of a macro with "rel" in its name, `%mkrel 3`; and zeros in front of a number stay. Whatever the macros stand for,
 * the result is greater by rpmvercmp.
 */

/** Digits that are read as a number; more are no release. */
const NUMBER = /^([0-9]{1,20})(?![0-9])/;
const BEGINNING =
  /^(?:%\{!?\?[A-Za-z0-9_]+:[^{}%]*\})*(?:%\{?(?=[A-Za-z0-9_]*?rel)[A-Za-z0-9_]+[ \t]+(?=[0-9]))?(?:0\.(?=[0-9%]))?/;
const LEADING_MACRO = /^%(?:\{\??([A-Za-z_][A-Za-z0-9_]*)\}|\??([A-Za-z_][A-Za-z0-9_]*))/;
const LAST_NUMBER = /^(.*\.)([0-9]{1,20})$/s;

/** Rules 1 and 2: raises the number in front; null where there is none. */
export function raiseFront(value: string): string | null {
  const beginning = BEGINNING.exec(value)?.[0] ?? '';
  const rest = value.slice(beginning.length);
  const digits = NUMBER.exec(rest)?.[1];
  if (digits === undefined || /^0\.(?![0-9%])/.test(rest)) return null;
  const tail = rest.slice(digits.length);
  if (!beginning.includes('0.') && withoutMacros(tail).includes('rc')) return null;
  return beginning + next(digits) + tail;
}

/** Rule 3: raises the number behind the last dot, or adds one. */
export function raiseEnd(value: string): string {
  const [, front, digits] = LAST_NUMBER.exec(value) ?? [];
  if (front === undefined || digits === undefined) return value.endsWith('.') ? `${value}1` : `${value}.1`;
  return front + next(digits);
}

/** The macro that stands where rules 1 and 2 look for their number. */
export function leadingMacro(value: string): string | undefined {
  const beginning = BEGINNING.exec(value)?.[0] ?? '';
  const [, braced, bare] = LEADING_MACRO.exec(value.slice(beginning.length)) ?? [];
  return braced ?? bare;
}

/** Zeros in front stay: with more digits behind it, a shorter number would be less. */
function next(digits: string): string {
  return `${BigInt(digits) + 1n}`.padStart(digits.length, '0');
}

/** What is text and not part of a macro's braces: `%{?src}` holds no "rc". */
function withoutMacros(text: string): string {
  let depth = 0;
  let plain = '';
  for (const char of text) {
    if (char === '{') depth++;
    else if (char === '}') depth = Math.max(0, depth - 1);
    else if (depth === 0) plain += char;
  }
  return plain;
}
