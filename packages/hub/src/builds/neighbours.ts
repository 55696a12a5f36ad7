/** What builds need of the room of repositories, which lies to the right of this one; wired in `hub/main.ts`. */
import type { TagFacts } from '../catalog/index.ts';
import type { Tx } from '../ledger/index.ts';

export interface Repositories {
  /** The catalogue change that a revision shows. */
  shows(tx: Tx, revision: number): Promise<number>;
  /** Whether a revision's files are still given. */
  given(tx: Tx, revision: number): Promise<boolean>;
  /** The revision that a build which starts now sees, or undefined while the tag has none. */
  current(tx: Tx, tag: TagFacts): Promise<number | undefined>;
  /**
   * Tasks that a build must wait for, where they have not ended yet: it is to see what was complete when it was
   * submitted, and a tag without a revision has nothing to see.
   */
  awaited(tx: Tx, tag: TagFacts): Promise<number[]>;
  /**
   * Where dnf finds a revision, and its state: the hash of its repomd.xml. Unlike a number it is never given again to
   * other content, not even by another hub at the same address, so builders may remember what they resolved from it.
   * `merged`: it has what external repositories bring, too.
   */
  address(
    tx: Tx,
    revision: number,
    arch: string,
  ): Promise<{ baseurl: string; state: string; merged: boolean }>;
  /** Tags have new content: each gets a new revision, and the build, if one did it, is told when it is in it. */
  request(
    tx: Tx,
    tags: readonly TagFacts[],
    change: number,
    build: number | null,
    actor: string,
  ): Promise<void>;
}
