/** What composing works with, and the files that it makes. */
import type { BlobStore, Piece } from '../../blobs/index.ts';
import type { TreeRecord } from '../../externals/index.ts';
import type { Reader } from '../../ledger/index.ts';
import type { Hands } from './hands.ts';
import type { RunCache } from './run-cache.ts';

/** What a store must have for composing: its blobs as files. */
export type FileStore = BlobStore & { path(sha256: string): string };

export interface Workshop {
  reader: Reader;
  store: FileStore;
  hands: Hands;
  cache: RunCache;
}

export interface MadeFile {
  name: string;
  sha256: string;
  size: number;
  /** Where it is joined from others. */
  pieces?: Piece[];
}

/** A group list, modules, advisories. */
export interface MadeRecord extends TreeRecord {
  /** Says only of packages that the tree has: advisories. */
  narrow?: boolean;
}
