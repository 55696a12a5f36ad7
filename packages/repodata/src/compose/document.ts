/**
 * The documents of a repository, and what stands in each before and after its packages.
 *
 * Source of the forms: createrepo_c, src/xml_file.c, whose output this equals byte for byte around the packages.
 */

/** Those of every repository. */
export const documentKinds = ['primary', 'filelists', 'other'] as const;
export type DocumentKind = (typeof documentKinds)[number];

/** With the files and their digests, which `createrepo_c --filelists-ext` writes too. */
export const extendedKinds = [...documentKinds, 'filelists-ext'] as const;
export type ExtendedKind = (typeof extendedKinds)[number];

/** One package's element in each document of every repository: `<package …>…</package>\n`, UTF-8. */
export type Entries = Readonly<Record<DocumentKind, Buffer>>;

export interface DocumentForm {
  /** For people, as in the middle of a sentence. */
  readonly title: string;
  /** Name of the outermost element. */
  readonly root: string;
  /** Address of the namespace of all that has no prefix. */
  readonly uri: string;
  /** Prefixes that packages may use, with their namespaces. */
  readonly prefixes: Readonly<Record<string, string>>;
}

const address = 'http://linux.duke.edu/metadata';

export const documentForms: Readonly<Record<ExtendedKind, DocumentForm>> = {
  primary: {
    title: 'primary metadata',
    root: 'metadata',
    uri: `${address}/common`,
    prefixes: { rpm: `${address}/rpm` },
  },
  filelists: {
    title: 'filelists metadata',
    root: 'filelists',
    uri: `${address}/filelists`,
    prefixes: {},
  },
  other: { title: 'other metadata', root: 'otherdata', uri: `${address}/other`, prefixes: {} },
  'filelists-ext': {
    title: 'filelists-ext metadata',
    root: 'filelists-ext',
    uri: `${address}/filelists-ext`,
    prefixes: {},
  },
};

/** @param count packages that the document lists */
export function documentHead(kind: ExtendedKind, count: number): Buffer {
  if (!Number.isSafeInteger(count) || count < 0) throw new RangeError(`${count} is no number of packages`);
  const { root, uri, prefixes } = documentForms[kind];
  const declared = Object.entries(prefixes).map(([prefix, home]) => ` xmlns:${prefix}="${home}"`);
  const tag = `<${root} xmlns="${uri}"${declared.join('')} packages="${count}">`;
  return Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>\n${tag}\n`);
}

export function documentTail(kind: ExtendedKind): Buffer {
  return Buffer.from(`</${documentForms[kind].root}>`);
}
