/**
 * Finds the name that was probably meant among very many.
 *
 * Invariant: the answer depends on the set of names alone, not on their order, and is off by at most a third of the
 * letters and three of them, so it is never a guess. Upper and lower case count the same, and neighbours swapped
 * count one. Nearly all names are passed over by their length and by which letters they have.
 */

const mostOff = 3;

/** Names of one length, each with the letters that it has. */
interface Shelf {
  readonly names: string[];
  readonly letters: number[];
}

export class Names {
  readonly #shelves = new Map<number, Shelf>();

  constructor(names: Iterable<string>) {
    for (const name of names) {
      const shelf = this.#shelves.get(name.length) ?? { names: [], letters: [] };
      shelf.names.push(name);
      shelf.letters.push(lettersOf(name.toLowerCase()));
      this.#shelves.set(name.length, shelf);
    }
  }

  /**
   * The nearest name, which is `written` itself where that is one; of several the one of nearest length, then the first
   * in order. Undefined where none is near.
   * @param counts whether a name may be the answer
   */
  nearest(written: string, counts: (name: string) => boolean = () => true): string | undefined {
    const word = written.toLowerCase();
    const letters = lettersOf(word);
    let limit = Math.min(mostOff, Math.floor(word.length / 3));
    let best: { name: string; off: number; longer: number } | undefined;
    for (const length of [0, -1, 1, -2, 2, -3, 3].map((more) => word.length + more)) {
      const longer = Math.abs(length - word.length);
      const shelf = this.#shelves.get(length);
      if (shelf === undefined || longer > limit) continue;
      for (const [at, name] of shelf.names.entries()) {
        const has = shelf.letters[at] ?? 0;
        if (bitsIn(has & ~letters) > limit || bitsIn(letters & ~has) > limit) continue;
        const off = distance(word, name.toLowerCase(), limit);
        if (off > limit || !counts(name)) continue;
        if (name === written) return name;
        const isBetter = off < (best?.off ?? Infinity) || (longer === best?.longer && name < best.name);
        if (isBetter) best = { name, off, longer };
        limit = off;
      }
    }
    return best?.name;
  }
}

/** One bit for each letter, for two digits each, and for all else. One edit takes at most one away and adds one. */
function lettersOf(word: string): number {
  let found = 0;
  for (let at = 0; at < word.length; at++) {
    const code = word.charCodeAt(at);
    if (code >= 97 && code <= 122) found |= 1 << (code - 97);
    else if (code >= 48 && code <= 57) found |= 1 << (26 + ((code - 48) >> 1));
    else found |= 1 << 31;
  }
  return found;
}

function bitsIn(bits: number): number {
  let count = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) count++;
  return count;
}

/** Levenshtein's distance with neighbours swapped counting one; more than `most` where it is more than that. */
function distance(a: string, b: string, most: number): number {
  let start = 0;
  while (start < a.length && a[start] === b[start]) start++;
  let [endA, endB] = [a.length, b.length];
  while (endA > start && endB > start && a[endA - 1] === b[endB - 1]) {
    endA--;
    endB--;
  }
  const [rows, columns] = [endA - start, endB - start];
  const tooFar = most + 1;
  let before: number[] = [];
  let last = Array.from({ length: columns + 1 }, (_, j) => j);
  for (let i = 1; i <= rows; i++) {
    const row: number[] = [];
    row[0] = i;
    let least = i;
    // Further from the diagonal it is too far anyhow.
    const [from, to] = [Math.max(1, i - most), Math.min(columns, i + most)];
    for (let j = from; j <= to; j++) {
      const [charA, charB] = [a[start + i - 1], b[start + j - 1]];
      let value = Math.min((last[j] ?? tooFar) + 1, (row[j - 1] ?? tooFar) + 1);
      value = Math.min(value, (last[j - 1] ?? tooFar) + (charA === charB ? 0 : 1));
      if (i > 1 && j > 1 && charA === b[start + j - 2] && a[start + i - 2] === charB) {
        value = Math.min(value, (before[j - 2] ?? tooFar) + 1);
      }
      row[j] = value;
      least = Math.min(least, value);
    }
    if (least > most) return tooFar;
    before = last;
    last = row;
  }
  return last[columns] ?? tooFar;
}
