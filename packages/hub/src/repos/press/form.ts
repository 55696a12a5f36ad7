/**
 * How the metadata of a tree is written.
 *
 * Invariant: beside its members nothing else decides what a run's bytes are, and its key tells two forms apart.
 */
import { type Compression, documentKinds, type ExtendedKind, extendedKinds } from '@moromi/repodata';
import type { Layout } from './member.ts';

export interface Form {
  layout: Layout;
  compression: Compression;
  /** In the order in which a run has them. */
  documents: readonly ExtendedKind[];
}

/** @param extended with the files' digests */
export function documentsListed(extended: boolean): readonly ExtendedKind[] {
  return extended ? extendedKinds : documentKinds;
}

/** The documents that a run was packed for. */
export function documentsIn({ sizes }: { sizes: readonly number[] }): readonly ExtendedKind[] {
  return documentsListed(sizes.length > documentKinds.length);
}
