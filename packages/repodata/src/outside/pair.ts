/**
 * Reads a foreign repository: its three documents at once, joined package by package.
 *
 * Invariant: a package is given when all three have it, they agree on what it is, and no id is given twice; at the end
 * the three have the same packages. Where they have them in one order, as all makers write them, no more is in memory
 * than the packages of a piece of input; else what came too early waits, up to a stated number of bytes.
 */
import { Readable } from 'node:stream';
import { RepodataError, shown } from '../errors.ts';
import { Asked } from './facts.ts';
import { scanListing } from './listing.ts';
import {
  type OutsideNevra,
  type OutsidePackage,
  type OutsidePrimary,
  primaryOf,
  versionOf,
  wantedOfPrimary,
} from './package.ts';
import type { ScannedPackage } from './scanner.ts';

/** The files as they are stored. */
export interface OutsideDocuments {
  readonly primary: AsyncIterable<Uint8Array>;
  readonly filelists: AsyncIterable<Uint8Array>;
  readonly other: AsyncIterable<Uint8Array>;
}

export interface OutsideLimits {
  /** Bytes that one document may unpack to. */
  readonly unpacked?: number;
  readonly packages?: number;
  /** Bytes of one document that may wait because another has its packages in another order. */
  readonly waiting?: number;
}

const gib = 2 ** 30;
const mib = 2 ** 20;
const wantedOfOthers: ReadonlySet<string> = new Set(['version']);
const asked = new Asked('pkgid', 'name', 'arch');

/** Throws `RepodataError`: damaged, hostile, too_large, maker_failed (see `scanListing`). */
export async function* readOutside(
  documents: OutsideDocuments,
  limits: OutsideLimits = {},
): AsyncGenerator<OutsidePackage, void, undefined> {
  const { unpacked = 8 * gib, waiting = 64 * mib } = limits;
  await using filelists = new Waiting('filelists', documents.filelists, unpacked, waiting);
  await using other = new Waiting('other', documents.other, unpacked, waiting);
  try {
    for await (const primary of readOutsidePrimary(documents.primary, limits)) {
      yield { ...primary, filelists: await filelists.of(primary), other: await other.of(primary) };
    }
    await filelists.end();
    await other.end();
  } finally {
    // One that was not begun would stay open.
    for (const stream of Object.values(documents)) if (stream instanceof Readable) stream.destroy();
  }
}

/** As `readOutside`, of primary alone: for what needs no files and no changelogs. */
export async function* readOutsidePrimary(
  stream: AsyncIterable<Uint8Array>,
  limits: OutsideLimits = {},
): AsyncGenerator<OutsidePrimary, void, undefined> {
  const { unpacked = 8 * gib, packages = mib } = limits;
  const seen = new Set<string>();
  for await (const found of scanListing('primary', stream, wantedOfPrimary, unpacked)) {
    for (const scanned of found) {
      const primary = primaryOf(scanned);
      if (seen.has(primary.pkgid))
        throw new RepodataError('hostile', `The metadata has the package id ${primary.pkgid} twice.`);
      if (seen.size === packages)
        throw new RepodataError('too_large', `The metadata has more than ${packages} packages.`);
      seen.add(primary.pkgid);
      yield primary;
    }
  }
}

interface Waited {
  readonly nevra: OutsideNevra;
  readonly bytes: Buffer;
}

class Waiting {
  readonly #kind: 'filelists' | 'other';
  readonly #pieces: AsyncGenerator<ScannedPackage[], void, undefined>;
  readonly #most: number;
  readonly #waiting = new Map<string, Waited>();
  #bytes = 0;

  constructor(
    kind: 'filelists' | 'other',
    stream: AsyncIterable<Uint8Array>,
    unpacked: number,
    most: number,
  ) {
    this.#kind = kind;
    this.#most = most;
    this.#pieces = scanListing(kind, stream, wantedOfOthers, unpacked);
  }

  async of(primary: OutsidePrimary): Promise<Buffer> {
    for (;;) {
      const found = this.#waiting.get(primary.pkgid);
      if (found !== undefined) {
        this.#waiting.delete(primary.pkgid);
        this.#bytes -= found.bytes.length;
        this.#check(primary, found.nevra);
        return found.bytes;
      }
      if (this.#bytes > this.#most)
        throw new RepodataError(
          'too_large',
          `Primary and ${this.#kind} metadata have their packages in orders so different that over ${this.#most} bytes would have to wait.`,
        );
      if (!(await this.#more()))
        throw new RepodataError(
          'damaged',
          `The ${this.#kind} metadata does not have the package ${primary.pkgid}.`,
        );
    }
  }

  /** Throws unless all packages were asked for. */
  async end(): Promise<void> {
    while (this.#waiting.size === 0 && (await this.#more()));
    const [left] = this.#waiting.keys();
    if (left !== undefined)
      throw new RepodataError(
        'damaged',
        `Of the ${this.#kind} metadata primary does not have the package ${left}.`,
      );
  }

  async #more(): Promise<boolean> {
    const next = await this.#pieces.next();
    if (next.done === true) return false;
    for (const scanned of next.value) {
      const { pkgid: id = '', name = '', arch = '' } = asked.at(scanned.bytes, 0);
      const pkgid = id.toLowerCase();
      if (this.#waiting.has(pkgid))
        throw new RepodataError(
          'hostile',
          `The ${this.#kind} metadata has the package id ${shown(pkgid)} twice.`,
        );
      const nevra = { name, arch, ...versionOf(scanned) };
      this.#waiting.set(pkgid, { nevra, bytes: scanned.bytes });
      this.#bytes += scanned.bytes.length;
    }
    return true;
  }

  #check(one: OutsideNevra, other: OutsideNevra): void {
    for (const field of ['name', 'arch', 'epoch', 'version', 'release'] as const) {
      if (one[field] !== other[field])
        throw new RepodataError(
          'hostile',
          `Primary and ${this.#kind} metadata disagree on the ${field} of ${shown(one.name)}.`,
        );
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pieces.return();
  }
}
