/**
 * Documents that list packages: an element for the whole that announces how many there are, and one for each.
 *
 * Invariant: only packages stand in it, none that another reader could take for something else, and as many as the
 * document announced. No more is in memory than a piece of input and what the packages that it completed gave.
 */
import { RepodataError, shown } from './errors.ts';
import { unpack } from './unpack.ts';
import { count, type Element, type Listener, XmlReader } from './xml.ts';

export interface ListingKind {
  /** For people, as in the middle of a sentence. */
  title: string;
  /** Address of its namespace. */
  uri: string;
  /** Name of the outermost element. */
  root: string;
}

export abstract class Listing<Item> implements Listener {
  readonly #kind: ListingKind;
  #announced = 0;
  #found = 0;
  #ready: Item[] = [];

  constructor(kind: ListingKind) {
    this.#kind = kind;
  }

  abstract text(text: string, depth: number): void;

  /** Hears of a package's element, at depth 2, and of what is in it. */
  protected abstract inPackage(element: Element, depth: number): void;

  /** Hears of their ends; what the package's own end gives is an item. */
  protected abstract outOfPackage(depth: number): Item | undefined;

  open(element: Element, depth: number): void {
    const { uri, local, attributes } = element;
    if (depth === 1) {
      if (uri !== this.#kind.uri || local !== this.#kind.root)
        throw new RepodataError('damaged', `The document is ${shown(local)}, not ${this.#kind.title}.`);
      this.#announced = count(attributes['packages'], 'number of packages');
    } else {
      if (depth === 2 && (uri !== this.#kind.uri || local !== 'package')) throw this.stranger(element);
      this.inPackage(element, depth);
    }
  }

  close(depth: number): void {
    if (depth === 1) return;
    const item = this.outOfPackage(depth);
    if (depth === 2) this.#found += 1;
    if (item !== undefined) this.#ready.push(item);
  }

  take(): Item[] {
    if (this.#found > this.#announced) throw this.#miscounted();
    const ready = this.#ready;
    this.#ready = [];
    return ready;
  }

  finish(): void {
    if (this.#found !== this.#announced) throw this.#miscounted();
  }

  /** Readers that do not look at namespaces would take anything that is called so for the thing itself. */
  protected checkHome({ uri, local }: Element): void {
    if (uri !== this.#kind.uri)
      throw new RepodataError('hostile', `In ${this.#kind.title} stands a foreign ${shown(local)}.`);
  }

  protected stranger({ local }: Element): RepodataError {
    return new RepodataError(
      'hostile',
      `In ${this.#kind.title} stands ${shown(local)} where only packages stand.`,
    );
  }

  #miscounted(): RepodataError {
    const { title } = this.#kind;
    return new RepodataError(
      'damaged',
      `The ${title} announces ${this.#announced} packages and has ${this.#found}.`,
    );
  }
}

/** @param whole bytes that the document may unpack to */
export async function* readListing<Item>(
  stream: AsyncIterable<Uint8Array>,
  whole: number,
  listing: Listing<Item>,
): AsyncGenerator<Item, void, undefined> {
  const reader = new XmlReader(listing, { whole, piece: 1024 * 1024, depth: 16 });
  for await (const bytes of unpack(stream, whole)) {
    reader.write(bytes);
    yield* listing.take();
  }
  reader.end();
  yield* listing.take();
  listing.finish();
}
