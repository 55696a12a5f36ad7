/**
 * Reads updateinfo.xml as a stream of advisories.
 *
 * Invariant: no more is in memory than a piece of input and the advisories that it completed, each bounded in its
 * packages and texts. Elements that are not known are passed over.
 */
import { RepodataError, shown } from '../errors.ts';
import { unpack } from '../unpack.ts';
import { count, type Element, type Listener, missing, XmlReader } from '../xml.ts';
import type { Update, UpdateCollection, UpdateModule, UpdatePackage, UpdateReference } from './update.ts';

export interface UpdateinfoLimits {
  /** Bytes that the document may unpack to. */
  readonly unpacked?: number;
  /** Packages and references of one advisory. */
  readonly entries?: number;
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };
type OpenCollection = Omit<Writable<UpdateCollection>, 'packages'> & { packages: Writable<UpdatePackage>[] };
type Open = Omit<Writable<Update>, 'references' | 'collections'> & {
  references: UpdateReference[];
  collections: OpenCollection[];
};

const mib = 2 ** 20;
const texts = [
  'title',
  'rights',
  'release',
  'pushcount',
  'severity',
  'summary',
  'description',
  'solution',
] as const;

/**
 * @param stream the file as it is stored: gzip, zstd or plain
 * Throws `RepodataError`: damaged, hostile, too_large.
 */
export async function* readUpdateinfo(
  stream: AsyncIterable<Uint8Array>,
  { unpacked = 512 * mib, entries = 2 ** 17 }: UpdateinfoLimits = {},
): AsyncGenerator<Update, void, undefined> {
  const listener = new UpdateinfoListener(entries);
  const reader = new XmlReader(listener, { whole: unpacked, piece: 4 * mib, depth: 12, lines: true });
  for await (const bytes of unpack(stream, unpacked)) {
    reader.write(bytes);
    yield* listener.take();
  }
  reader.end();
  yield* listener.take();
}

class UpdateinfoListener implements Listener {
  readonly #most: number;
  #ready: Update[] = [];
  #update: Open = blank();
  #entries = 0;
  /** Names of the open elements. */
  readonly #path: string[] = [];
  #text = '';

  constructor(most: number) {
    this.#most = most;
  }

  take(): Update[] {
    const ready = this.#ready;
    this.#ready = [];
    return ready;
  }

  open({ local, attributes }: Element, depth: number): void {
    if (depth === 1 && local !== 'updates')
      throw new RepodataError('damaged', `The document is ${shown(local)}, not updateinfo.`);
    this.#path.push(local);
    this.#text = '';
    const has = (name: string) => attributes[name] ?? null;
    switch (this.#path.join('/')) {
      case 'updates/update':
        this.#entries = 0;
        this.#update = {
          ...blank(),
          from: has('from'),
          status: has('status'),
          type: has('type'),
          version: has('version'),
        };
        break;
      case 'updates/update/issued':
        this.#update.issued = has('date');
        break;
      case 'updates/update/updated':
        this.#update.updated = has('date');
        break;
      case 'updates/update/references/reference':
        this.#count();
        this.#update.references.push({
          href: has('href') ?? '',
          id: has('id'),
          type: has('type'),
          title: has('title'),
        });
        break;
      case 'updates/update/pkglist/collection':
        this.#count();
        this.#update.collections.push({ short: has('short'), name: null, module: null, packages: [] });
        break;
      case 'updates/update/pkglist/collection/module':
        this.#collection.module = moduleOf(attributes);
        break;
      case 'updates/update/pkglist/collection/package':
        this.#count();
        this.#collection.packages.push(packageOf(attributes));
        break;
      case 'updates/update/pkglist/collection/package/sum':
        this.#package.sum = { type: has('type') ?? '', value: '' };
        break;
    }
  }

  text(text: string): void {
    this.#text += text;
    if (this.#text.length > 4 * mib)
      throw new RepodataError('too_large', 'A text of updateinfo is longer than 4 MiB.');
  }

  close(depth: number): void {
    const path = this.#path.join('/');
    const name = this.#path.pop() ?? '';
    const text = this.#text;
    if (path === 'updates/update') this.#end();
    else if (path === `updates/update/${name}` && depth === 3) this.#fact(name, text);
    else if (path === 'updates/update/pkglist/collection/name') this.#collection.name = text.trim();
    else if (path === `updates/update/pkglist/collection/package/${name}`)
      this.#packageFact(name, text.trim());
    this.#text = '';
  }

  get #collection(): OpenCollection {
    const last = this.#update.collections.at(-1);
    if (last === undefined) throw missing('collection of an advisory');
    return last;
  }

  get #package(): Writable<UpdatePackage> {
    const last = this.#collection.packages.at(-1);
    if (last === undefined) throw missing('package of an advisory');
    return last;
  }

  #fact(name: string, text: string): void {
    if (name === 'id') this.#update.id = text.trim();
    else if (name === 'reboot_suggested') this.#update.rebootSuggested = isSaid(text);
    else {
      const known = texts.find((one) => one === name);
      if (known !== undefined) this.#update[known] = text;
    }
  }

  #packageFact(name: string, text: string): void {
    const one = this.#package;
    if (name === 'filename') one.filename = text;
    else if (name === 'sum') one.sum = { type: one.sum?.type ?? '', value: text };
    else if (name === 'reboot_suggested') one.rebootSuggested = isSaid(text);
    else if (name === 'restart_suggested') one.restartSuggested = isSaid(text);
    else if (name === 'relogin_suggested') one.reloginSuggested = isSaid(text);
  }

  #count(): void {
    this.#entries += 1;
    if (this.#entries > this.#most)
      throw new RepodataError(
        'too_large',
        `An advisory has more than ${this.#most} packages and references.`,
      );
  }

  #end(): void {
    if (this.#update.id === '') throw missing('id of an advisory');
    this.#ready.push(this.#update);
  }
}

function blank(): Open {
  return {
    ...{
      id: '',
      from: null,
      status: null,
      type: null,
      version: null,
      title: null,
      issued: null,
      updated: null,
    },
    ...{ rights: null, release: null, pushcount: null, severity: null, summary: null, description: null },
    ...{ solution: null, rebootSuggested: false, references: [], collections: [] },
  };
}

/** Makers write the element only where it holds, but some say so in it. */
function isSaid(text: string): boolean {
  return !/^\s*(?:false|no|0)\s*$/i.test(text);
}

function moduleOf(attributes: Record<string, string>): UpdateModule {
  const { name = '', stream = '', version = '', context = '', arch = '' } = attributes;
  if (name === '' || stream === '') throw missing('name or stream of a module of an advisory');
  if (!/^[0-9]{0,20}$/.test(version))
    throw new RepodataError(
      'damaged',
      `An advisory has the module version ${shown(version)}, which is no number.`,
    );
  return { name, stream, version, context, arch };
}

function packageOf(attributes: Record<string, string>): Writable<UpdatePackage> {
  const { name = '', epoch, version = '', release = '', arch = '', src } = attributes;
  if (name === '' || version === '' || release === '' || arch === '')
    throw missing('name, version, release or architecture of a package of an advisory');
  return {
    ...{
      name,
      epoch: epoch === undefined || epoch === '' ? null : count(epoch, 'epoch'),
      version,
      release,
      arch,
    },
    ...{ src: src ?? null, filename: null, sum: null },
    ...{ rebootSuggested: false, restartSuggested: false, reloginSuggested: false },
  };
}
