/**
 * Reads primary metadata as a stream of packages.
 *
 * What the listed facts do not say, a reader takes as `Details` from the same pass (`format.ts`).
 *
 * Invariant: of the document no more is in memory than a piece of input and the packages that it completed; every
 * package that is yielded has each of its facts exactly once, and the number that the document announced is the number
 * that it has.
 */
import { checkNevra, RpmError } from '@moromi/rpm';
import { RepodataError } from './errors.ts';
import { Listing, readListing } from './listing.ts';
import { count, type Element, type Listener, localPath, missing, sha256, twice } from './xml.ts';

export interface PrimaryPackage {
  name: string;
  arch: string;
  epoch: number;
  version: string;
  release: string;
  /** SHA-256 of the whole file, hex: the package id. */
  sha256: string;
  /** Bytes of the file. */
  size: number;
  /** Address below the repository's own: `Packages/hello-2.10-1.x86_64.rpm`. */
  location: string;
}

export interface PrimaryLimits {
  /** Bytes that the document may unpack to. */
  unpacked?: number;
}

/** Hears everything of a package but its facts, and gives what it found at the package's end. */
export interface Details<More> extends Listener {
  /** What the package that has just ended has besides its facts; the next begins with nothing. */
  take(): More;
}

export const common = 'http://linux.duke.edu/metadata/common';
const gib = 2 ** 30;
const wanted = ['name', 'arch', 'version', 'checksum', 'size', 'location'] as const;
type Wanted = (typeof wanted)[number];

const factsAlone: Details<object> = {
  open: () => undefined,
  close: () => undefined,
  text: () => undefined,
  take: () => ({}),
};

/**
 * @param stream the file as it is stored: gzip, zstd or plain, told apart by its first bytes
 * Throws `RepodataError`: damaged, hostile, too_large.
 */
export function readPrimary(
  stream: AsyncIterable<Uint8Array>,
  limits: PrimaryLimits = {},
): AsyncGenerator<PrimaryPackage, void, undefined> {
  return readPackages(stream, limits, factsAlone);
}

/** As `readPrimary`, each package with its details. */
export function readPackages<More extends object>(
  stream: AsyncIterable<Uint8Array>,
  limits: PrimaryLimits,
  details: Details<More>,
): AsyncGenerator<PrimaryPackage & More, void, undefined> {
  return readListing(stream, limits.unpacked ?? gib, new PrimaryListener(details));
}

class PrimaryListener<More extends object> extends Listing<PrimaryPackage & More> {
  readonly #details: Details<More>;
  #facts = new Map<Wanted, { element: Element; text: string }>();
  #fact: Wanted | undefined;

  constructor(details: Details<More>) {
    super({ title: 'primary metadata', uri: common, root: 'metadata' });
    this.#details = details;
  }

  protected inPackage(element: Element, depth: number): void {
    const { local } = element;
    if (depth === 2) {
      if (element.attributes['type'] !== 'rpm') throw this.stranger(element);
      this.#facts.clear();
    } else if (depth === 3 && isWanted(local)) {
      this.checkHome(element);
      if (this.#facts.has(local)) throw twice(`${local} of a package`);
      this.#facts.set(local, { element, text: '' });
      this.#fact = local;
    } else {
      this.#details.open(element, depth);
    }
  }

  text(text: string, depth: number): void {
    const fact = depth === 3 && this.#fact !== undefined ? this.#facts.get(this.#fact) : undefined;
    if (fact !== undefined) fact.text += text;
    else this.#details.text(text, depth);
  }

  protected outOfPackage(depth: number): (PrimaryPackage & More) | undefined {
    if (depth === 2)
      return Object.assign(
        packageOf((name) => this.#facts.get(name)),
        this.#details.take(),
      );
    if (depth === 3) this.#fact = undefined;
    this.#details.close(depth);
    return undefined;
  }
}

function isWanted(name: string): name is Wanted {
  return (wanted as readonly string[]).includes(name);
}

function packageOf(fact: (name: Wanted) => { element: Element; text: string } | undefined): PrimaryPackage {
  const get = (name: Wanted) => {
    const one = fact(name);
    if (one === undefined) throw missing(`${name} of a package`);
    return one;
  };
  const version = get('version').element.attributes;
  const checksum = get('checksum');
  if (checksum.element.attributes['type'] !== 'sha256' || checksum.element.attributes['pkgid'] !== 'YES') {
    throw new RepodataError('damaged', 'The package id of a package is not a SHA-256.');
  }
  const nevra = {
    name: get('name').text.trim(),
    arch: get('arch').text.trim(),
    epoch: count(version['epoch'] ?? '0', 'epoch'),
    version: version['ver'] ?? '',
    release: version['rel'] ?? '',
  };
  try {
    checkNevra(nevra);
  } catch (error) {
    if (error instanceof RpmError) throw new RepodataError('damaged', error.message, { cause: error });
    throw error;
  }
  return {
    ...nevra,
    sha256: sha256(checksum.text, 'package id'),
    size: count(get('size').element.attributes['package'], 'package size'),
    location: localPath(get('location').element),
  };
}
