/**
 * The signatures of repomd.xml that a revision waits for.
 *
 * Invariant: a revision of a repository with a key is shown when every tree has its signature, in the transaction that
 * accepts the last of them; revisions are shown in the order of their numbers, and none is shown after a higher one. What
 * a signer did not sign is asked for again, since nothing else would show the revision.
 */
import { hint, type Ledger, type Reader, type Tx, tell } from '../../ledger/index.ts';
import { showRevision } from '../queries.ts';
import { findDist } from './queries.ts';
import { addSeal, findSealing, noteSeal, unsealedAgain, unsealedTrees } from './seal-queries.ts';

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

/** Wired in `hub/main.ts`, since signing lies to the right of this room. */
export interface Sealer {
  /** Why nothing is signed with a key; null where it may sign. */
  trouble: (reader: Reader, key: string) => Promise<{ code: string; message: string } | null>;
  /** Asks for a detached signature. @returns the task */
  ask: (tx: Tx, wanted: WantedSeal, actor: string) => Promise<number>;
}

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
  sealer: Sealer,
  repo: { name: string; tag: string; key: string },
  revision: { id: number; number: number },
  actor: string,
): Promise<void> {
  for (const { sha256, size, tree } of await unsealedTrees(tx, revision.id)) {
    const name = `${repo.name}/${revision.number}/${tree}/repomd.xml`;
    const task = await sealer.ask(tx, { sha256, size, name, key: repo.key, tag: repo.tag }, actor);
    await noteSeal(tx, revision.id, sha256, task);
  }
}

/** Asks again for what was refused or failed a while ago, of revisions that would still be shown. */
export async function askForSealsAgain(ledger: Ledger, sealer: Sealer): Promise<void> {
  for (const { repo } of await unsealedAgain(ledger.read))
    await ledger.tx('repos.seal-again', async (tx) => {
      await findDist(tx, { id: repo }, true);
      for (const one of await unsealedAgain(tx, repo)) {
        if ((await sealer.trouble(tx, one.key)) !== null) continue;
        const name = `${one.name}/${one.number}/${one.tree}/repomd.xml`;
        const task = await sealer.ask(tx, { ...one, name }, 'hub');
        await noteSeal(tx, one.revision, one.sha256, task);
      }
    });
}

/** A file was signed, or will not be; files that are no repomd.xml are none of this room's business. */
export async function sealed(tx: Tx, end: SealEnd): Promise<void> {
  for (const one of await findSealing(tx, end.sha256, end.task)) {
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
    // A higher one may be shown by now.
    if (!(await showRevision(tx, one.repo, one.revision))) continue;
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
