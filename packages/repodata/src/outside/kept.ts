/**
 * A foreign package's entries as bytes to be kept: all but where its file is.
 *
 * Form, version 2 (version 1 is a fragment, `fragment/encoded.ts`): a byte 2, then a zstd frame (with checksum; the text
 * of `dictionary.ts` as its dictionary) of four parts with a byte 1 between them, which XML cannot have: primary up to
 * its location and from there on, filelists, other.
 *
 * Invariant: what comes out is what went in, with the location that is asked for. Bytes that no encoding gives are
 * refused, within bounds on memory; that their text is XML is not looked at, so they are to come from where only this
 * program writes.
 */
import { createHash } from 'node:crypto';
import { constants, type ZstdOptions, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { Entries } from '../compose/document.ts';
import { inAttribute } from '../compose/written.ts';
import { RepodataError } from '../errors.ts';
import { dictionary1 } from '../fragment/dictionary.ts';
import type { OutsidePackage } from './package.ts';

const version2 = 2;
const between = Buffer.from([1]);
/** Bytes that they may unpack to: three elements as large as the scanner lets in. */
const largest = 2 ** 27;

const packing: ZstdOptions = {
  dictionary: dictionary1,
  params: { [constants.ZSTD_c_checksumFlag]: 1, [constants.ZSTD_c_compressionLevel]: 3 },
};

function partsOf({ primary, locationAt: [from, end], filelists, other }: OutsidePackage): Buffer[] {
  return [primary.subarray(0, from), primary.subarray(end), filelists, other];
}

/** SHA-256, hex, of what the entries say but for the location. */
export function outsideDigest(one: OutsidePackage): string {
  const hash = createHash('sha256').update('outside 1\n');
  for (const part of partsOf(one)) hash.update(`${part.length} `).update(part);
  return hash.digest('hex');
}

export function encodeOutside(one: OutsidePackage): Buffer {
  const joined = Buffer.concat(partsOf(one).flatMap((part, at) => (at === 0 ? [part] : [between, part])));
  return Buffer.concat([Buffer.from([version2]), zstdCompressSync(joined, packing)]);
}

/** Whether bytes are kept entries of a foreign package, and not a fragment. */
export function isOutside(bytes: Uint8Array): boolean {
  return bytes[0] === version2;
}

/** @param location below the repository that they are to stand in. Throws RepodataError damaged, too_large. */
export function outsideEntries(bytes: Uint8Array, location: string): Entries {
  if (!isOutside(bytes))
    throw new RepodataError('damaged', `The entries have version ${bytes[0] ?? 'none'}; 2 is read.`);
  const whole = unpacked(bytes.subarray(1));
  const parts: Buffer[] = [];
  let from = 0;
  for (let at = whole.indexOf(1); at >= 0 && parts.length < 4; at = whole.indexOf(1, from)) {
    parts.push(whole.subarray(from, at));
    from = at + 1;
  }
  parts.push(whole.subarray(from));
  const [head, tail, filelists, other] = parts;
  if (head === undefined || tail === undefined || filelists === undefined || other === undefined || parts[4])
    throw new RepodataError('damaged', 'The entries have not the four parts that they have.');
  const element = Buffer.from(`<location href="${inAttribute(location)}"/>`);
  return { primary: Buffer.concat([head, element, tail]), filelists, other };
}

function unpacked(bytes: Uint8Array): Buffer {
  try {
    return zstdDecompressSync(bytes, {
      dictionary: dictionary1,
      maxOutputLength: largest,
      rejectGarbageAfterEnd: true,
    });
  } catch (error) {
    const isLarge = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    throw new RepodataError(isLarge ? 'too_large' : 'damaged', 'The entries cannot be unpacked.', {
      cause: error,
    });
  }
}
