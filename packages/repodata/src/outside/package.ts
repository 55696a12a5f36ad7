/**
 * A package of a foreign repository: the facts that say what and where it is, and its entries as they can stand in a
 * repository of ours.
 *
 * Invariant: the facts are what the entries say; each fact stands in them exactly once.
 */
import { createHash } from 'node:crypto';
import { checkNevra, RpmError } from '@moromi/rpm';
import type { Entries } from '../compose/document.ts';
import type { Member } from '../compose/member.ts';
import { inAttribute } from '../compose/written.ts';
import { RepodataError } from '../errors.ts';
import { count } from '../xml.ts';
import { checkChecksum } from './checksum.ts';
import { Asked, textAt, textOf } from './facts.ts';
import { checkBase, checkLocation } from './location.ts';
import type { ScannedPackage } from './scanner.ts';

/** What primary says of a package. */
export interface OutsideFacts {
  readonly name: string;
  readonly epoch: number;
  readonly version: string;
  readonly release: string;
  readonly arch: string;
  /** Checksum of the file, hex, of the type that `checksumType` says: `sha256`, `sha`, `sha512`, … */
  readonly pkgid: string;
  readonly checksumType: string;
  /** Below `base`, or below the repository's address where that is null. */
  readonly location: string;
  readonly base: string | null;
  /** Bytes of the file. */
  readonly size: number;
  /** Bytes of the file at which its header begins and ends. */
  readonly headerRange: { readonly start: number; readonly end: number } | null;
  /** Seconds since 1970. */
  readonly buildTime: number | null;
  /** As it stands there, nothing checked; null where none is stated, as for source packages. */
  readonly sourceRpm: string | null;
}

export interface OutsidePrimary extends OutsideFacts {
  readonly primary: Buffer;
  /** Where in `primary` the location's element stands. */
  readonly locationAt: readonly [from: number, end: number];
}

export interface OutsidePackage extends OutsidePrimary, Entries {}

export const wantedOfPrimary: ReadonlySet<string> = new Set([
  ...['name', 'arch', 'version', 'checksum', 'size', 'time', 'location'],
  ...['format/', 'format/rpm:sourcerpm', 'format/rpm:header-range'],
]);

const asked = {
  package: new Asked('type'),
  version: new Asked('epoch', 'ver', 'rel'),
  checksum: new Asked('type', 'pkgid'),
  location: new Asked('href', 'xml:base'),
  size: new Asked('package'),
  time: new Asked('build'),
  range: new Asked('start', 'end'),
};

export function primaryOf(scanned: ScannedPackage): OutsidePrimary {
  const { bytes, found } = scanned;
  if (asked.package.at(bytes, 0).type !== 'rpm')
    throw new RepodataError('hostile', 'The metadata has a package that is no rpm.');
  const checksum = asked.checksum.of(scanned, 'checksum');
  const pkgid = textOf(scanned, 'checksum').toLowerCase();
  const { type: checksumType = '' } = checksum;
  checkChecksum(checksumType, pkgid);
  if (checksum.pkgid !== 'YES')
    throw new RepodataError('damaged', 'The checksum of a package is not its id.');
  const location = asked.location.of(scanned, 'location');
  const place = found.get('location');
  const source = found.get('format/rpm:sourcerpm');
  const nevra = { name: textOf(scanned, 'name'), arch: textOf(scanned, 'arch'), ...versionOf(scanned) };
  return {
    ...checked(nevra),
    ...{ pkgid, checksumType, location: checkLocation(location.href), base: checkBase(location['xml:base']) },
    size: count(asked.size.of(scanned, 'size').package, 'package size'),
    headerRange: headerRangeOf(scanned),
    buildTime: buildTimeOf(scanned),
    sourceRpm: (source === undefined ? '' : textAt(bytes, source, 'format/rpm:sourcerpm')) || null,
    primary: bytes,
    locationAt: [place?.from ?? 0, place?.end ?? 0],
  };
}

export type OutsideNevra = Pick<OutsideFacts, 'name' | 'epoch' | 'version' | 'release' | 'arch'>;

/** Of the element that is the same in all three documents. */
export function versionOf(scanned: ScannedPackage): Pick<OutsideFacts, 'epoch' | 'version' | 'release'> {
  const { epoch, ver = '', rel = '' } = asked.version.of(scanned, 'version');
  return {
    epoch: epoch === undefined || epoch === '' ? 0 : count(epoch, 'epoch'),
    version: ver,
    release: rel,
  };
}

function checked(nevra: OutsideNevra): OutsideNevra {
  try {
    checkNevra(nevra);
  } catch (error) {
    if (error instanceof RpmError) throw new RepodataError('damaged', error.message, { cause: error });
    throw error;
  }
  return nevra;
}

function headerRangeOf(scanned: ScannedPackage): OutsideFacts['headerRange'] {
  if (!scanned.found.has('format/rpm:header-range')) return null;
  const { start, end } = asked.range.of(scanned, 'format/rpm:header-range');
  return { start: count(start, 'header range'), end: count(end, 'header range') };
}

function buildTimeOf(scanned: ScannedPackage): number | null {
  if (!scanned.found.has('time')) return null;
  const { build } = asked.time.of(scanned, 'time');
  return build === undefined || build === '' ? null : count(build, 'build time');
}

/**
 * The package as it stands in a repository elsewhere.
 * @param to what is left out stays as it is; a base of null is the address of the repository that it stands in
 */
export function rebase<One extends OutsidePrimary>(
  entry: One,
  to: { readonly base?: string | null; readonly location?: string },
): One {
  const { primary, locationAt } = entry;
  const { base = entry.base, location = entry.location } = to;
  const attribute = base === null ? '' : ` xml:base="${inAttribute(base)}"`;
  const element = Buffer.from(`<location${attribute} href="${inAttribute(location)}"/>`);
  const [from, end] = locationAt;
  return {
    ...entry,
    ...{ base, location, locationAt: [from, from + element.length] as const },
    primary: Buffer.concat([primary.subarray(0, from), element, primary.subarray(end)]),
  };
}

/** What `compose/` sorts and cuts by. */
export function memberOf({
  name,
  epoch,
  version,
  release,
  arch,
  pkgid,
  primary,
  filelists,
  other,
}: OutsidePackage): Member {
  const hash = createHash('sha256');
  for (const entry of [primary, filelists, other]) hash.update(`${entry.length} `).update(entry);
  const bytes = primary.length + filelists.length + other.length;
  return { name, epoch, version, release, arch, id: pkgid, bytes, key: hash.digest('hex') };
}
