/**
 * Compresses pieces of a document so that they can be joined: gzip members (RFC 1952 §2.2) or zstd frames (RFC 8878 §3).
 * dnf 4.14 and libsolv 0.7.23 read files of many of either; createrepo_c 0.17 reads many gzip members, and no zstd at all.
 *
 * Invariant: the same bytes and the same compression give the same result on one machine and one version of Node: no
 * time, no name, no operating system stands in it. (Other processors may find other matches; what is unpacked is equal.)
 */
import { createHash } from 'node:crypto';
import { gzipSync, constants as zlib, zstdCompressSync } from 'node:zlib';
import { documentKinds, type ExtendedKind } from './document.ts';
import type { Place } from './member.ts';

export type Compression =
  /** Level 1 to 9. */
  | { readonly type: 'gzip'; readonly level: number }
  /** Level 1 to 22. */
  | { readonly type: 'zstd'; readonly level: number };

/** What createrepo_c uses: zlib's own choice. */
export const gzip: Compression = { type: 'gzip', level: 6 };
/** What createrepo_c uses since 1.0. */
export const zstd: Compression = { type: 'zstd', level: 10 };

const suffixes = { gzip: '.gz', zstd: '.zst' } as const;

/** How the file's name ends: `.gz`, `.zst`. */
export function suffixOf({ type }: Compression): string {
  return suffixes[type];
}

/** Blocks the thread for some milliseconds a megabyte: not for the loop that serves requests. */
export function pack(plain: Buffer, compression: Compression): Buffer {
  if (compression.type === 'zstd') {
    const params = {
      [zlib.ZSTD_c_compressionLevel]: compression.level,
      [zlib.ZSTD_c_checksumFlag]: 1,
    };
    return zstdCompressSync(plain, { params });
  }
  const packed = gzipSync(plain, { level: compression.level });
  // Time 0 says that there is none, system 255 that it is unknown.
  packed.writeUInt32LE(0, 4);
  packed[9] = 255;
  return packed;
}

/** One run of one document: its members' entries, in their order. */
export function packRun(entries: readonly Buffer[], compression: Compression): Buffer {
  return pack(Buffer.concat(entries), compression);
}

/**
 * Under which a packed run can be kept: revisions, tags and architectures in which the same members follow one another
 * share it. SHA-256, hex.
 * @param documents for which it is packed, one after the other
 */
export function runKey(
  members: readonly Pick<Place, 'key'>[],
  documents: readonly ExtendedKind[],
  { type, level }: Compression,
): string {
  const all = documents.join(' ');
  // Those of every repository are named by the first, as they were when there were no others.
  const named = all === documentKinds.join(' ') ? 'primary' : all;
  const hash = createHash('sha256').update(`run 1\n${named}\n${type} ${level}\n`);
  for (const { key } of members) hash.update(`${key}\n`);
  return hash.digest('hex');
}
