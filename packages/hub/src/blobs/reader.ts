/**
 * Reads blobs, whether they are stored or spliced.
 *
 * Invariant: what a hash names never changes; of what it is joined may, when a splice has gone and come again. So the
 * few splices that are asked for most are remembered for a minute, and are looked up again where a part is missing. What
 * is known to be damaged, or should be there and is not, is told as such and is given to nobody.
 */

import type { ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { Problem } from '@moromi/contract';
import type { Reader } from '../ledger/index.ts';
import { startPouring } from './pour.ts';
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
  /** Opens what a client is to get; what it gives back sends it. @param range the whole where it is not said */
  pour(range: Range | undefined, reply: ServerResponse): Promise<() => Promise<void>>;
}

export class BlobReader {
  readonly #reader: Reader;
  readonly #store: BlobStore;
  readonly #splices = new Map<string, readonly Piece[]>();

  constructor(reader: Reader, store: BlobStore) {
    this.#reader = reader;
    this.#store = store;
  }

  /** @throws Problem unknown_blob, blob_damaged */
  async find(sha256: string): Promise<OpenBlob> {
    const known = this.#splices.get(sha256);
    if (known !== undefined) return this.#spliced(sha256, known);
    const size = await this.#store.size(sha256);
    if (size !== undefined) {
      const whole = wholeOf(sha256, size);
      return {
        size,
        read: (range) => this.#store.open(sha256, range),
        pour: (range, reply) => startPouring(this.#store, cutTo(whole, range), reply),
      };
    }
    const found = await findBlob(this.#reader, sha256);
    if (found === undefined) throw new Problem('unknown_blob');
    if (found.damaged || found.pieces === null) throw damaged(sha256);
    const pieces = decodePieces(found.pieces);
    this.#remember(sha256, pieces);
    return this.#spliced(sha256, pieces);
  }

  /** Something was damaged or repaired: what is remembered may be made of it. */
  forget(): void {
    this.#splices.clear();
  }

  #remember(sha256: string, pieces: readonly Piece[]): void {
    const [oldest] = this.#splices.keys();
    if (oldest !== undefined && this.#splices.size >= rememberedAtMost) this.#splices.delete(oldest);
    this.#splices.set(sha256, pieces);
  }

  #spliced(sha256: string, pieces: readonly Piece[]): OpenBlob {
    const size = sizeOf(pieces);
    const opened = <T>(range: Range | undefined, open: (cut: readonly Piece[]) => Promise<T>): Promise<T> =>
      open(cutTo(pieces, range)).catch(async (error: unknown) => {
        if (!(error instanceof Problem && error.code === 'unknown_blob')) throw error;
        this.#splices.delete(sha256);
        const found = await findBlob(this.#reader, sha256);
        if (found === undefined || found.damaged) throw damaged(sha256);
        const now = found.pieces === null ? wholeOf(sha256, size) : decodePieces(found.pieces);
        return await open(cutTo(now, range)).catch(() => {
          // The ledger has it, so the store should.
          throw damaged(sha256);
        });
      });
    return {
      size,
      read: (range) => opened(range, (cut) => openPieces(this.#store, cut)),
      pour: (range, reply) => opened(range, (cut) => startPouring(this.#store, cut, reply)),
    };
  }
}

function wholeOf(sha256: string, size: number): Piece[] {
  return [{ sha256, start: 0, length: size }];
}

function cutTo(pieces: readonly Piece[], range: Range | undefined): readonly Piece[] {
  return range === undefined ? pieces : within(pieces, range);
}

export function damaged(sha256: string): Problem {
  return new Problem('blob_damaged', `the file ${sha256} is damaged in the store`);
}
