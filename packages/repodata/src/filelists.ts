/**
 * Reads from filelists metadata which packages have certain paths.
 *
 * Invariant: of the document no more is in memory than a piece of input and the wanted paths of the packages that it
 * completed; the number of packages that the document announced is the number that it has. A package is named by its id
 * alone: what else filelists says of it, primary says with authority.
 */
import { RepodataError } from './errors.ts';
import { Listing, readListing } from './listing.ts';
import { type Element, sha256 } from './xml.ts';

/** Paths of one package, of files, folders and ghosts; each at least once, none that is not wanted. */
export interface FoundPaths {
  /** The package's id, as `PrimaryPackage` has it. */
  sha256: string;
  paths: readonly string[];
}

export interface FilelistsLimits {
  /** Bytes that the document may unpack to. */
  unpacked?: number;
  /** Times that one package may have a path that is wanted. */
  entries?: number;
}

const gib = 2 ** 30;
const mostEntries = 2 ** 18;

/**
 * Packages that have any of the wanted paths.
 * @param stream the file as it is stored: gzip, zstd or plain
 * Throws `RepodataError`: damaged, hostile, too_large.
 */
export function readFilelists(
  stream: AsyncIterable<Uint8Array>,
  wanted: ReadonlySet<string>,
  limits: FilelistsLimits = {},
): AsyncGenerator<FoundPaths, void, undefined> {
  return readListing(
    stream,
    limits.unpacked ?? 4 * gib,
    new FilelistsListener(wanted, limits.entries ?? mostEntries),
  );
}

class FilelistsListener extends Listing<FoundPaths> {
  readonly #wanted: ReadonlySet<string>;
  readonly #most: number;
  #id = '';
  #paths: string[] = [];
  #path: string | undefined;

  constructor(wanted: ReadonlySet<string>, most: number) {
    super({
      title: 'filelists metadata',
      uri: 'http://linux.duke.edu/metadata/filelists',
      root: 'filelists',
    });
    this.#wanted = wanted;
    this.#most = most;
  }

  text(text: string, depth: number): void {
    if (depth === 3 && this.#path !== undefined) this.#path += text;
  }

  protected inPackage(element: Element, depth: number): void {
    if (depth === 2) {
      this.#id = sha256(element.attributes['pkgid'] ?? '', 'package id');
      this.#paths = [];
    } else if (depth === 3 && element.local === 'file') {
      this.checkHome(element);
      this.#path = '';
    }
  }

  protected outOfPackage(depth: number): FoundPaths | undefined {
    if (depth === 2) return this.#paths.length === 0 ? undefined : { sha256: this.#id, paths: this.#paths };
    if (depth === 3 && this.#path !== undefined) {
      if (this.#wanted.has(this.#path)) this.#paths.push(this.#path);
      this.#path = undefined;
      if (this.#paths.length > this.#most)
        throw new RepodataError('too_large', `A package has wanted paths more than ${this.#most} times.`);
    }
    return undefined;
  }
}
