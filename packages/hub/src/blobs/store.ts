/**
 * Where blobs and the parts of uploads lie: methods that a folder has today and an object store can have.
 *
 * Invariant: a blob that `open` gives has the content that its name says, because it was hashed on its way in and is
 * never written again; a part or blob is durable when the promise is kept.
 */
import type { Readable } from 'node:stream';
import type { Damage } from './verify.ts';

export interface Range {
  /** First byte. */
  start: number;
  /** Last byte, inclusive. */
  end: number;
}

export interface StoredPart {
  part: number;
  size: number;
  sha256: string;
}

export interface StoredFile {
  sha256: string;
  /** Bytes. */
  size: number;
}

/** A blob that is open for reading anywhere in it. */
export interface BlobHandle {
  /** Reads into the buffer's beginning. @returns bytes, 0 at the end */
  read(buffer: Buffer, length: number, position: number): Promise<number>;
  close(): Promise<void>;
}

export interface BlobStore {
  /** Keeps a part; throws `part_damaged` where hash or size are not as said, `storage_full` where nothing fits. */
  putPart(
    upload: string,
    part: number,
    sha256: string,
    limit: number,
    content: Readable,
  ): Promise<{ size: number }>;
  /** Joins the parts, in order, to a blob; throws `hash_mismatch` where it is not the one that was announced. */
  join(upload: string, parts: StoredPart[], sha256: string, size: number): Promise<void>;
  dropUpload(upload: string): Promise<void>;
  open(sha256: string, range?: Range): Promise<Readable>;
  /** Throws `unknown_blob` where there is none. */
  handle(sha256: string): Promise<BlobHandle>;
  /** @returns bytes, or undefined where there is no such blob */
  size(sha256: string): Promise<number | undefined>;
  /** Keeps bytes that the hub itself made. @returns their SHA-256 */
  put(content: Readable | Uint8Array): Promise<{ sha256: string; size: number }>;
  /** Removes blobs that nobody has put for so long. @returns those that are there no more, with the bytes that went */
  remove(list: readonly string[], idleMs: number): Promise<StoredFile[]>;
  /** Blobs that nobody has put for so long. @param prefix the first two digits of their hashes */
  idle(prefix: string, idleMs: number): Promise<StoredFile[]>;
  /** Removes what a crash left half written, once nobody can be writing it any more. */
  removeHalves(): Promise<void>;
  /**
   * Reads a blob; what is not what its name says is taken out of everybody's way.
   * @param pace called with the bytes that were read; it says how fast. @returns null where it is whole
   */
  verify(sha256: string, size: number, pace: (bytes: number) => Promise<void>): Promise<Damage | null>;
}
