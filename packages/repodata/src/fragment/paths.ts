/**
 * The paths of a package's files as its header has them: a folder and a name each.
 *
 * Invariant: folder and name joined are the path as createrepo_c reads it, which is as one string: where any of
 * a package's folders and names is no UTF-8, the paths stand here whole, in a folder without a name.
 */
import { type Header, TAG, type Tag } from '@moromi/rpm';
import { RepodataError } from '../errors.ts';
import { type Texts, type TextTag, textsIn, textsOf } from './texts.ts';

export interface Paths {
  readonly folders: Texts;
  readonly names: Texts;
  /** Places in `folders`; all are the first where it is undefined. */
  readonly folderOf: readonly number[] | undefined;
}

const noFolder = textsIn(TAG.DIRNAMES, Buffer.alloc(1), 1, 'name');

/** Throws RepodataError damaged, hostile. */
export function pathsOf(header: Header): Paths {
  const [names, folders] = [textsOf(header, TAG.BASENAMES, 'name'), textsOf(header, TAG.DIRNAMES, 'name')];
  if (names.count === 0)
    return { folders: noFolder, names: textsOf(header, TAG.OLDFILENAMES, 'name'), folderOf: undefined };
  const folderOf = numbersOf(header, TAG.DIRINDEXES, names.count);
  if (folderOf === undefined || folderOf.some((at) => at >= folders.count))
    throw new RepodataError('damaged', 'A file is in a folder that the header does not list.');
  if (names.isUtf8 && folders.isUtf8) return { folders, names, folderOf };
  const whole = joined(stringsOf(header, TAG.DIRNAMES), stringsOf(header, TAG.BASENAMES), folderOf);
  return {
    folders: noFolder,
    names: textsIn(TAG.BASENAMES, whole, names.count, 'name'),
    folderOf: undefined,
  };
}

/** One number for each file, or undefined where the tag is absent. */
export function numbersOf(header: Header, tag: Tag<'numbers'>, files: number): readonly number[] | undefined {
  const values = header.get(tag);
  if (values !== undefined && values.length !== files)
    throw new RepodataError(
      'damaged',
      `Tag ${tag.name} tells of ${values.length} files; there are ${files}.`,
    );
  return values;
}

/** The tag's strings as they are stored, each with its NUL. */
function stringsOf(header: Header, tag: TextTag): Uint8Array[] {
  const data = header.stored(tag.number)?.data ?? new Uint8Array(0);
  const strings: Uint8Array[] = [];
  for (let start = 0; start < data.length; ) {
    const end = data.indexOf(0, start) + 1;
    strings.push(data.subarray(start, end));
    start = end;
  }
  return strings;
}

function joined(
  folders: readonly Uint8Array[],
  names: readonly Uint8Array[],
  folderOf: readonly number[],
): Buffer {
  return Buffer.concat(
    names.flatMap((name, at) => [(folders[folderOf[at] ?? 0] ?? name).subarray(0, -1), name]),
  );
}
