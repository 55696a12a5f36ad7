/** Listings of a foreign repository, written by hand, and pieces of them to be changed. */
import { type DocumentKind, documentForms } from '../compose/document.ts';
import { RepodataError } from '../errors.ts';

export const shaOf = (number: number) => number.toString(16).padStart(64, '0');

/** Elements of a package in primary, each under the name by which a test replaces it. */
export function primaryParts(number: number) {
  const name = `p${number}`;
  return {
    name: `<name>${name}</name>`,
    arch: '<arch>noarch</arch>',
    version: '<version epoch="0" ver="1" rel="1"/>',
    checksum: `<checksum type="sha256" pkgid="YES">${shaOf(number)}</checksum>`,
    summary: '<summary>One &amp; all</summary>',
    time: '<time file="5" build="4"/>',
    size: '<size package="9" installed="1" archive="1"/>',
    location: `<location href="Packages/${name}-1-1.noarch.rpm"/>`,
    format: `<format><rpm:sourcerpm>${name}-1-1.src.rpm</rpm:sourcerpm><rpm:header-range start="1" end="2"/></format>`,
  };
}

type Parts = ReturnType<typeof primaryParts>;

export function primaryPackage(number: number, changed: Partial<Parts> = {}): string {
  const parts = { ...primaryParts(number), ...changed };
  return `<package type="rpm">\n  ${Object.values(parts).join('\n  ')}\n</package>\n`;
}

export function otherPackage(number: number, inner = ''): string {
  const head = `<package pkgid="${shaOf(number)}" name="p${number}" arch="noarch">`;
  return `${head}\n  <version epoch="0" ver="1" rel="1"/>\n${inner}</package>\n`;
}

export function listing(
  kind: DocumentKind,
  packages: readonly string[],
  count = packages.length,
  declared = '',
): string {
  const { root, uri, prefixes } = documentForms[kind];
  const known = Object.entries(prefixes).map(([prefix, home]) => ` xmlns:${prefix}="${home}"`);
  const head = `<?xml version="1.0" encoding="UTF-8"?>\n<${root} xmlns="${uri}"${known.join('')}${declared}`;
  return `${head} packages="${count}">\n${packages.join('')}</${root}>`;
}

/** The bytes a few at a time, or all at once. */
export async function* inPieces(document: string | Uint8Array, step = Infinity): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(document);
  for (let at = 0; at < bytes.length; at += Math.min(step, bytes.length)) {
    yield bytes.subarray(at, Math.min(bytes.length, at + step));
  }
}

/** What was read, or the code with which it was refused. */
export async function readOrCode<T>(items: AsyncIterable<T>): Promise<T[] | string> {
  const found: T[] = [];
  try {
    for await (const item of items) found.push(item);
    return found;
  } catch (error) {
    return error instanceof RepodataError ? error.code : `not ours: ${String(error)}`;
  }
}
