/**
 * Signed copies that are kept.
 *
 * Invariant: a copy is written with the end of its pair, and only where the pair still waits and the package may still
 * be signed; so there is one at most, whoever brings it.
 */
import { insertBlob, type Piece } from '../blobs/index.ts';
import { type Tx, tell } from '../ledger/index.ts';
import type { KeyFacts } from './key-queries.ts';
import { endPairs, lockWaiting, wholeBuilds } from './queries.ts';

/** What the room of repositories makes of a signed copy. */
export interface SignedCopy {
  rpm: number;
  key: number;
  /** Where its front lies; it is followed by the unsigned file's rest. */
  front: Piece;
  sha256: string;
  size: number;
  headerStart: number;
  headerEnd: number;
}

export type SignedCopies = (tx: Tx, copy: SignedCopy) => Promise<void>;

/** Copies, and the blob that holds their fronts, which is written with the first of them. */
export interface Brought {
  blob: { sha256: string; size: number } | null;
  list: readonly Omit<SignedCopy, 'key'>[];
}

export interface Bringer {
  /** The worker that signed it, or who brought the signature. */
  signer: string;
  actor: string;
  cause?: string;
}

/** @returns the packages that have a copy by this */
export async function keepCopies(
  tx: Tx,
  add: SignedCopies,
  key: KeyFacts,
  { blob, list: copies }: Brought,
  { signer, actor, cause }: Bringer,
): Promise<number[]> {
  if (copies.length === 0 || key.state === 'revoked' || key.expired) return [];
  const byRpm = new Map(copies.map((one) => [one.rpm, one]));
  const waiting = (await lockWaiting(tx, key.id, [...byRpm.keys()])).filter((one) => one.signable);
  if (waiting.length > 0 && blob !== null) await insertBlob(tx, blob.sha256, blob.size);
  for (const { rpm } of waiting) {
    const copy = byRpm.get(rpm);
    if (copy !== undefined)
      await add(tx, {
        rpm,
        key: key.id,
        front: copy.front,
        sha256: copy.sha256,
        size: copy.size,
        headerStart: copy.headerStart,
        headerEnd: copy.headerEnd,
      });
  }
  const signed = waiting.map((one) => one.rpm);
  await endPairs(tx, key.id, signed, { state: 'signed', signer, failure: null });
  const builds = [...new Set(waiting.map((one) => one.build))];
  for (const { build, nvr, signed: count } of await wholeBuilds(tx, key.id, builds))
    tell(tx, {
      type: 'build.signed',
      subject: `build:${build}`,
      actor,
      build,
      ...(cause === undefined ? {} : { cause }),
      data: { nvr, key: key.name, rpms: count, signer },
    });
  return signed;
}
