/**
 * Holds: revisions that somebody works from, as a compose or a long signing does.
 *
 * Invariant: a revision that is held does not expire before the hold ends, and a hold of one that has expired is
 * refused. A hold stops nobody: builds go on, and so do newer revisions.
 */
import { Problem } from '@moromi/contract';
import { type Ledger, type Tx, tell } from '../../ledger/index.ts';
import {
  deleteHold,
  endedHolds,
  findHold,
  findRevision,
  type HoldFacts,
  insertHold,
} from './hold-queries.ts';
import { isGiven, lockRepo } from './queries.ts';

export interface WantedHold {
  kind: 'build' | 'dist';
  /** Of the repository; that of a tag is called as the tag is. */
  name: string;
  number: number;
  why: string;
  /** How long, from now. */
  seconds: number;
}

export async function hold(
  tx: Tx,
  { kind, name, number, why, seconds }: WantedHold,
  holder: string,
): Promise<HoldFacts> {
  const revision = await findRevision(tx, kind, name, number);
  if (revision === undefined)
    throw new Problem(
      'unknown_revision',
      kind === 'build'
        ? `there is no revision ${number} of the build repository of ${name}`
        : `no repository ${name} that is shipped has a revision ${number}`,
    );
  // As those do who let revisions expire.
  await lockRepo(tx, revision.repo);
  if (!(await isGiven(tx, revision.id)))
    throw new Problem('unknown_revision', `revision ${number} of ${name} has expired`);
  const id = await insertHold(tx, { revision: revision.id, holder, why, seconds });
  const made = await requireHold(tx, id);
  told(tx, 'repo.held', made, holder);
  return made;
}

export async function release(tx: Tx, id: number, actor: string): Promise<HoldFacts> {
  const found = await requireHold(tx, id);
  if (!(await deleteHold(tx, id))) throw new Problem('unknown_hold');
  told(tx, 'repo.released', found, actor);
  return found;
}

export async function sweepHolds(ledger: Ledger): Promise<void> {
  const ended = await endedHolds(ledger.read, 100);
  if (ended.length === 0) return;
  await ledger.tx('repos.holds', async (tx) => {
    for (const one of ended) if (await deleteHold(tx, one.id)) told(tx, 'repo.hold-ended', one, 'hub');
  });
}

async function requireHold(tx: Tx, id: number): Promise<HoldFacts> {
  const found = await findHold(tx, id);
  if (found === undefined) throw new Problem('unknown_hold', `there is no hold ${id}`);
  return found;
}

function told(
  tx: Tx,
  type: string,
  { id, name, number, holder, why, until }: HoldFacts,
  actor: string,
): void {
  tell(tx, {
    type,
    subject: `repo:${name}`,
    actor,
    data: { hold: id, number, holder, why, until: until.toISOString() },
  });
}
