/**
 * XML from strangers, read as a stream.
 *
 * Invariant: memory is bounded whatever comes: by the length of one tag or text, by the depth, and by the whole. What
 * metadata never needs (document types, entities of its own, processing instructions, other encodings) is refused
 * before it could mean anything.
 */
import { SaxesParser } from 'saxes';
import { RepodataError, shown } from './errors.ts';

export interface Element {
  /** Address of the namespace and name within it, as in the table of whoever reads. */
  uri: string;
  local: string;
  /** Attributes by their name as written, `xml:base` among them. */
  attributes: Record<string, string>;
}

export interface Listener {
  open(element: Element, depth: number): void;
  close(depth: number): void;
  text(text: string, depth: number): void;
}

export interface XmlLimits {
  /** Characters of the whole document. */
  whole: number;
  /** Characters of one tag or one text. */
  piece: number;
  depth: number;
  /** Errors end with the line at which the reader was: for files that people write. */
  lines?: boolean;
}

/** Characters that the parser gets at once: how finely the limit on a piece is kept. */
const feed = 16 * 1024;

export class XmlReader {
  readonly #parser: SaxesParser<{ xmlns: true }>;
  readonly #decoder = new TextDecoder('utf-8', { fatal: true });
  readonly #limits: XmlLimits;
  #whole = 0;
  #pending = 0;
  #depth = 0;
  #moved = false;

  constructor(listener: Listener, limits: XmlLimits) {
    this.#limits = limits;
    const parser = new SaxesParser({ xmlns: true });
    this.#parser = parser;
    parser.on('error', (error) => {
      throw new RepodataError('damaged', `The metadata is not well-formed XML: ${shown(error.message)}.`);
    });
    parser.on('doctype', () => {
      throw new RepodataError('hostile', 'The metadata has a document type, which repositories never need.');
    });
    parser.on('processinginstruction', () => {
      throw new RepodataError(
        'hostile',
        'The metadata has a processing instruction, which repositories never need.',
      );
    });
    parser.on('xmldecl', ({ encoding }) => {
      if (encoding !== undefined && encoding.toLowerCase() !== 'utf-8') {
        throw new RepodataError(
          'hostile',
          `The metadata claims the encoding ${shown(encoding)}; it must be UTF-8.`,
        );
      }
    });
    parser.on('opentag', (tag) => {
      this.#moved = true;
      this.#depth += 1;
      if (this.#depth > limits.depth) throw new RepodataError('hostile', 'The metadata is nested too deep.');
      const attributes: Record<string, string> = Object.create(null);
      for (const [name, attribute] of Object.entries(tag.attributes)) attributes[name] = attribute.value;
      listener.open({ uri: tag.uri, local: tag.local, attributes }, this.#depth);
    });
    parser.on('closetag', () => {
      this.#moved = true;
      listener.close(this.#depth);
      this.#depth -= 1;
    });
    const text = (value: string) => {
      this.#moved = true;
      listener.text(value, this.#depth);
    };
    parser.on('text', text);
    parser.on('cdata', text);
    parser.on('comment', () => {
      this.#moved = true;
    });
  }

  write(bytes: Uint8Array): void {
    this.#feed(this.#decode(bytes, true));
  }

  end(): void {
    this.#feed(this.#decode(new Uint8Array(0), false));
    this.#parser.close();
  }

  #decode(bytes: Uint8Array, stream: boolean): string {
    try {
      return this.#decoder.decode(bytes, { stream });
    } catch {
      throw new RepodataError('damaged', 'The metadata is not UTF-8.');
    }
  }

  #feed(text: string): void {
    this.#whole += text.length;
    if (this.#whole > this.#limits.whole) {
      throw new RepodataError('too_large', `The metadata is larger than ${this.#limits.whole} characters.`);
    }
    // In steps, so that one tag or text is never held that is much longer than the limit says.
    for (let at = 0; at < text.length; at += feed) {
      const step = text.slice(at, at + feed);
      this.#moved = false;
      this.#parse(step);
      this.#pending = this.#moved ? step.length : this.#pending + step.length;
      if (this.#pending > this.#limits.piece) {
        throw new RepodataError(
          'too_large',
          `A piece of the metadata is longer than ${this.#limits.piece} characters.`,
        );
      }
    }
  }

  #parse(step: string): void {
    try {
      this.#parser.write(step);
    } catch (error) {
      throw this.#limits.lines === true && error instanceof RepodataError
        ? atLine(error, this.#parser.line)
        : error;
    }
  }
}

/** The same refusal, with the line where it was found. */
export function atLine({ code, message }: RepodataError, line: number): RepodataError {
  return new RepodataError(code, `${message.replace(/\.$/, '')} (line ${line}).`);
}

export function missing(what: string): RepodataError {
  return new RepodataError('damaged', `The metadata has no ${what} where it must have one.`);
}

export function twice(what: string): RepodataError {
  return new RepodataError(
    'hostile',
    `The metadata has more than one ${what} where readers could disagree on it.`,
  );
}

/** A whole number of at least 0 in decimal digits. */
export function count(text: string | undefined, what: string): number {
  if (text === undefined) throw missing(what);
  const value = Number(text.trim());
  if (!/^\s*[0-9]{1,16}\s*$/.test(text) || !Number.isSafeInteger(value)) {
    throw new RepodataError('damaged', `The metadata's ${what} is ${shown(text)}, which is no number.`);
  }
  return value;
}

export function sha256(text: string, what: string): string {
  const value = text.trim();
  if (!/^[0-9a-f]{64}$/.test(value)) {
    throw new RepodataError('damaged', `The metadata's ${what} is ${shown(value)}, which is no SHA-256.`);
  }
  return value;
}

/** An address below the repository's own, of plain characters. */
export function localPath(element: Element): string {
  const href = element.attributes['href'];
  if (href === undefined || href === '') throw missing('location');
  // With xml:base a client fetches from wherever that leads.
  const base = Object.keys(element.attributes).some((name) => name !== 'href');
  const sound = /^[A-Za-z0-9_][A-Za-z0-9._+~^%-]*(\/[A-Za-z0-9_][A-Za-z0-9._+~^%-]*)*$/.test(href);
  if (base || !sound || href.length > 1000 || /%2[ef]|%5c|%00/i.test(href)) {
    throw new RepodataError(
      'hostile',
      `The metadata's location ${shown(href)} may lead out of the repository.`,
    );
  }
  return href;
}
