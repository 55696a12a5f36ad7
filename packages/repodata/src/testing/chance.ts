/** Numbers, words and sentences that look like those of a distribution; the same from the same seed, everywhere. */

export class Chance {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
    for (let i = 0; i < 4; i += 1) this.next();
  }

  /** From 0 up to 1 without it: mulberry32. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let bits = this.#state;
    bits = Math.imul(bits ^ (bits >>> 15), bits | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from 0 up to `below` without it. */
  below(below: number): number {
    return Math.floor(this.next() * below);
  }

  of<T>(items: readonly [T, ...T[]]): T {
    return items[this.below(items.length)] ?? items[0];
  }

  /** The first items far more often than the last, as words of a language. */
  often<T>(items: readonly [T, ...T[]]): T {
    return items[Math.floor(items.length ** this.next()) - 1] ?? items[0];
  }

  /** Whole numbers with a long tail. */
  tail(middle: number, spread: number, most: number): number {
    const normal = Math.sqrt(-2 * Math.log(1 - this.next())) * Math.cos(2 * Math.PI * this.next());
    return Math.min(most, Math.round(middle * Math.exp(spread * normal)));
  }

  hex(digits: number): string {
    let text = '';
    while (text.length < digits)
      text += this.below(2 ** 32)
        .toString(16)
        .padStart(8, '0');
    return text.slice(0, digits);
  }
}

type Words = readonly [string, ...string[]];

const starts: Words = [
  'b',
  'br',
  'c',
  'ch',
  'd',
  'f',
  'g',
  'gr',
  'k',
  'l',
  'm',
  'n',
  'p',
  'pl',
  'r',
  's',
  'st',
  't',
  'tr',
  'v',
  'w',
  'x',
  'z',
];
const middles: Words = ['a', 'e', 'i', 'o', 'u', 'ai', 'ea', 'io', 'ou', 'y'];
const ends: Words = ['', '', 'n', 'r', 's', 't', 'l', 'm', 'x', 'ck', 'ng', 'nd', 'rt', 'st'];

function wordList(count: number, seed: number): Words {
  const chance = new Chance(seed);
  const words = new Set<string>();
  while (words.size < count) {
    const syllables = 1 + chance.below(3);
    let word = '';
    for (let i = 0; i < syllables; i += 1) word += chance.of(starts) + chance.of(middles);
    words.add(word + chance.of(ends));
  }
  const [first = '', ...rest] = words;
  return [first, ...rest];
}

/** The same for every seed: a distribution's language does not change with its packages. */
export const words = wordList(4000, 1);
export const people = wordList(600, 2);

export function sentence(chance: Chance, length: number): string {
  const said = Array.from({ length }, () => chance.often(words)).join(' ');
  return `${said.charAt(0).toUpperCase()}${said.slice(1)}`;
}
