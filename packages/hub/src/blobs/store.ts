/**
 * Where blobs and the parts of uploads lie: six methods that a folder has today and an object store can have.
 *
 * Invariant: a blob that `open` gives has the content that its name says, because it was hashed on its way in and is
 * never written again; a part or blob is durable when the promise is kept.
 */
import type { Readable } from 'node:stream';

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
  /** @returns bytes, or undefined where there is no such blob */
  size(sha256: string): Promise<number | undefined>;
  /** Keeps bytes that the hub itself made. @returns their SHA-256 */
  put(content: Readable | Uint8Array): Promise<{ sha256: string; size: number }>;
}
