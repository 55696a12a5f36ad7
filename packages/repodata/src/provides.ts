/**
 * What the packages of primary metadata provide: capabilities, the files that primary lists, and where they come from.
 *
 * Primary lists the files of `/etc`, of every folder whose name ends in `bin`, and `/usr/lib/sendmail` (createrepo_c,
 * cr_is_primary); other files are in filelists, which is not read here.
 *
 * Invariant: as `readPrimary`, and what one package provides is bounded in number and in characters.
 */
import { checkFileName, type Evr, RpmError, type VersionRange } from '@moromi/rpm';
import { RepodataError, shown } from './errors.ts';
import { common, type Details, type PrimaryLimits, type PrimaryPackage, readPackages } from './primary.ts';
import { count, type Element, missing, twice } from './xml.ts';

export interface Provide extends VersionRange {
  readonly name: string;
}

interface Provided {
  /** In the document's order; the package's own name is one of them if rpm built it. */
  readonly provides: readonly Provide[];
  /** Absolute paths of files, folders and ghosts. */
  readonly files: readonly string[];
  /** File name of the source package; null for a source package, and where no such name is stated. */
  readonly sourceRpm: string | null;
}

export interface ProvidingPackage extends PrimaryPackage, Provided {}

export interface ProvidesLimits extends PrimaryLimits {
  /** Provides and files of one package. */
  entries?: number;
  /** Characters of all provides and files of one package. */
  characters?: number;
}

const rpm = 'http://linux.duke.edu/metadata/rpm';
const mostEntries = 2 ** 18;
const mostCharacters = 2 ** 25;

const operators = new Map([
  ['LT', '<'],
  ['LE', '<='],
  ['EQ', '='],
  ['GE', '>='],
  ['GT', '>'],
] as const);

/**
 * As `readPrimary`, with what each package provides. A provide with a comparison and no version is one of any version,
 * as for rpm.
 * Throws `RepodataError`: damaged, hostile, too_large.
 */
export function readProvides(
  stream: AsyncIterable<Uint8Array>,
  limits: ProvidesLimits = {},
): AsyncGenerator<ProvidingPackage, void, undefined> {
  return readPackages(stream, limits, new ProvidesListener(limits));
}

class ProvidesListener implements Details<Provided> {
  readonly #limits: ProvidesLimits;
  #provides: Provide[] = [];
  #files: string[] = [];
  #sourceRpm = '';
  #characters = 0;
  /** What stood in this package and may stand only once. */
  #seen = new Set<string>();
  #inFormat = false;
  #inside: 'provides' | 'sourcerpm' | 'file' | undefined;

  constructor(limits: ProvidesLimits) {
    this.#limits = limits;
  }

  open(element: Element, depth: number): void {
    const { local } = element;
    if (depth === 3 && local === 'format') {
      this.#once(element, common);
      this.#inFormat = true;
    } else if (depth === 4 && this.#inFormat && (local === 'provides' || local === 'sourcerpm')) {
      this.#once(element, rpm);
      this.#inside = local;
    } else if (depth === 4 && this.#inFormat && local === 'file') {
      checkHome(element, common);
      this.#inside = 'file';
      this.#files.push('');
      this.#count(0);
    } else if (depth === 5 && this.#inside === 'provides' && local === 'entry') {
      checkHome(element, rpm);
      const provide = provideOf(element);
      this.#provides.push(provide);
      this.#count(
        provide.name.length + (provide.evr?.version.length ?? 0) + (provide.evr?.release?.length ?? 0),
      );
    }
  }

  text(text: string, depth: number): void {
    if (depth !== 4 || this.#inside === undefined || this.#inside === 'provides') return;
    this.#count(text.length);
    if (this.#inside === 'sourcerpm') this.#sourceRpm += text;
    else this.#files.push((this.#files.pop() ?? '') + text);
  }

  close(depth: number): void {
    if (depth === 4) this.#inside = undefined;
    if (depth === 3) this.#inFormat = false;
  }

  take(): Provided {
    // Files of source packages have no folder, and nothing can require them.
    const files = this.#files.filter((path) => path.startsWith('/'));
    const found = { provides: this.#provides, files, sourceRpm: sourceRpmOf(this.#sourceRpm.trim()) };
    this.#provides = [];
    this.#files = [];
    this.#sourceRpm = '';
    this.#characters = 0;
    this.#seen.clear();
    return found;
  }

  #once(element: Element, uri: string): void {
    checkHome(element, uri);
    if (this.#seen.has(element.local)) throw twice(`${element.local} of a package`);
    this.#seen.add(element.local);
  }

  #count(characters: number): void {
    this.#characters += characters;
    const { entries = mostEntries, characters: most = mostCharacters } = this.#limits;
    if (this.#provides.length + this.#files.length > entries || this.#characters > most) {
      throw new RepodataError(
        'too_large',
        `A package provides more than ${entries} things or ${most} characters.`,
      );
    }
  }
}

/** Readers that do not look at namespaces would take anything that is called so for the thing itself. */
function checkHome({ uri, local }: Element, home: string): void {
  if (uri !== home) throw new RepodataError('hostile', `Primary metadata has a foreign ${shown(local)}.`);
}

function provideOf({ attributes }: Element): Provide {
  const { name, flags } = attributes;
  if (name === undefined || name === '') throw missing('name of a provide');
  const operator = flags === undefined ? null : (operators.get(flags as 'EQ') ?? undefined);
  if (operator === undefined) {
    throw new RepodataError('damaged', `The metadata's comparison of a provide is ${shown(flags ?? '')}.`);
  }
  const evr = evrOf(attributes);
  return operator === null || evr === null ? { name, operator: null, evr: null } : { name, operator, evr };
}

function evrOf(attributes: Record<string, string>): Evr | null {
  const { epoch, ver, rel } = attributes;
  if (ver === undefined || ver === '') return null;
  return {
    epoch: epoch === undefined ? null : count(epoch, 'epoch of a provide'),
    version: ver,
    release: rel === undefined || rel === '' ? null : rel,
  };
}

/** Strangers' packages name all sorts of things as their source; what is no source package's file is none. */
function sourceRpmOf(text: string): string | null {
  if (text === '') return null;
  try {
    const { arch } = checkFileName(text);
    return arch === 'src' || arch === 'nosrc' ? text : null;
  } catch (error) {
    if (error instanceof RpmError) return null;
    throw error;
  }
}
