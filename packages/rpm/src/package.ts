/**
 * What a package says about itself, as one typed value. `describe` refuses headers whose parts contradict one another
 * (arrays of unequal length, names that are no names), so whoever holds an `Rpm` need not look again; what it says may
 * still be a lie.
 */

import { type DependencyEntry, listDependencies } from './dependencies.ts';
import { digestAlgorithm, headerDigests, payloadDigests, type StatedDigest } from './digest.ts';
import { damaged } from './errors.ts';
import { listFiles, type RpmFile } from './files.ts';
import type { Header } from './header.ts';
import type { RpmHeaders } from './headers.ts';
import { checkNevra, type Nevra } from './nevra.ts';
import { hasFileSignatures, listSignatures, type Signature } from './signature.ts';
import { SIGTAG, TAG } from './tags.ts';

export interface ChangelogEntry {
  /** Seconds since 1970. */
  readonly time: number;
  /** Who, and mostly which version. */
  readonly author: string;
  readonly text: string;
}

export interface Rpm extends Nevra {
  readonly format: 4 | 6;
  readonly isSource: boolean;
  /** The ARCH tag: of a source package, the machine that it was made on, while `arch` is `src` or `nosrc`. */
  readonly headerArch: string;
  /** File name of the source package; null for source packages. */
  readonly sourceRpm: string | null;
  readonly buildArchs: readonly string[];
  readonly excludeArch: readonly string[];
  readonly exclusiveArch: readonly string[];
  readonly provides: readonly DependencyEntry[];
  /** Of a source package, its BuildRequires. */
  readonly requires: readonly DependencyEntry[];
  readonly conflicts: readonly DependencyEntry[];
  readonly obsoletes: readonly DependencyEntry[];
  readonly recommends: readonly DependencyEntry[];
  readonly suggests: readonly DependencyEntry[];
  readonly supplements: readonly DependencyEntry[];
  readonly enhances: readonly DependencyEntry[];
  readonly files: readonly RpmFile[];
  /** By node:crypto's name; null where there are no files or the algorithm is not known. */
  readonly fileDigestAlgorithm: string | null;
  /** Newest first, as rpm keeps it. */
  readonly changelog: readonly ChangelogEntry[];
  readonly summary: string;
  readonly description: string;
  readonly license: string;
  readonly vendor: string | null;
  readonly packager: string | null;
  readonly distribution: string | null;
  readonly group: string | null;
  readonly url: string | null;
  /** Seconds since 1970. */
  readonly buildTime: number;
  readonly buildHost: string | null;
  readonly cookie: string | null;
  readonly rpmVersion: string | null;
  readonly payload: Payload;
  readonly headerRange: { readonly start: number; readonly end: number };
  readonly sizes: Sizes;
  readonly signatures: readonly Signature[];
  readonly hasFileSignatures: boolean;
  readonly headerDigests: readonly StatedDigest[];
}

export interface Payload {
  /** Mostly `cpio`. */
  readonly format: string;
  /** gzip, bzip2, xz, lzma, zstd; null where the header does not say: then gzip or nothing, which rpm tells by looking. */
  readonly compressor: string | null;
  readonly flags: string | null;
  readonly digests: readonly StatedDigest[];
}

/** Bytes; null where the header does not say. */
export interface Sizes {
  readonly installed: number;
  /** The payload, uncompressed. */
  readonly archive: number | null;
  /** The file, as its headers say: compare with the file's real length to find a cut one. */
  readonly package: number | null;
}

export function describe(headers: RpmHeaders): Rpm {
  const { header, format, headerRange } = headers;
  const isSource = isSourcePackage(headers);
  const headerArch = required(header, 'ARCH');
  const hasGaps = header.has(TAG.NOSOURCE) || header.has(TAG.NOPATCH);
  const nevra: Nevra = {
    name: required(header, 'NAME'),
    epoch: header.get(TAG.EPOCH) ?? null,
    version: required(header, 'VERSION'),
    release: required(header, 'RELEASE'),
    arch: isSource ? (hasGaps ? 'nosrc' : 'src') : headerArch,
  };
  checkNevra(nevra);
  const fileDigest = header.get(TAG.FILEDIGESTALGO) ?? 1;
  return {
    ...nevra,
    format,
    isSource,
    headerArch,
    sourceRpm: isSource ? null : (header.get(TAG.SOURCERPM) ?? null),
    buildArchs: header.get(TAG.BUILDARCHS) ?? [],
    excludeArch: header.get(TAG.EXCLUDEARCH) ?? [],
    exclusiveArch: header.get(TAG.EXCLUSIVEARCH) ?? [],
    provides: listDependencies(header, 'PROVIDE'),
    requires: listDependencies(header, 'REQUIRE'),
    conflicts: listDependencies(header, 'CONFLICT'),
    obsoletes: listDependencies(header, 'OBSOLETE'),
    recommends: listDependencies(header, 'RECOMMEND'),
    suggests: listDependencies(header, 'SUGGEST'),
    supplements: listDependencies(header, 'SUPPLEMENT'),
    enhances: listDependencies(header, 'ENHANCE'),
    files: listFiles(headers),
    fileDigestAlgorithm: header.has(TAG.FILEDIGESTS) ? digestAlgorithm(fileDigest) : null,
    changelog: listChangelog(header),
    summary: header.get(TAG.SUMMARY) ?? '',
    description: header.get(TAG.DESCRIPTION) ?? '',
    license: header.get(TAG.LICENSE) ?? '',
    vendor: header.get(TAG.VENDOR) ?? null,
    packager: header.get(TAG.PACKAGER) ?? null,
    distribution: header.get(TAG.DISTRIBUTION) ?? null,
    group: header.get(TAG.GROUP) ?? null,
    url: header.get(TAG.URL) ?? null,
    buildTime: header.get(TAG.BUILDTIME) ?? 0,
    buildHost: header.get(TAG.BUILDHOST) ?? null,
    cookie: header.get(TAG.COOKIE) ?? null,
    rpmVersion: header.get(TAG.RPMVERSION) ?? null,
    payload: {
      format: header.get(TAG.PAYLOADFORMAT) ?? 'cpio',
      compressor: header.get(TAG.PAYLOADCOMPRESSOR) ?? null,
      flags: header.get(TAG.PAYLOADFLAGS) ?? null,
      digests: payloadDigests(headers),
    },
    headerRange,
    sizes: sizesOf(headers),
    signatures: listSignatures(headers),
    hasFileSignatures: hasFileSignatures(headers.signature),
    headerDigests: headerDigests(headers),
  };
}

function required(header: Header, name: 'NAME' | 'VERSION' | 'RELEASE' | 'ARCH'): string {
  const value = header.get(TAG[name]);
  if (value === undefined) throw damaged(`The header has no ${name}.`);
  return value;
}

/** A binary package names its source package; rpm tells them apart by that, and by nothing else. */
export function isSourcePackage({ header, lead }: RpmHeaders): boolean {
  const hasSource = header.has(TAG.SOURCERPM);
  const saysSource = header.get(TAG.SOURCEPACKAGE) === 1;
  if (hasSource && saysSource)
    throw damaged('The header says both that it is a source package and what its source is.');
  if (hasSource || saysSource) return saysSource;
  // Packages of rpm before 4.6 say neither.
  return lead.type === 'source';
}

function sizesOf({ header, signature, format, headerRange }: RpmHeaders): Sizes {
  const installed = header.get(TAG.LONGSIZE) ?? header.get(TAG.SIZE) ?? 0;
  const payload = header.get(TAG.PAYLOADSIZE);
  const fromPayload = payload === undefined ? null : headerRange.end + payload;
  const archiveInHeader = header.get(TAG.PAYLOADSIZEALT) ?? header.get(TAG.ARCHIVESIZE) ?? null;
  if (format === 6) return { installed, archive: archiveInHeader, package: fromPayload };
  const sizeOfRest = signature.get(SIGTAG.LONGSIZE) ?? signature.get(SIGTAG.SIZE);
  const archive =
    signature.get(SIGTAG.LONGARCHIVESIZE) ?? signature.get(SIGTAG.PAYLOADSIZE) ?? archiveInHeader;
  return {
    installed,
    archive,
    package: sizeOfRest === undefined ? fromPayload : headerRange.start + sizeOfRest,
  };
}

function listChangelog(header: Header): ChangelogEntry[] {
  const times = header.get(TAG.CHANGELOGTIME) ?? [];
  const authors = header.get(TAG.CHANGELOGNAME) ?? [];
  const texts = header.get(TAG.CHANGELOGTEXT) ?? [];
  if (times.length !== authors.length || times.length !== texts.length) {
    throw damaged('The changelog has not as many authors and texts as times.');
  }
  return times.map((time, at) => ({ time, author: authors[at] ?? '', text: texts[at] ?? '' }));
}
