/**
 * The hub's store: what goes out of it, and whether it is still whole.
 *
 * Invariant: what is told of files that go is told the same whether they really go or not.
 */
import { type Static, Type } from 'typebox';
import { Count, Nullable, Sha256, Size, Time } from './shapes.ts';

const Amount = Type.Object({ blobs: Count, bytes: Size });

export const Collected = Type.Object({
  /** Nothing names them and nobody wants them: on their way out from now on; or, when only asked, they would be. */
  condemned: Amount,
  /** On their way out since before. */
  waiting: Amount,
  deleted: Amount,
  /** Files that the ledger does not know, left by a crash. */
  strays: Amount,
});
export type Collected = Static<typeof Collected>;

export const ScrubStatus = Type.Object({
  /** Null before the first round. */
  round: Nullable(
    Type.Object({
      beganAt: Time,
      endedAt: Nullable(Time),
      /** Read in this round. */
      read: Amount,
      left: Amount,
      /** Somebody wanted it at once. */
      asked: Type.Boolean(),
    }),
  ),
  /** The first hundred. */
  damaged: Type.Array(
    Type.Object({
      sha256: Sha256,
      size: Size,
      damage: Type.Union([Type.Literal('missing'), Type.Literal('size'), Type.Literal('content')]),
      damagedAt: Time,
      partOf: Type.Array(Type.String()),
    }),
  ),
});
export type ScrubStatus = Static<typeof ScrubStatus>;
