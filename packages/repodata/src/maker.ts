/**
 * Makes the metadata of a repository: the interface behind which createrepo_c stands today.
 *
 * Invariant: the result is a function of the packages' names and content and of the revision, never of history, time,
 * machine, or whether `previous` was given.
 */

export interface MetadataOrder {
  /** A folder that holds `Packages/`, in it one file or link for each package. */
  dir: string;
  /** An empty folder; `repodata/` is made in it. */
  output: string;
  /** Number of the revision; it becomes the timestamps too, so they rise with it. */
  revision: number;
  /**
   * A folder with the `repodata/` of another revision. A package whose file name it knows is taken from there and its
   * file is not read: the caller answers for it that the content is the same.
   */
  previous?: string;
  /** Time for all of it, in milliseconds. */
  timeoutMs: number;
  /** Takes what the maker says, piece by piece. */
  say?: (text: string) => void;
}

export interface MetadataFile {
  /** `repomd.xml`, or a name that holds the file's checksum. */
  name: string;
  path: string;
}

export interface MetadataMaker {
  /** The files of `repodata/`, `repomd.xml` last. Throws `RepodataError` `maker_failed`, or the signal's reason. */
  make(order: MetadataOrder, signal: AbortSignal): Promise<MetadataFile[]>;
}
