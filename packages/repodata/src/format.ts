/**
 * What stands in the `format` element of a package in primary metadata: the lists of capabilities that are asked for,
 * the files that primary lists, and where the package comes from.
 *
 * Primary lists the files of `/etc`, of every folder whose name ends in `bin`, and `/usr/lib/sendmail` (createrepo_c,
 * cr_is_primary); other files are in filelists (`filelists.ts`).
 *
 * Invariant: what one package has there is bounded in number and in characters; of lists that nobody asked for nothing
 * is kept.
 */
import { checkFileName, RpmError } from '@moromi/rpm';
import { type Capability, capabilityOf } from './capability.ts';
import { RepodataError, shown } from './errors.ts';
import { common, type Details, type PrimaryLimits } from './primary.ts';
import { type Element, twice } from './xml.ts';

export type List = 'provides' | 'requires';

/** The lists in the document's order. */
export type Format<Asked extends List> = Readonly<Record<Asked, readonly Capability[]>> & {
  /** Absolute paths of files, folders and ghosts. */
  readonly files: readonly string[];
  /** File name of the source package; null for a source package, and where no such name is stated. */
  readonly sourceRpm: string | null;
};

export interface FormatLimits extends PrimaryLimits {
  /** Capabilities and files of one package. */
  entries?: number;
  /** Characters of all capabilities and files of one package. */
  characters?: number;
}

const rpm = 'http://linux.duke.edu/metadata/rpm';
const mostEntries = 2 ** 18;
const mostCharacters = 2 ** 25;

export class FormatListener<Asked extends List> implements Details<Format<Asked>> {
  readonly #asked: readonly Asked[];
  readonly #limits: FormatLimits;
  #lists: Record<Asked, Capability[]>;
  #files: string[] = [];
  #sourceRpm = '';
  #entries = 0;
  #characters = 0;
  /** What stood in this package and may stand only once. */
  #seen = new Set<string>();
  #inFormat = false;
  #inside: Asked | 'sourcerpm' | 'file' | undefined;

  constructor(asked: readonly Asked[], limits: FormatLimits) {
    this.#asked = asked;
    this.#limits = limits;
    this.#lists = emptyLists(asked);
  }

  open(element: Element, depth: number): void {
    const { local } = element;
    if (depth === 3 && local === 'format') {
      this.#once(element, common);
      this.#inFormat = true;
    } else if (depth === 4 && this.#inFormat && (local === 'sourcerpm' || this.#isAsked(local))) {
      this.#once(element, rpm);
      this.#inside = local;
    } else if (depth === 4 && this.#inFormat && local === 'file') {
      checkHome(element, common);
      this.#inside = 'file';
      this.#files.push('');
      this.#count(1, 0);
    } else if (
      depth === 5 &&
      local === 'entry' &&
      this.#inside !== undefined &&
      this.#isAsked(this.#inside)
    ) {
      checkHome(element, rpm);
      const capability = capabilityOf(element);
      const { name, evr } = capability;
      this.#lists[this.#inside].push(capability);
      this.#count(1, name.length + (evr?.version.length ?? 0) + (evr?.release?.length ?? 0));
    }
  }

  text(text: string, depth: number): void {
    if (depth !== 4 || (this.#inside !== 'sourcerpm' && this.#inside !== 'file')) return;
    this.#count(0, text.length);
    if (this.#inside === 'sourcerpm') this.#sourceRpm += text;
    else this.#files.push((this.#files.pop() ?? '') + text);
  }

  close(depth: number): void {
    if (depth === 4) this.#inside = undefined;
    if (depth === 3) this.#inFormat = false;
  }

  take(): Format<Asked> {
    // Files of source packages have no folder, and nothing can require them.
    const files = this.#files.filter((path) => path.startsWith('/'));
    const found = { ...this.#lists, files, sourceRpm: sourceRpmOf(this.#sourceRpm.trim()) };
    this.#lists = emptyLists(this.#asked);
    this.#files = [];
    this.#sourceRpm = '';
    this.#entries = 0;
    this.#characters = 0;
    this.#seen.clear();
    return found;
  }

  #isAsked(name: string): name is Asked {
    return (this.#asked as readonly string[]).includes(name);
  }

  #once(element: Element, uri: string): void {
    checkHome(element, uri);
    if (this.#seen.has(element.local)) throw twice(`${element.local} of a package`);
    this.#seen.add(element.local);
  }

  #count(entries: number, characters: number): void {
    this.#entries += entries;
    this.#characters += characters;
    const { entries: most = mostEntries, characters: longest = mostCharacters } = this.#limits;
    if (this.#entries > most || this.#characters > longest) {
      throw new RepodataError(
        'too_large',
        `A package has more than ${most} capabilities and files, or ${longest} characters of them.`,
      );
    }
  }
}

function emptyLists<Asked extends List>(asked: readonly Asked[]): Record<Asked, Capability[]> {
  return Object.fromEntries(asked.map((list) => [list, []])) as unknown as Record<Asked, Capability[]>;
}

/** Readers that do not look at namespaces would take anything that is called so for the thing itself. */
function checkHome({ uri, local }: Element, home: string): void {
  if (uri !== home) throw new RepodataError('hostile', `Primary metadata has a foreign ${shown(local)}.`);
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
