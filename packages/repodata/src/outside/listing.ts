/** One document of a foreign repository, package by package, each as bytes that mean the same in a listing of ours. */
import { type DocumentKind, documentForms, documentHead, documentTail } from '../compose/document.ts';
import { normal } from './normal.ts';
import { unpackForeign } from './packed.ts';
import { PackageScanner, type ScannedPackage } from './scanner.ts';

/**
 * @param stream the file as it is stored, packed with gzip, zstd, xz or bzip2, or not
 * @param wanted as of `PackageScanner`
 * @param most bytes that the document may unpack to
 * Gives packages a piece of input at a time. Throws `RepodataError`: damaged, hostile, too_large, and maker_failed where
 * a program that unpacks is not there.
 */
export async function* scanListing(
  kind: DocumentKind,
  stream: AsyncIterable<Uint8Array>,
  wanted: ReadonlySet<string>,
  most: number,
): AsyncGenerator<ScannedPackage[], void, undefined> {
  const scanner = new PackageScanner(documentForms[kind], wanted);
  const next = () => scanner.take().map((one) => (one.plain ? one : anew(kind, one, scanner, wanted)));
  for await (const piece of unpackForeign(stream, most)) {
    scanner.write(piece);
    const found = next();
    if (found.length > 0) yield found;
  }
  scanner.end();
}

function anew(
  kind: DocumentKind,
  { bytes }: ScannedPackage,
  { declarations }: PackageScanner,
  wanted: ReadonlySet<string>,
): ScannedPackage {
  const scanner = new PackageScanner(documentForms[kind], wanted);
  scanner.write(documentHead(kind, 1));
  scanner.write(normal(bytes, documentForms[kind], declarations));
  scanner.write(documentTail(kind));
  scanner.end();
  const [one] = scanner.take();
  if (one === undefined) throw new Error('a package is gone from what was written of it');
  return one;
}
