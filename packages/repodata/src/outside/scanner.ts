/**
 * Cuts a listing of packages into its packages' elements, each as the bytes in which it stood.
 *
 * Invariant: every element that is given is well-formed by itself, in UTF-8, and no more is held than one of them and a
 * piece of input. Document types, processing instructions and foreign elements between packages are refused. An element
 * is `plain` if its bytes mean the same in any listing of its kind: no comment, no CDATA, no namespace of its own.
 */
import type { DocumentForm } from '../compose/document.ts';
import { RepodataError, shown } from '../errors.ts';
import { count } from '../xml.ts';
import { checkCharacters, endOfDeclaration } from './encoding.ts';
import {
  cut,
  decoded,
  endOfName,
  endOfText,
  isBlank,
  isNameStart,
  isSame,
  isSpace,
  isWord,
  likeness,
  malformed,
  type Noted,
  readTag,
  Tag,
} from './tokens.ts';

export interface ScanLimits {
  /** Bytes of one package's element. */
  readonly element: number;
  /** Bytes of one tag. */
  readonly tag: number;
  readonly depth: number;
}

/** An element of which something is wanted: its places in the package's bytes. */
export interface Found {
  /** From its `<` to after the `>` of its start tag. */
  readonly from: number;
  readonly tagEnd: number;
  /** To the `<` of its end tag; `tagEnd` where it is empty. */
  textEnd: number;
  /** After its end. */
  end: number;
}

export interface ScannedPackage {
  /** `<package …>…</package>\n`, a copy. */
  readonly bytes: Buffer;
  readonly plain: boolean;
  /** Of the wanted elements those that it has, each once. */
  readonly found: ReadonlyMap<string, Found>;
}

export const scanLimits: ScanLimits = { element: 32 * 2 ** 20, tag: 2 ** 20, depth: 16 };

type Place = 'prolog' | 'packages' | 'package' | 'epilog';

export class PackageScanner {
  readonly #form: DocumentForm;
  readonly #wanted: ReadonlySet<string>;
  /** Of the names that are wanted. */
  readonly #likely = new Set<number>();
  /** Prefixes that the root declares and that mean the same in all such listings. */
  #prefixes: readonly Buffer[] = [];
  readonly #limits: ScanLimits;
  #bytes = Buffer.allocUnsafe(256 * 1024);
  #at = 0;
  #end = 0;
  #place: Place = 'prolog';
  #started = false;
  /** Namespaces that the root declares, by prefix; the default one under ''. */
  readonly #declared = new Map<string, string>();
  #plainRoot = true;
  #announced = 0;
  #given = 0;
  #ready: ScannedPackage[] = [];
  // Of the package that is being read:
  #from = 0;
  #depth = 0;
  readonly #names: Int32Array;
  readonly #noted: Noted = { wide: false };
  #plain = true;
  #found = new Map<string, Found>();
  /** Wanted element that is open at depth 2 or 3. */
  #open: { found: Found; depth: number } | undefined;
  /** Path of the open element at depth 2, with a slash, if it is looked into. */
  #path = '';
  readonly #tag = new Tag();

  /**
   * @param wanted names of elements in a package (`name`) and of those in them (`format/rpm:sourcerpm`); with a slash at
   * the end (`format/`) the first are looked into
   */
  constructor(form: DocumentForm, wanted: ReadonlySet<string>, limits: ScanLimits = scanLimits) {
    this.#form = form;
    this.#wanted = wanted;
    for (const path of wanted) {
      const name = Buffer.from(path.split('/').findLast((part) => part !== '') ?? '');
      this.#likely.add(likeness(name, 0, name.length));
    }
    this.#limits = limits;
    this.#names = new Int32Array(2 * (limits.depth + 1));
  }

  /** Attributes of the root that declare namespaces, as they are to stand in a tag. */
  get declarations(): ReadonlyMap<string, string> {
    return this.#declared;
  }

  write(piece: Uint8Array): void {
    this.#append(piece);
    while (this.#step()) if (this.#given > this.#announced) throw this.#miscounted();
    if (this.#place === 'package' && this.#end - this.#from > this.#limits.element)
      throw new RepodataError(
        'too_large',
        `A package of the metadata is larger than ${this.#limits.element} bytes.`,
      );
    if (this.#end - this.#at > this.#limits.tag)
      throw new RepodataError(
        'too_large',
        `A piece of the metadata is longer than ${this.#limits.tag} bytes.`,
      );
  }

  take(): ScannedPackage[] {
    const ready = this.#ready;
    this.#ready = [];
    return ready;
  }

  end(): void {
    if (this.#place !== 'epilog' || this.#at < this.#end) throw malformed('it ends before its end');
    if (this.#given !== this.#announced) throw this.#miscounted();
  }

  #append(piece: Uint8Array): void {
    const keep = this.#place === 'package' ? this.#from : this.#at;
    if (this.#end + piece.length > this.#bytes.length) {
      const held = this.#end - keep;
      const size = held + piece.length;
      const target = size > this.#bytes.length / 2 ? Buffer.allocUnsafe(2 * size) : this.#bytes;
      this.#bytes.copy(target, 0, keep, this.#end);
      this.#bytes = target;
      this.#at -= keep;
      this.#from -= keep;
      this.#end = held;
    }
    this.#bytes.set(piece, this.#end);
    this.#end += piece.length;
  }

  /** One token; false where it is cut or nothing is left. */
  #step(): boolean {
    const bytes = this.#bytes;
    if (!this.#started) return this.#start();
    if (this.#at >= this.#end) return false;
    if (bytes[this.#at] !== 0x3c) {
      const after = endOfText(bytes, this.#at, this.#end, this.#noted);
      if (this.#place !== 'package' && !isBlank(bytes, this.#at, after)) throw this.#stranger('text');
      const moved = after > this.#at;
      this.#at = after;
      return moved;
    }
    if (this.#at + 1 >= this.#end) return false;
    const next = bytes[this.#at + 1] ?? 0;
    if (next === 0x2f) return this.#close();
    if (next === 0x21) return this.#declaration();
    if (next === 0x3f)
      throw new RepodataError(
        'hostile',
        'The metadata has a processing instruction, which repositories never need.',
      );
    if (!isNameStart(next)) throw malformed('"<" begins no tag');
    return this.#openTag();
  }

  #start(): boolean {
    const after = endOfDeclaration(this.#bytes, this.#at, this.#end);
    if (after === cut) return false;
    this.#at = after;
    this.#started = true;
    return true;
  }

  #openTag(): boolean {
    const tag = this.#tag;
    if (readTag(this.#bytes, this.#at, this.#end, tag, this.#noted) === cut) return false;
    const from = this.#at;
    this.#at = tag.end;
    if (this.#place === 'prolog') this.#root(from);
    else if (this.#place === 'packages') this.#begin(from);
    else if (this.#place === 'package') this.#enter(from);
    else throw malformed('something follows its root element');
    return true;
  }

  #root(from: number): void {
    const { title, root, uri, prefixes } = this.#form;
    const name = this.#bytes.toString('latin1', from + 1, this.#tag.nameEnd);
    const attributes = this.#attributes();
    for (const [attribute, value] of attributes) {
      if (attribute === 'xmlns') this.#declared.set('', value);
      else if (attribute.startsWith('xmlns:')) this.#declared.set(attribute.slice(6), value);
    }
    if (name !== root || this.#declared.get('') !== uri)
      throw new RepodataError('damaged', `The document is ${shown(name)}, not ${title}.`);
    this.#plainRoot = Object.entries(prefixes).every(
      ([prefix, home]) => (this.#declared.get(prefix) ?? home) === home,
    );
    this.#prefixes = Object.keys(prefixes)
      .filter((prefix) => this.#declared.has(prefix))
      .map((prefix) => Buffer.from(prefix));
    this.#announced = count(attributes.get('packages'), 'number of packages');
    this.#place = this.#tag.empty ? 'epilog' : 'packages';
  }

  #attributes(): Map<string, string> {
    const { places, attributes } = this.#tag;
    const found = new Map<string, string>();
    for (let at = 0; at < attributes; at += 1) {
      const [a, b, c, d] = places.subarray(4 * at, 4 * at + 4);
      found.set(this.#bytes.toString('latin1', a, b), decoded(this.#bytes.toString('utf8', c, d)));
    }
    return found;
  }

  #begin(from: number): void {
    if (this.#bytes.toString('latin1', from + 1, this.#tag.nameEnd) !== 'package')
      throw this.#stranger(this.#bytes.toString('latin1', from + 1, this.#tag.nameEnd));
    this.#place = 'package';
    this.#from = from;
    this.#depth = 0;
    this.#plain = this.#plainRoot;
    this.#found = new Map();
    this.#open = undefined;
    this.#enter(from);
  }

  #enter(from: number): void {
    const tag = this.#tag;
    this.#depth += 1;
    if (this.#depth >= this.#limits.depth)
      throw new RepodataError('hostile', 'The metadata is nested too deep.');
    this.#names[2 * this.#depth] = from + 1 - this.#from;
    this.#names[2 * this.#depth + 1] = tag.nameEnd - this.#from;
    if (tag.special) {
      this.#mark(from + 1, tag.nameEnd);
      for (let at = 0; at < tag.attributes; at += 1)
        this.#mark(tag.places[4 * at] ?? 0, tag.places[4 * at + 1] ?? 0, true);
    }
    if (this.#depth <= 3) this.#watch(from);
    if (tag.empty) this.#leave(this.#at, this.#at);
  }

  /** Notes whether a name says the same in any listing of the kind. */
  #mark(from: number, to: number, attribute = false): void {
    const bytes = this.#bytes;
    let colon = -1;
    for (let i = from; i < to; i += 1) {
      const byte = bytes[i] ?? 0;
      if (byte === 0x3a) {
        if (colon >= 0 || i === from || i === to - 1) throw malformed('a name has a colon where none can be');
        colon = i;
      } else if (byte >= 0x80) {
        this.#plain = false;
        this.#noted.wide = true;
      }
    }
    if (colon < 0) {
      if (attribute && isWord(bytes, from, to, xmlns)) this.#plain = false;
      return;
    }
    if (attribute && isWord(bytes, from, colon, xml)) return;
    if (!this.#prefixes.some((prefix) => isWord(bytes, from, colon, prefix))) this.#plain = false;
  }

  #watch(from: number): void {
    if (this.#depth === 1) return;
    const inside = this.#depth === 3;
    if (inside && this.#open !== undefined)
      throw new RepodataError('damaged', 'An element stands in a package where only a text stands.');
    if (!inside) this.#path = '';
    if (inside && this.#path === '') return;
    // Most elements are files and dependencies, of which not even the name need be known.
    if (!this.#likely.has(likeness(this.#bytes, from + 1, this.#tag.nameEnd))) return;
    const name = this.#path + this.#bytes.toString('latin1', from + 1, this.#tag.nameEnd);
    if (!inside && this.#wanted.has(`${name}/`)) this.#path = `${name}/`;
    if (!this.#wanted.has(name)) return;
    if (this.#found.has(name))
      throw new RepodataError(
        'hostile',
        `The metadata has more than one ${shown(name)} of a package, where readers could disagree on it.`,
      );
    const tagEnd = this.#at - this.#from;
    const found = { from: from - this.#from, tagEnd, textEnd: tagEnd, end: tagEnd };
    this.#found.set(name, found);
    this.#open = { found, depth: this.#depth };
  }

  #close(): boolean {
    const bytes = this.#bytes;
    const from = this.#at;
    if (this.#place === 'package') {
      const open = this.#from + (this.#names[2 * this.#depth] ?? 0);
      const openEnd = this.#from + (this.#names[2 * this.#depth + 1] ?? 0);
      const nameEnd = from + 2 + openEnd - open;
      if (nameEnd < this.#end) {
        if (!isSame(bytes, open, openEnd, from + 2, nameEnd)) throw malformed('tags do not match');
        const end = this.#endOfClosing(nameEnd);
        if (end === cut) return false;
        this.#at = end;
        this.#leave(from, end);
        return true;
      }
      return false;
    }
    if (this.#place !== 'packages') throw malformed('an end tag ends nothing');
    const nameEnd = endOfName(bytes, from + 2, this.#end);
    const end = this.#endOfClosing(nameEnd);
    if (end === cut) return false;
    if (bytes.toString('latin1', from + 2, nameEnd) !== this.#form.root) throw malformed('tags do not match');
    this.#at = end;
    this.#place = 'epilog';
    return true;
  }

  #endOfClosing(at: number): number {
    let i = at;
    while (i < this.#end && isSpace(this.#bytes[i])) i += 1;
    if (i >= this.#end) return cut;
    if (this.#bytes[i] !== 0x3e) throw malformed('tags do not match');
    return i + 1;
  }

  #leave(textEnd: number, end: number): void {
    if (this.#open?.depth === this.#depth) {
      this.#open.found.textEnd = textEnd - this.#from;
      this.#open.found.end = end - this.#from;
      this.#open = undefined;
    }
    this.#depth -= 1;
    if (this.#depth > 0) return;
    const slice = this.#bytes.subarray(this.#from, end);
    if (this.#noted.wide) checkCharacters(slice);
    const bytes = Buffer.allocUnsafe(slice.length + 1);
    slice.copy(bytes);
    bytes[slice.length] = 0x0a;
    this.#ready.push({ bytes, plain: this.#plain, found: this.#found });
    this.#given += 1;
    this.#noted.wide = false;
    this.#place = 'packages';
  }

  /** Comments are passed over; so is CDATA within a package. */
  #declaration(): boolean {
    const rest = this.#bytes.subarray(this.#at, this.#end);
    const begin = rest.toString('latin1', 0, 9);
    if ('<!--'.startsWith(begin.slice(0, 4))) return this.#skip(rest, 4, '-->');
    if ('<![CDATA['.startsWith(begin) && this.#place === 'package') return this.#skip(rest, 9, ']]>');
    throw new RepodataError('hostile', 'The metadata has a document type, which repositories never need.');
  }

  #skip(rest: Buffer, from: number, end: string): boolean {
    const to = rest.indexOf(end, from, 'latin1');
    if (to < 0) return false;
    this.#plain = false;
    this.#noted.wide = true;
    this.#at += to + end.length;
    return true;
  }

  #stranger(what: string): RepodataError {
    return new RepodataError(
      'hostile',
      `In ${this.#form.title} stands ${shown(what)} where only packages stand.`,
    );
  }

  #miscounted(): RepodataError {
    const { title } = this.#form;
    return new RepodataError(
      'damaged',
      `The ${title} announces ${this.#announced} packages and has ${this.#given}.`,
    );
  }
}

const xmlns = Buffer.from('xmlns');
const xml = Buffer.from('xml');
