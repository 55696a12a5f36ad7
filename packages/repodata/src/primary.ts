/**
 * Reads primary metadata as a stream of packages.
 *
 * What the listed facts do not say, a reader takes as `Details` from the same pass (`provides.ts`).
 *
 * Invariant: of the document no more is in memory than a piece of input and the packages that it completed; every
 * package that is yielded has each of its facts exactly once, and the number that the document announced is the number
 * that it has.
 */
import { checkNevra, RpmError } from '@moromi/rpm';
import { RepodataError, shown } from './errors.ts';
import { unpack } from './unpack.ts';
import { count, type Element, type Listener, localPath, missing, sha256, twice, XmlReader } from './xml.ts';

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
export async function* readPackages<More extends object>(
  stream: AsyncIterable<Uint8Array>,
  limits: PrimaryLimits,
  details: Details<More>,
): AsyncGenerator<PrimaryPackage & More, void, undefined> {
  const whole = limits.unpacked ?? gib;
  const listener = new PrimaryListener(details);
  const reader = new XmlReader(listener, { whole, piece: 1024 * 1024, depth: 16 });
  for await (const bytes of unpack(stream, whole)) {
    reader.write(bytes);
    yield* listener.take();
  }
  reader.end();
  yield* listener.take();
  listener.finish();
}

class PrimaryListener<More extends object> {
  readonly #details: Details<More>;
  #announced = 0;
  #found = 0;
  #ready: (PrimaryPackage & More)[] = [];
  #facts = new Map<Wanted, { element: Element; text: string }>();
  #fact: Wanted | undefined;

  constructor(details: Details<More>) {
    this.#details = details;
  }

  open(element: Element, depth: number): void {
    const { uri, local, attributes } = element;
    if (depth === 1) {
      if (uri !== common || local !== 'metadata') {
        throw new RepodataError('damaged', `The document is ${shown(local)}, not primary metadata.`);
      }
      this.#announced = count(attributes['packages'], 'number of packages');
    } else if (depth === 2) {
      // Readers that do not look at namespaces would take anything that is called so for a package.
      if (uri !== common || local !== 'package' || attributes['type'] !== 'rpm') {
        throw new RepodataError('hostile', `Primary metadata has ${shown(local)} where only packages stand.`);
      }
      this.#facts.clear();
    } else if (depth === 3 && isWanted(local)) {
      if (uri !== common)
        throw new RepodataError('hostile', `Primary metadata has a foreign ${shown(local)}.`);
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

  close(depth: number): void {
    if (depth === 3) this.#fact = undefined;
    if (depth > 2) this.#details.close(depth);
    if (depth !== 2) return;
    this.#found += 1;
    const found = packageOf((name) => this.#facts.get(name));
    this.#ready.push(Object.assign(found, this.#details.take()));
  }

  take(): (PrimaryPackage & More)[] {
    if (this.#found > this.#announced) throw this.#miscounted();
    const ready = this.#ready;
    this.#ready = [];
    return ready;
  }

  finish(): void {
    if (this.#found !== this.#announced) throw this.#miscounted();
  }

  #miscounted(): RepodataError {
    return new RepodataError(
      'damaged',
      `Primary metadata announces ${this.#announced} packages and has ${this.#found}.`,
    );
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
