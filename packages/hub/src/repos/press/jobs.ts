/**
 * What threads do for the press: reading headers, packing runs, hashing.
 *
 * Invariant: pure work on bytes and files that never change. A job has no ledger; doing it twice does no harm.
 */
import { createHash } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import {
  type Compression,
  decodeExtended,
  decodeFragment,
  documentKinds,
  type Entries,
  type ExtendedKind,
  encodeExtended,
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
import { type HashJob, hashTexts } from './hash.ts';

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

/** Reads what repositories list that have the digests of files. */
export interface ExtendedJob {
  what: 'extended';
  /** Files of packages as they were built. */
  paths: string[];
}

export interface RunJob {
  what: 'run';
  /** Filelists-ext is wanted where that is among the documents. */
  members: { fragment: Uint8Array; extended: Uint8Array | undefined; placement: Placement }[];
  documents: readonly ExtendedKind[];
  compression: Compression;
  /** Where plain and packed text are kept for hashing. */
  cache: string;
}
export interface MadeRun {
  /** The documents, packed, one behind the other. */
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

export type Job = HeaderJob | ExtendedJob | RunJob | UnpackJob | HashJob;
export interface Results {
  headers: ReadHeader[];
  extended: Uint8Array[];
  run: MadeRun;
  unpack: null;
  /** SHA-256 of each text. */
  hash: string[];
}

export async function doJob(job: Job): Promise<Results[Job['what']]> {
  switch (job.what) {
    case 'headers':
      return await Promise.all(job.paths.map(readHeader));
    case 'extended':
      return await Promise.all(job.paths.map(readFilelistsExt));
    case 'run':
      return makeRun(job);
    case 'unpack':
      return unpackRun(job);
    case 'hash':
      return hashTexts(job);
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

async function readFilelistsExt(path: string): Promise<Uint8Array> {
  const { filelistsExt } = fragmentOf(await readHeaders(path), { fileDigests: true });
  if (filelistsExt === undefined)
    throw new Error('a fragment was made without the digests that were asked for');
  return encodeExtended(filelistsExt);
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

function makeRun({ members, documents, compression, cache }: RunJob): MadeRun {
  const made = members.map(entriesOf);
  const plain = documents.map((kind) => Buffer.concat(made.map((one) => entryOf(one, kind))));
  const packed = plain.map((one) => pack(one, compression));
  keep(cache, [...plain, ...packed]);
  return {
    packed: Buffer.concat(packed),
    sizes: packed.map((one) => one.length),
    opens: plain.map((one) => one.length),
  };
}

type Made = Entries & { filelistsExt?: Buffer | undefined };

function entriesOf({ fragment, extended, placement }: RunJob['members'][number]): Made {
  if (isOutside(fragment)) return outsideEntries(fragment, placement.location);
  const filelistsExt = extended === undefined ? undefined : decodeExtended(extended);
  return entries({ ...decodeFragment(fragment), filelistsExt }, placement);
}

function entryOf(made: Made, kind: ExtendedKind): Buffer {
  if (kind !== 'filelists-ext') return made[kind];
  if (made.filelistsExt === undefined) throw new Error('a package is to be listed with digests not known');
  return made.filelistsExt;
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
