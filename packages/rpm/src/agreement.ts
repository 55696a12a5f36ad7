/**
 * Whether a noarch package that was built on two machines is one and the same.
 *
 * Invariant: everything that a header says must agree, byte for byte, but for what tells of the building itself: when
 * and where, with which rpm and compiler flags, from which copy of the source package, and what follows from the files'
 * times. The content of the files is held to their digests.
 */
import { listFiles } from './files.ts';
import type { Header } from './header.ts';
import type { RpmHeaders } from './headers.ts';
import { TAG, type Tag } from './tags.ts';
import { decodeText } from './text.ts';

/** Numbers of rpm's include/rpm/rpmtag.h; those that have a name here have it in the table. */
const ofTheBuilding = new Set([
  TAG.BUILDTIME.number,
  TAG.BUILDHOST.number,
  TAG.COOKIE.number,
  TAG.RPMVERSION.number,
  TAG.OPTFLAGS.number,
  TAG.PLATFORM.number,
  TAG.FILEMTIMES.number,
  TAG.ARCHIVESIZE.number,
  TAG.PAYLOADSIZE.number,
  TAG.PAYLOADSIZEALT.number,
  TAG.PAYLOADSHA256.number,
  TAG.PAYLOADSHA256ALT.number,
  TAG.PAYLOADSHA512.number,
  TAG.PAYLOADSHA512ALT.number,
  TAG.PAYLOADSHA3_256.number,
  TAG.PAYLOADSHA3_256ALT.number,
  // LONGARCHIVESIZE, FILEDEVICES, FILEINODES, RHNPLATFORM, SOURCEPKGID
  ...[271, 1095, 1096, 1131, 1146],
]);

const names = new Map(Object.values<Tag>(TAG).map((tag) => [tag.number, tag.name]));
/** What is told of files is told by path. */
const ofFiles = new Set<number>([
  ...[TAG.FILESIZES, TAG.FILEMODES, TAG.FILEDIGESTS, TAG.FILEFLAGS, TAG.BASENAMES].map((tag) => tag.number),
  ...[TAG.DIRNAMES, TAG.DIRINDEXES].map((tag) => tag.number),
]);

/** What differs, one line each, at most `most`; empty where they agree. */
export function disagreements(a: RpmHeaders, b: RpmHeaders, most = 20): string[] {
  const found: string[] = fileLines(a, b);
  const tags = new Set([...a.header.tags(), ...b.header.tags()]);
  for (const number of [...tags].toSorted((x, y) => x - y)) {
    if (ofTheBuilding.has(number) || (ofFiles.has(number) && found.length > 0)) continue;
    if (isSame(a.header, b.header, number)) continue;
    found.push(
      `${names.get(number) ?? `tag ${number}`}: ${shown(a.header, number)} and ${shown(b.header, number)}`,
    );
  }
  return found.length <= most ? found : [...found.slice(0, most), `and ${found.length - most} more`];
}

function fileLines(a: RpmHeaders, b: RpmHeaders): string[] {
  const of = (headers: RpmHeaders) => new Map(listFiles(headers).map((file) => [file.path, file]));
  const mine = of(a);
  const theirs = of(b);
  const lines = [...mine.keys()]
    .filter((path) => !theirs.has(path))
    .map((path) => `${path}: only in the first`);
  lines.push(
    ...[...theirs.keys()].filter((path) => !mine.has(path)).map((path) => `${path}: only in the second`),
  );
  for (const [path, one] of mine) {
    const other = theirs.get(path);
    if (other === undefined) continue;
    const differs = (['digest', 'size', 'mode', 'linkTo', 'user', 'group', 'flags', 'caps'] as const).filter(
      (key) => one[key] !== other[key],
    );
    if (differs.length > 0)
      lines.push(`${path}: ${differs.map((key) => `${key} ${one[key]} and ${other[key]}`).join(', ')}`);
  }
  return lines;
}

function isSame(a: Header, b: Header, number: number): boolean {
  const mine = a.stored(number);
  const theirs = b.stored(number);
  if (mine === undefined || theirs === undefined) return mine === theirs;
  return (
    mine.type === theirs.type && mine.count === theirs.count && Buffer.compare(mine.data, theirs.data) === 0
  );
}

/** A value for people, cut short. */
function shown(header: Header, number: number): string {
  const stored = header.stored(number);
  if (stored === undefined) return 'nothing';
  const isText = stored.type === 6 || stored.type === 8 || stored.type === 9;
  const text = isText
    ? decodeText(stored.data).replaceAll('\0', ', ').replace(/, $/, '')
    : `0x${Buffer.from(stored.data).toString('hex')}`;
  return JSON.stringify(text.length <= 80 ? text : `${text.slice(0, 79)}…`);
}
