/** What a repository that is shipped goes without. */

/** A build that is not shipped as it should be, since packages of it are not signed. */
export interface UnsignedBuild {
  nvr: string;
  package: string;
  /** What stands there instead; null: nothing. */
  instead: string | null;
  /** The first of its packages that is not signed, `name.arch`, and how many there are. */
  first: string;
  count: number;
}
