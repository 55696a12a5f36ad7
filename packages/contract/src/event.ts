/**
 * Events: what changed, in one order that all readers share.
 *
 * Invariant: `seq` has no gaps and a later-committed event never appears before a seq that a reader has passed.
 */
import { type Static, Type } from 'typebox';
import { Nullable, Time } from './shapes.ts';

export const EventEnvelope = Type.Object({
  seq: Type.Integer(),
  /** What kind of change: `task.leased`, `build.complete`, `tag.build-added`. */
  type: Type.String(),
  /** What it is about: `task:12`. */
  subject: Type.String(),
  /** The subject's own version: rises by one with each of its events. */
  version: Type.Integer(),
  schema: Type.Integer(),
  actor: Type.String(),
  /** What led to it: `task:11`, a request. */
  cause: Nullable(Type.String()),
  build: Nullable(Type.Integer()),
  time: Time,
  data: Type.Record(Type.String(), Type.Unknown()),
});
export type EventEnvelope = Static<typeof EventEnvelope>;
