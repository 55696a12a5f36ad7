/**
 * A try's verdict for people: what broke first, and beside it what was broken before.
 *
 * Invariant: what makes a verdict bad is never among what is cut short without its number.
 */
import type { Broken, Verdict } from '@moromi/contract';
import { printable } from './escape.ts';

/** Of a kind of trouble so many are shown. */
const shown = 20;

export function verdictLines(verdict: Verdict): string[] {
  const { good, changes, broke, brokeBefore, unclear, closure } = verdict;
  const fresh = closure?.unmet.filter((one) => !one.before) ?? [];
  const old = closure?.counts.unmetBefore ?? 0;
  return [
    good ? 'Nothing broke.' : 'It breaks something.',
    ...some('does not build itself', changes, (one) => brokenWords(one)),
    ...some('builds without the change and not with it', broke, (one) => brokenWords(one)),
    ...some('nobody can say', unclear, (one) => brokenWords(one)),
    ...some(
      'can be installed no more',
      fresh,
      (one) => `${one.package} (${one.arch}): nothing provides ${one.requirement}`,
    ),
    ...some(
      'sonames gone',
      closure?.gone ?? [],
      (one) =>
        `${one.soname} (${one.arch})${one.users.length === 0 ? ', and nobody requires it' : `, required by ${one.users.slice(0, 5).join(', ')}`}`,
    ),
    ...some('sonames new', closure?.added ?? [], (one) => `${one.soname} (${one.arch})`),
    ...some('does not build without the change either', brokeBefore, (one) => brokenWords(one)),
    ...(old > 0 ? [`${old} requirements were met by nothing before, and are not now`] : []),
    ...((closure?.counts.mended ?? 0) > 0
      ? [`${closure?.counts.mended} requirements are met that were not before`]
      : []),
    ...(closure === null ? ['what can be installed was not compared'] : []),
  ];
}

function some<T>(what: string, list: readonly T[], words: (one: T) => string): string[] {
  if (list.length === 0) return [];
  const more = list.length > shown ? [`  and ${list.length - shown} more`] : [];
  return [
    `${what} (${list.length}):`,
    ...list.slice(0, shown).map((one) => printable(`  ${words(one)}`)),
    ...more,
  ];
}

function brokenWords({ package: name, build, baseline, failure }: Broken): string {
  const builds = [
    build === null ? '' : `build ${build}`,
    baseline === null ? '' : `without it build ${baseline}`,
  ];
  const named = builds.filter((one) => one !== '').join(', ');
  const why = failure === null ? '' : `: ${failure.message}`;
  return `${name}${named === '' ? '' : ` (${named})`}${why}`;
}
