/**
 * comps.xml: groups of packages that are installed together.
 *
 * Invariant: what is published is well-formed, has at most one group, environment or category of an id, and names
 * packages only as package names; a document type, which old comps have and no reader needs, is gone.
 *
 * createrepo_c since 1.0 writes one record `group`, packed; before, `group` unpacked and `group_gz`. dnf 4.14 reads either.
 */
import { type Compression, gzip } from '../compose/pack.ts';
import type { ExtraRecord } from '../compose/repository.ts';
import { RepodataError, shown } from '../errors.ts';
import { type Element, missing, twice, XmlReader } from '../xml.ts';
import { extraRecord } from './extra.ts';

export interface CompsGroup {
  readonly id: string;
  readonly packages: readonly CompsPackage[];
}

export interface CompsPackage {
  readonly name: string;
  readonly type: 'mandatory' | 'default' | 'optional' | 'conditional';
  /** Of conditional ones: the package with which it comes. */
  readonly requires: string | null;
}

export interface Comps {
  readonly groups: readonly CompsGroup[];
  /** Ids of environments: groups of groups. */
  readonly environments: readonly string[];
  /** The document without a document type. */
  readonly plain: Buffer;
}

const limits = { whole: 32 * 2 ** 20, piece: 2 ** 20, depth: 8, lines: true };
const types = ['mandatory', 'default', 'optional', 'conditional'] as const;

/** Throws `RepodataError`: damaged, hostile, too_large. */
export function readComps(bytes: Buffer): Comps {
  const plain = withoutDoctype(bytes);
  const listener = new CompsListener();
  const reader = new XmlReader(listener, limits);
  reader.write(plain);
  reader.end();
  const { group, environment } = listener.ids;
  return { groups: [...group.values()], environments: [...environment.keys()], plain };
}

/** Throws as `readComps`. */
export function compsRecord(bytes: Buffer, compression: Compression = gzip): ExtraRecord {
  return extraRecord('group', 'comps.xml', readComps(bytes).plain, compression);
}

/** One that only names where the type is described; one that describes anything itself stays, and is refused. */
function withoutDoctype(bytes: Buffer): Buffer {
  const head = bytes.toString('latin1', 0, 4096);
  const found =
    /^(?:\xef\xbb\xbf)?(?:<\?xml[^>]*\?>)?(?:\s|<!--(?:(?!-->)[\s\S])*-->)*(<!DOCTYPE\s+comps[^[\]<>]*>\s*)/.exec(
      head,
    );
  const doctype = found?.[1];
  if (found === null || doctype === undefined) return bytes;
  const end = found[0].length;
  // Its lines stay, so that what is told of the others is told of the right ones.
  const lines = Buffer.from(doctype.replace(/[^\n]/g, ''));
  return Buffer.concat([bytes.subarray(0, end - doctype.length), lines, bytes.subarray(end)]);
}

type Kind = 'group' | 'environment' | 'category';

class CompsListener {
  readonly ids: Record<Kind, Map<string, CompsGroup>> = {
    group: new Map(),
    environment: new Map(),
    category: new Map(),
  };
  #kind: Kind | undefined;
  #id: string | undefined;
  #packages: CompsPackage[] = [];
  #text: string | undefined;
  #package: Omit<CompsPackage, 'name'> | undefined;
  #list = '';

  open(element: Element, depth: number): void {
    const { uri, local, attributes } = element;
    if (uri !== '') throw new RepodataError('hostile', `comps has a foreign ${shown(local)}.`);
    if (depth === 1 && local !== 'comps')
      throw new RepodataError('damaged', `The document is ${shown(local)}, not comps.`);
    if (depth === 2) {
      this.#kind = local === 'group' || local === 'environment' || local === 'category' ? local : undefined;
      this.#id = undefined;
      this.#packages = [];
    }
    if (depth === 3) this.#list = local;
    if (this.#kind === undefined) return;
    if (depth === 3 && local === 'id') {
      if (this.#id !== undefined) throw twice(`id of a ${this.#kind}`);
      this.#text = '';
    }
    if (depth === 4 && this.#kind === 'group' && this.#list === 'packagelist' && local === 'packagereq') {
      const type = types.find((one) => one === (attributes['type'] || 'mandatory'));
      if (type === undefined)
        throw new RepodataError(
          'damaged',
          `comps has a package of the type ${shown(attributes['type'] ?? '')}.`,
        );
      this.#package = { type, requires: attributes['requires'] || null };
      this.#text = '';
    }
  }

  text(text: string): void {
    if (this.#text !== undefined) this.#text += text;
  }

  close(depth: number): void {
    const text = this.#text?.trim();
    if (depth === 3 && text !== undefined) this.#id = identified(text, this.#kind ?? 'group');
    if (depth === 4 && text !== undefined && this.#package !== undefined) {
      if (!/^[A-Za-z0-9_][A-Za-z0-9._+-]{0,254}$/.test(text))
        throw new RepodataError(
          'damaged',
          `comps names the package ${shown(text)}, which is no name of one.`,
        );
      this.#packages.push({ name: text, ...this.#package });
    }
    if (depth === 3 || depth === 4) {
      this.#text = undefined;
      this.#package = undefined;
    }
    if (depth === 2 && this.#kind !== undefined) this.#end(this.#kind);
  }

  #end(kind: Kind): void {
    if (this.#id === undefined) throw missing(`id of a ${kind}`);
    if (this.ids[kind].has(this.#id)) throw twice(`${kind} ${shown(this.#id)}`);
    this.ids[kind].set(this.#id, { id: this.#id, packages: this.#packages });
  }
}

function identified(text: string, kind: Kind): string {
  if (!/^[^\s/\u0000-\u001f]{1,255}$/.test(text))
    throw new RepodataError('damaged', `The id ${shown(text)} of a ${kind} in comps cannot be one.`);
  return text;
}
