/** Text and attributes of elements in a package's bytes, which a scanner has found to be sound. */
import { RepodataError } from '../errors.ts';
import { missing } from '../xml.ts';
import type { Found, ScannedPackage } from './scanner.ts';
import { decoded, isWord, readTag, Tag } from './tokens.ts';

const tag = new Tag();
const noted = { wide: false };
const plain = /^[^&\t\r\n]*$/;

/** Names of attributes, to be asked for often. */
export class Asked<Name extends string> {
  readonly names: readonly (readonly [Name, Buffer])[];

  constructor(...names: Name[]) {
    this.names = names.map((name) => [name, Buffer.from(name)]);
  }

  /** Of the start tag whose `<` is at `at`, those that it has. */
  at(bytes: Buffer, at: number): Partial<Record<Name, string>> {
    readTag(bytes, at, bytes.length, tag, noted);
    const found: Partial<Record<Name, string>> = {};
    for (let place = 0; place < 4 * tag.attributes; place += 4) {
      const [from, to] = [tag.places[place] ?? 0, tag.places[place + 1] ?? 0];
      for (const [name, word] of this.names) {
        if (!isWord(bytes, from, to, word)) continue;
        const value = bytes.toString('utf8', tag.places[place + 2], tag.places[place + 3]);
        found[name] = plain.test(value) ? value : unbroken(value);
      }
    }
    return found;
  }

  /** Of the package's element at this path, which it must have. */
  of({ bytes, found }: ScannedPackage, path: string): Partial<Record<Name, string>> {
    const one = found.get(path);
    if (one === undefined) throw missing(`${path} of a package`);
    return this.at(bytes, one.from);
  }
}

/** A line end or a tab in a value is a space (XML 1.0 §3.3.3). */
function unbroken(value: string): string {
  return decoded(value.replace(/\r\n|[\t\r\n]/g, ' '));
}

export function textOf({ bytes, found }: ScannedPackage, path: string): string {
  const one = found.get(path);
  if (one === undefined) throw missing(`${path} of a package`);
  return textAt(bytes, one, path);
}

export function textAt(bytes: Buffer, { tagEnd, textEnd }: Found, path: string): string {
  const text = bytes.toString('utf8', tagEnd, textEnd);
  if (text.includes('<')) throw new RepodataError('damaged', `In a package's ${path} stands an element.`);
  return decoded(text).trim();
}
