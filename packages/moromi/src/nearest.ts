/**
 * The name that was probably meant.
 *
 * Invariant: a suggestion differs from what was written by at most a third of its letters, so it is never a guess.
 */

/** Levenshtein's distance with neighbours swapped counting one. */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        best = Math.min(best, (before[j - 2] ?? 0) + 1);
      }
      row.push(best);
    }
    before = last;
    last = row;
  }
  return last[b.length] ?? 0;
}

export function nearest(written: string, known: readonly string[]): string | undefined {
  const word = written.toLowerCase();
  const ranked = known
    .map((name) => ({ name, off: distance(word, name.toLowerCase()) }))
    .filter(({ name, off }) => off <= Math.max(1, Math.floor(Math.max(name.length, word.length) / 3)))
    .sort((a, b) => a.off - b.off || (a.name < b.name ? -1 : 1));
  return ranked[0]?.name;
}
