/**
 * The order of what programs ask of libc: `libc.so.6()` before `libc.so.6(GLIBC_2.3.4)(64bit)` before
 * `libc.so.6(GLIBC_2.34)(64bit)`. Who has the highest has all of them, so metadata keeps one.
 *
 * Invariant: the answer is that of createrepo_c (src/parsehdr.c, cr_compare_dependency), also for names that nothing
 * writes; for names without a parenthesis that closes it has none, and the first one stays.
 */
import { rpmvercmp } from '@moromi/rpm';

/** Below 0 where the second is higher, else the first is as good. */
export function compareLibc(one: string, other: string): number {
  const a = insideOf(one);
  const b = insideOf(other);
  if (a.rank !== b.rank) return a.rank - b.rank;
  return rpmvercmp(a.version, b.version);
}

/** Ranks in rising order: no parenthesis, none that closes, nothing inside, no number inside, a number. */
function insideOf(name: string): { rank: number; version: string } {
  const open = name.indexOf('(');
  if (open < 0) return { rank: 0, version: '' };
  const close = name.indexOf(')', open);
  if (close < 0) return { rank: 1, version: '' };
  if (close === open + 1) return { rank: 2, version: '' };
  const number = name.slice(open + 1, close).search(/[0-9]/);
  if (number < 0) return { rank: 3, version: '' };
  return { rank: 4, version: name.slice(open + 1 + number, close) };
}
