/**
 * A fragment as bytes to be kept: small, since a database has one for each package that ever was.
 *
 * Form, version 1: a byte 1, then a zstd frame (with checksum; the text of `dictionary.ts` as its dictionary) of these
 * parts with a byte 1 between them, which XML cannot have: name, epoch, version, release, architecture, primary,
 * filelists, other, and filelists-ext where there is one. Holes are NULs. (A byte 2 opens what `outside/kept.ts` keeps.)
 *
 * Version 3: a byte 3, then a zstd frame as that one of filelists-ext alone, for a fragment that is kept without it and is
 * to stay what it is.
 *
 * Invariant: what comes out is what went in. Bytes that no encoding gives are refused, within bounds on memory; that
 * their text is XML is not looked at, so they are to come from where only this program writes.
 */
import { isUtf8 } from 'node:buffer';
import { constants, type ZstdOptions, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { checkNevra, RpmError } from '@moromi/rpm';
import { RepodataError } from '../errors.ts';
import { dictionary1 } from './dictionary.ts';
import type { Fragment } from './fragment.ts';
import { holesOf, type Template } from './template.ts';

const version1 = 1;
const version3 = 3;
const between = Buffer.from([1]);
const fields = 5;
const [start, end] = ['<package ', '</package>\n'];
/** Bytes that a fragment may unpack to: as many as four of the largest parts have. */
const largest = 2 ** 28;

const packing: ZstdOptions = {
  dictionary: dictionary1,
  params: { [constants.ZSTD_c_checksumFlag]: 1, [constants.ZSTD_c_compressionLevel]: 3 },
};

const unpacking: ZstdOptions = {
  dictionary: dictionary1,
  maxOutputLength: largest,
  rejectGarbageAfterEnd: true,
};

/** The same fragment gives the same bytes with the same zstd library; another one may pack it otherwise. */
export function encodeFragment(fragment: Fragment): Buffer {
  const { name, epoch, version, release, arch, primary, filelists, other, filelistsExt } = fragment;
  const pieces = [Buffer.from([name, epoch, version, release, arch, ''].join('\x01')), primary];
  for (const part of [filelists, other, filelistsExt]) if (part !== undefined) pieces.push(between, part);
  return Buffer.concat([Buffer.from([version1]), zstdCompressSync(Buffer.concat(pieces), packing)]);
}

/** @param part filelists-ext */
export function encodeExtended(part: Template): Buffer {
  return Buffer.concat([Buffer.from([version3]), zstdCompressSync(part, packing)]);
}

/** Throws RepodataError damaged, too_large. */
export function decodeExtended(bytes: Uint8Array): Template {
  if (bytes[0] !== version3)
    throw new RepodataError('damaged', `The filelists-ext has version ${bytes[0] ?? 'none'}; 3 is read.`);
  const part = unpacked(bytes.subarray(1));
  if (!isPackage(part) || holesOf(part) !== 1 || part.includes(1) || !isUtf8(part))
    throw new RepodataError('damaged', 'The filelists-ext is not of one package.');
  return part;
}

/** Throws RepodataError damaged, too_large. */
export function decodeFragment(bytes: Uint8Array): Fragment {
  if (bytes[0] !== version1)
    throw new RepodataError('damaged', `The fragment has version ${bytes[0] ?? 'none'}; 1 is read.`);
  const whole = unpacked(bytes.subarray(1));
  const pieces = cut(whole);
  const identity = identityOf(pieces.slice(0, fields).map((piece) => piece.toString('latin1')));
  const parts = pieces.slice(fields);
  const isSound = parts.every((part, at) => isPackage(part) && holesOf(part) === (at === 0 ? 6 : 1));
  const [primary, filelists, other, filelistsExt, ...more] = parts;
  if (!primary || !filelists || !other || more.length > 0 || !isSound || !isUtf8(whole))
    throw new RepodataError('damaged', 'The fragment has not the parts that a fragment has.');
  return { ...identity, primary, filelists, other, filelistsExt };
}

function identityOf([name = '', epoch = '', version = '', release = '', arch = '']: readonly string[]) {
  const identity = { name, epoch: Number(epoch), version, release, arch };
  try {
    checkNevra(identity);
    if (String(identity.epoch) === epoch) return identity;
  } catch (error) {
    if (!(error instanceof RpmError)) throw error;
  }
  throw new RepodataError('damaged', 'The fragment is of a package that cannot have such a name.');
}

function isPackage(part: Template): boolean {
  const ends = [part.toString('latin1', 0, start.length), part.toString('latin1', part.length - end.length)];
  return ends[0] === start && ends[1] === end;
}

function cut(whole: Buffer): Template[] {
  const pieces: Template[] = [];
  let from = 0;
  for (let at = whole.indexOf(1); at >= 0 && pieces.length <= fields + 4; at = whole.indexOf(1, from)) {
    pieces.push(whole.subarray(from, at));
    from = at + 1;
  }
  pieces.push(whole.subarray(from));
  return pieces;
}

function unpacked(bytes: Uint8Array): Buffer {
  try {
    return zstdDecompressSync(bytes, unpacking);
  } catch (error) {
    const isLarge = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    throw new RepodataError(isLarge ? 'too_large' : 'damaged', 'The fragment cannot be unpacked.', {
      cause: error,
    });
  }
}
