/**
 * The files that a package owns, one object each. All the arrays of the header that tell of files must have one element
 * a file; paths have at most 4,096 characters, and all paths together at most `limits.pathCharacters`, since one
 * long directory name can be told with every file.
 */

import { damaged } from './errors.ts';
import type { Header } from './header.ts';
import type { RpmHeaders } from './headers.ts';
import { TAG, type Tag } from './tags.ts';

const PATH_MAX = 4096;

/** Bits of `RpmFile.flags` (rpm: include/rpm/rpmfiles.h). */
export const FILE_FLAG = {
  CONFIG: 1 << 0,
  DOC: 1 << 1,
  MISSINGOK: 1 << 3,
  NOREPLACE: 1 << 4,
  SPECFILE: 1 << 5,
  GHOST: 1 << 6,
  LICENSE: 1 << 7,
  README: 1 << 8,
  PUBKEY: 1 << 11,
  ARTIFACT: 1 << 12,
} as const;

const FORMAT_MASK = 0o170000;
const DIRECTORY = 0o040000;
const SYMLINK = 0o120000;

export interface RpmFile {
  /** Absolute in a binary package; a bare file name in a source package. */
  readonly path: string;
  /** File type and permissions, as in stat(2). */
  readonly mode: number;
  /** Bytes. */
  readonly size: number;
  /** Seconds since 1970. */
  readonly mtime: number;
  readonly flags: number;
  readonly isGhost: boolean;
  readonly isDirectory: boolean;
  readonly isSymlink: boolean;
  /** Hexadecimal, by `Rpm.fileDigestAlgorithm`; empty for what has none. */
  readonly digest: string;
  /** The symbolic link's target, else empty. */
  readonly linkTo: string;
  readonly user: string;
  readonly group: string;
  /** Capabilities as text, mostly empty. */
  readonly caps: string;
}

export function listFiles({ header, limits }: RpmHeaders): RpmFile[] {
  const paths = listPaths(header, limits.pathCharacters);
  const count = paths.length;
  const numbers = (tag: Tag<'numbers'>) => column(header, tag, count, 0);
  const texts = (tag: Tag<'strings'>) => column(header, tag, count, '');
  const modes = numbers(TAG.FILEMODES);
  const sizes = header.has(TAG.LONGFILESIZES) ? numbers(TAG.LONGFILESIZES) : numbers(TAG.FILESIZES);
  const mtimes = numbers(TAG.FILEMTIMES);
  const flags = numbers(TAG.FILEFLAGS);
  const digests = texts(TAG.FILEDIGESTS);
  const links = texts(TAG.FILELINKTOS);
  const users = texts(TAG.FILEUSERNAME);
  const groups = texts(TAG.FILEGROUPNAME);
  const caps = texts(TAG.FILECAPS);
  return paths.map((path, at) => {
    const mode = modes(at);
    const bits = flags(at);
    return {
      path,
      mode,
      size: sizes(at),
      mtime: mtimes(at),
      flags: bits,
      isGhost: (bits & FILE_FLAG.GHOST) !== 0,
      isDirectory: (mode & FORMAT_MASK) === DIRECTORY,
      isSymlink: (mode & FORMAT_MASK) === SYMLINK,
      digest: digests(at),
      linkTo: links(at),
      user: users(at),
      group: groups(at),
      caps: caps(at),
    };
  });
}

function column<K extends 'numbers' | 'strings', V extends number | string>(
  header: Header,
  tag: Tag<K>,
  count: number,
  absent: V,
): (at: number) => V {
  const values = header.get(tag) as V[] | undefined;
  if (values === undefined) return () => absent;
  if (values.length !== count)
    throw damaged(`Tag ${tag.name} tells of ${values.length} files; there are ${count}.`);
  return (at) => values[at] ?? absent;
}

function listPaths(header: Header, limit: number): string[] {
  const names = header.get(TAG.BASENAMES);
  if (names === undefined) {
    if (header.has(TAG.OLDFILENAMES)) return bounded(header.get(TAG.OLDFILENAMES) ?? [], limit);
    return [];
  }
  const directories = header.get(TAG.DIRNAMES) ?? [];
  const indexes = column(header, TAG.DIRINDEXES, names.length, 0);
  const paths = names.map((name, at) => {
    const directory = directories[indexes(at)];
    if (directory === undefined)
      throw damaged(`File ${at} is in directory ${indexes(at)}, which is not listed.`);
    return directory + name;
  });
  return bounded(paths, limit);
}

function bounded(paths: string[], limit: number): string[] {
  let sum = 0;
  for (const path of paths) {
    sum += path.length;
    if (path.length > PATH_MAX || sum > limit)
      throw damaged('The paths of the files are longer than can be.');
  }
  return paths;
}
