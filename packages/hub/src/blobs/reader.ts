/**
 * Reads blobs, whether they are stored or spliced.
 *
 * Invariant: what a hash names never changes, so what was looked up of a splice once is good for ever; the few that
 * are asked for most are remembered.
 */

import type { Readable } from 'node:stream';
import { Problem } from '@moromi/contract';
import type { Reader } from '../ledger/index.ts';
import { findBlob } from './queries.ts';
import { decodePieces, openPieces, type Piece, sizeOf, within } from './splice.ts';
import type { BlobStore, Range } from './store.ts';

/** Metadata files of the newest revisions; each is a few hundred pieces. */
const rememberedAtMost = 64;

/** A blob that is there, and its size in bytes. */
export interface OpenBlob {
  size: number;
  /** @param range the whole where it is not said */
  read(range?: Range): Promise<Readable>;
}

export class BlobReader {
  readonly #reader: Reader;
  readonly #store: BlobStore;
  readonly #splices = new Map<string, readonly Piece[]>();

  constructor(reader: Reader, store: BlobStore) {
    this.#reader = reader;
    this.#store = store;
  }

  /** @throws Problem unknown_blob */
  async find(sha256: string): Promise<OpenBlob> {
    const known = this.#splices.get(sha256);
    if (known !== undefined) return this.#spliced(known);
    const size = await this.#store.size(sha256);
    if (size !== undefined) return { size, read: (range) => this.#store.open(sha256, range) };
    const found = await findBlob(this.#reader, sha256);
    if (found?.pieces == null) throw new Problem('unknown_blob');
    const pieces = decodePieces(found.pieces);
    this.#remember(sha256, pieces);
    return this.#spliced(pieces);
  }

  #remember(sha256: string, pieces: readonly Piece[]): void {
    const [oldest] = this.#splices.keys();
    if (oldest !== undefined && this.#splices.size >= rememberedAtMost) this.#splices.delete(oldest);
    this.#splices.set(sha256, pieces);
  }

  #spliced(pieces: readonly Piece[]): OpenBlob {
    return {
      size: sizeOf(pieces),
      read: (range) => openPieces(this.#store, range === undefined ? pieces : within(pieces, range)),
    };
  }
}
