/**
 * The entries of one package's file: a fragment with its holes filled.
 *
 * Invariant: the same fragment and placement give the same bytes; each entry is one `package` element that ends with a
 * line's end, as createrepo_c writes it, to be put between a document's head and foot.
 */
import { RepodataError, shown } from '../errors.ts';
import { attributeOf, isPlain } from './escape.ts';
import type { Fragment } from './fragment.ts';
import { fill } from './template.ts';

export interface Placement {
  /** SHA-256 of the file as it is given out, hex: the package id. */
  readonly sha256: string;
  /** Bytes of the file. */
  readonly size: number;
  /** Bytes of the file that hold its main header, as `RpmHeaders` has them. */
  readonly headerRange: { readonly start: number; readonly end: number };
  /** Seconds since 1970. */
  readonly fileTime: number;
  /** Address below the repository's own, or below `base`. */
  readonly location: string;
  /** Address of what the location is below, where it is not the repository: `xml:base`. */
  readonly base?: string;
}

export interface PackageEntries {
  readonly primary: Buffer;
  readonly filelists: Buffer;
  readonly other: Buffer;
  /** Where the fragment has digests. */
  readonly filelistsExt: Buffer | undefined;
}

/** Throws RepodataError damaged: a placement that no file can have. */
export function entries(fragment: Fragment, placement: Placement): PackageEntries {
  const { sha256, size, fileTime, headerRange, location, base } = placement;
  if (!/^[0-9a-f]{64}$/.test(sha256))
    throw new RepodataError('damaged', `The package id ${shown(sha256)} is no SHA-256.`);
  const where = `${base === undefined ? '' : `xml:base="${address(base)}" `}href="${address(location)}"`;
  const [start, end] = [number(headerRange.start), number(headerRange.end)];
  const id = [sha256];
  const { primary, filelists, other, filelistsExt } = fragment;
  return {
    primary: fill(primary, [sha256, number(fileTime), number(size), where, start, end]),
    filelists: fill(filelists, id),
    other: fill(other, id),
    filelistsExt: filelistsExt === undefined ? undefined : fill(filelistsExt, id),
  };
}

function address(text: string): string {
  if (isPlain(text) && text !== '' && !text.includes('\0')) return text;
  if (text === '' || /[\0-\x1f\ufffe\uffff]|\p{Surrogate}/u.test(text))
    throw new RepodataError('damaged', `${shown(text)} is no address of a package.`);
  return attributeOf(text);
}

function number(value: number): string {
  if (!Number.isSafeInteger(value) || value < 0)
    throw new RepodataError('damaged', `${value} is no size, place or time of a package's file.`);
  return String(value);
}
