/**
 * The signatures of repomd.xml that a revision waits for.
 *
 * Invariant: a revision of a repository with a key is shown when every tree has its signature, in the transaction that
 * accepts the last of them; revisions are shown in the order of their numbers, and none is shown after a higher one.
 */
import { hint, type Tx, tell } from '../../ledger/index.ts';
import { showRevision } from '../queries.ts';
import { addSeal, findSealing, unsealedTrees } from './seal-queries.ts';

export interface WantedSeal {
  sha256: string;
  size: number;
  /** For people and for the signer's rules. */
  name: string;
  /** A key's name. */
  key: string;
  /** The tag of which the repository is. */
  tag: string;
}

/** Asks for a detached signature; wired in `hub/main.ts`, since signing lies to the right of this room. */
export type RequestSeal = (tx: Tx, wanted: WantedSeal, actor: string) => Promise<number>;

export interface SealEnd {
  /** Of the file that was to be signed. */
  sha256: string;
  signature: { sha256: string; size: number } | null;
  refused: { code: string; message: string } | null;
  task: number;
  actor: string;
}

/** One request for trees that are the same. */
export async function requestSeals(
  tx: Tx,
  request: RequestSeal,
  repo: { name: string; tag: string; key: string },
  revision: { id: number; number: number },
  actor: string,
): Promise<void> {
  for (const { sha256, size, tree } of await unsealedTrees(tx, revision.id)) {
    const name = `${repo.name}/${revision.number}/${tree}/repomd.xml`;
    await request(tx, { sha256, size, name, key: repo.key, tag: repo.tag }, actor);
  }
}

/** A file was signed, or will not be; files that are no repomd.xml are none of this room's business. */
export async function sealed(tx: Tx, end: SealEnd): Promise<void> {
  for (const one of await findSealing(tx, end.sha256)) {
    const told = { repo: one.name, number: one.number, tree: one.tree, task: end.task };
    if (end.signature === null) {
      tell(tx, {
        type: 'repo.seal-refused',
        subject: `repo:${one.name}`,
        actor: end.actor,
        cause: `task:${end.task}`,
        data: { ...told, refused: end.refused },
      });
      continue;
    }
    const left = await addSeal(tx, one.revision, one.tree, end.signature);
    if (left > 0) continue;
    await showRevision(tx, one.repo, one.revision);
    tell(tx, {
      type: 'repo.revision',
      subject: `repo:${one.name}`,
      actor: end.actor,
      cause: `task:${end.task}`,
      data: { repo: one.name, number: one.number, change: one.change },
    });
    hint(tx, 'repos');
  }
}
