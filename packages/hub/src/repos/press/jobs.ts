/**
 * What threads do for the press: reading headers, packing runs, hashing.
 *
 * Invariant: pure work on bytes and files that never change. A job has no ledger; doing it twice does no harm.
 */
import { createHash, type Hash } from 'node:crypto';
import { closeSync, openSync, readSync, renameSync, writeFileSync } from 'node:fs';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import {
  type Compression,
  type DocumentKind,
  decodeFragment,
  documentKinds,
  encodeFragment,
  entries,
  fragmentOf,
  isOutside,
  outsideEntries,
  type Placement,
  pack,
} from '@moromi/repodata';
import { type RpmHeaders, readHeaders, TAG } from '@moromi/rpm';
import { isRuntime, type Trait } from '../shipped/multilib.ts';

export interface HeaderJob {
  what: 'headers';
  /** Files of packages as they were built. */
  paths: string[];
}
export interface ReadHeader {
  fragment: Uint8Array;
  digest: string;
  /** When the package was built, in seconds since 1970. */
  buildTime: number;
  /** Bytes of its entries. */
  plain: number;
  traits: Trait[];
}

export interface RunJob {
  what: 'run';
  members: { fragment: Uint8Array; placement: Placement }[];
  compression: Compression;
  /** Where plain and packed text are kept for hashing. */
  cache: string;
}
export interface MadeRun {
  /** Primary, filelists and other, packed, one behind the other. */
  packed: Uint8Array;
  sizes: number[];
  opens: number[];
}

/** A run whose plain and packed text is not in the cache any more. */
export interface UnpackJob {
  what: 'unpack';
  packed: Uint8Array;
  sizes: number[];
  opens: number[];
  compression: Compression;
  cache: string;
}

/** A range of a file, or bytes. */
export type Segment = { path: string; start: number; length: number } | Uint8Array;
export interface HashJob {
  what: 'hash';
  segments: Segment[];
}

export type Job = HeaderJob | RunJob | UnpackJob | HashJob;
export interface Results {
  headers: ReadHeader[];
  run: MadeRun;
  unpack: null;
  hash: string;
}

export async function doJob(job: Job): Promise<Results[Job['what']]> {
  switch (job.what) {
    case 'headers':
      return await Promise.all(job.paths.map(readHeader));
    case 'run':
      return makeRun(job);
    case 'unpack':
      return unpackRun(job);
    case 'hash':
      return hashSegments(job.segments);
  }
}

async function readHeader(path: string): Promise<ReadHeader> {
  const headers = await readHeaders(path);
  const fragment = fragmentOf(headers);
  const bytes = encodeFragment(fragment);
  return {
    fragment: bytes,
    digest: createHash('sha256').update(bytes).digest('hex'),
    buildTime: headers.header.get(TAG.BUILDTIME) ?? 0,
    plain: documentKinds.reduce((sum, kind) => sum + fragment[kind].length, 0),
    traits: traitsOf(headers),
  };
}

function traitsOf({ header }: RpmHeaders): Trait[] {
  const traits: Trait[] = [];
  const dirs = header.get(TAG.DIRNAMES) ?? [];
  const places = header.get(TAG.DIRINDEXES) ?? [];
  const names = header.get(TAG.BASENAMES) ?? [];
  const files = names.map((name, at) => ({
    dir: (dirs[places[at] ?? -1] ?? '/').replace(/(.)\/$/, '$1'),
    name,
  }));
  if (isRuntime(files)) traits.push('runtime');
  const provides = header.get(TAG.PROVIDENAME) ?? [];
  for (const one of ['kernel', 'kernel-devel'] as const) if (provides.includes(one)) traits.push(one);
  return traits;
}

function makeRun({ members, compression, cache }: RunJob): MadeRun {
  const texts: Record<DocumentKind, Buffer[]> = { primary: [], filelists: [], other: [] };
  for (const { fragment, placement } of members) {
    const made = isOutside(fragment)
      ? outsideEntries(fragment, placement.location)
      : entries(decodeFragment(fragment), placement);
    for (const kind of documentKinds) texts[kind].push(made[kind]);
  }
  const plain = documentKinds.map((kind) => Buffer.concat(texts[kind]));
  const packed = plain.map((one) => pack(one, compression));
  keep(cache, [...plain, ...packed]);
  return {
    packed: Buffer.concat(packed),
    sizes: packed.map((one) => one.length),
    opens: plain.map((one) => one.length),
  };
}

function unpackRun({ packed, sizes, opens, compression, cache }: UnpackJob): null {
  let at = 0;
  const parts = sizes.map((size) => {
    at += size;
    return Buffer.from(packed.buffer, packed.byteOffset + at - size, size);
  });
  keep(cache, [...parts.map((part, place) => unpack(part, compression, opens[place] ?? 0)), ...parts]);
  return null;
}

function unpack(packed: Buffer, { type }: Compression, size: number): Buffer {
  const limits = { maxOutputLength: Math.max(1, size) };
  const plain = type === 'gzip' ? gunzipSync(packed, limits) : zstdDecompressSync(packed, limits);
  if (plain.length !== size) throw new Error(`a run unpacks to ${plain.length} bytes and not to ${size}`);
  return plain;
}

/** Whole or not at all, for this process; after a crash of the machine the cache is not believed. */
function keep(path: string, parts: Buffer[]): void {
  const aside = `${path}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  writeFileSync(aside, Buffer.concat(parts));
  renameSync(aside, path);
}

const pieceBytes = 1024 * 1024;

function hashSegments(segments: readonly Segment[]): string {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(pieceBytes);
  for (const segment of segments) {
    if (segment instanceof Uint8Array) hash.update(segment);
    else hashRange(hash, buffer, segment.path, segment.start, segment.length);
  }
  return hash.digest('hex');
}

function hashRange(hash: Hash, buffer: Buffer, path: string, start: number, length: number): void {
  const file = openSync(path, 'r');
  try {
    for (let done = 0; done < length; ) {
      const got = readSync(file, buffer, 0, Math.min(pieceBytes, length - done), start + done);
      if (got === 0) throw new Error(`${path} ends before byte ${start + length}`);
      hash.update(buffer.subarray(0, got));
      done += got;
    }
  } finally {
    closeSync(file);
  }
}
