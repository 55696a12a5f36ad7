/**
 * The files of a package as metadata lists them: all of them in filelists, few of them in primary.
 *
 * Invariant: a path means the same for every reader: it is refused where it has characters that XML cannot say, and
 * arrays of the header that contradict one another are refused. The order is the header's.
 */
import { FILE_FLAG, type Header, TAG } from '@moromi/rpm';
import { RepodataError } from '../errors.ts';
import { numbersOf, pathsOf } from './paths.ts';
import { type Texts, textsOf } from './texts.ts';

export interface OwnFiles {
  /** Elements of primary metadata. */
  readonly primary: string;
  /** Elements of filelists metadata. */
  readonly filelists: string;
  /** Elements of filelists-ext metadata, with the files' digests; undefined where they were not asked for. */
  readonly extended: string | undefined;
  /** Paths of those that primary lists. */
  readonly listed: ReadonlySet<string>;
}

const most = 2 ** 25;
const formatMask = 0o170000;
const directory = 0o040000;

/** Which files primary metadata lists, for they are what packages require by path (createrepo_c: cr_is_primary). */
function isPrimary(path: string): boolean {
  return path.startsWith('/etc/') || path.includes('bin/') || path === '/usr/lib/sendmail';
}

/** Throws RepodataError damaged, hostile, too_large. */
export function ownFiles(header: Header, withDigests: boolean): OwnFiles {
  const { names, folders: inHeader, folderOf } = pathsOf(header);
  const { count } = names;
  const folders = foldersOf(inHeader, !names.has('/'));
  const modes = numbersOf(header, TAG.FILEMODES, count);
  const flags = numbersOf(header, TAG.FILEFLAGS, count);
  const digests = withDigests ? digestsOf(textsOf(header, TAG.FILEDIGESTS, 'name'), count) : undefined;
  const texts = names.inElements();
  const listed = new Set<string>();
  let [primary, filelists, extended, characters] = ['', '', '', 0];
  for (let at = 0; at < count; at++) {
    const folder = folders[folderOf?.[at] ?? 0] ?? nowhere;
    const path = `${folder.text}${texts[at] ?? ''}</file>\n`;
    characters += path.length;
    if (characters > most)
      throw new RepodataError('too_large', `The files' paths have more than ${most} characters.`);
    const type = typeOf(modes?.[at] ?? 0, flags?.[at] ?? 0);
    filelists += `  <file${type}>${path}`;
    if (digests !== undefined) extended += `  <file${type}${digests[at] ?? ''}>${path}`;
    const name = names.raw[at] ?? '';
    if (folder.isPrimary ?? isPrimary(folder.raw + name)) {
      primary += `    <file${type}>${path}`;
      listed.add(folder.raw + name);
    }
  }
  return { primary, filelists, extended: withDigests ? extended : undefined, listed };
}

interface Folder {
  readonly raw: string;
  readonly text: string;
  /** The answer for all files of the folder, where it is one. */
  readonly isPrimary: boolean | undefined;
}

const nowhere: Folder = { raw: '', text: '', isPrimary: undefined };

/**
 * Whether a path has "bin/" is decided by its folder, if that ends in a slash and names have none.
 * @param areNames whether names have none
 */
function foldersOf(folders: Texts, areNames: boolean): readonly Folder[] {
  const texts = folders.inElements();
  return folders.raw.map((raw, at) => {
    const decides = areNames && raw.endsWith('/') && raw !== '/usr/lib/';
    return { raw, text: texts[at] ?? '', isPrimary: decides ? isPrimary(raw) : undefined };
  });
}

function typeOf(mode: number, flags: number): string {
  if ((mode & formatMask) === directory) return ' type="dir"';
  return (flags & FILE_FLAG.GHOST) === 0 ? '' : ' type="ghost"';
}

function digestsOf(digests: Texts, count: number): readonly string[] {
  if (digests.count !== 0 && digests.count !== count)
    throw new RepodataError('damaged', `The header has ${digests.count} digests of ${count} files.`);
  return digests.inAttributes().map((digest) => (digest === '' ? '' : ` hash="${digest}"`));
}
