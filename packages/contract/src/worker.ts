/**
 * Workers: enrolment, what they offer, claims and heartbeats.
 *
 * Invariant: a claim is named by (worker, slot, nonce); repeating it at any hub returns the same lease.
 */
import { type Static, Type } from 'typebox';
import { Arch, AttemptNumber, Failure, Id, Name, Nullable, Time } from './shapes.ts';
import { Lease, TaskKind } from './task.ts';

export const WorkerOffer = Type.Object({
  arches: Type.Array(Arch, { maxItems: 32 }),
  kinds: Type.Array(TaskKind),
  slots: Type.Integer({ minimum: 1, maximum: 256 }),
  version: Type.String({ maxLength: 64 }),
  driver: Type.String({ maxLength: 32 }),
  /** What the driver found out about the machine, for people. */
  host: Type.Record(Type.String(), Type.Unknown()),
});
export type WorkerOffer = Static<typeof WorkerOffer>;

export const Enrolment = Type.Object({ name: Name, offer: WorkerOffer });
export type Enrolment = Static<typeof Enrolment>;
export const Enrolled = Type.Object({ name: Name, token: Type.String({ description: 'shown once' }) });

export const WorkerInfo = Type.Object({
  name: Name,
  offer: WorkerOffer,
  /** `online` when heard of within a lease's time. */
  state: Type.Union([Type.Literal('online'), Type.Literal('away')]),
  enabled: Type.Boolean(),
  lastSeenAt: Nullable(Time),
  tasks: Type.Array(Id),
});
export type WorkerInfo = Static<typeof WorkerInfo>;

export const Claim = Type.Object({
  slot: Type.Integer({ minimum: 0, maximum: 255 }),
  nonce: Type.String({ pattern: '^[A-Za-z0-9_-]{8,64}$' }),
  kinds: Type.Array(TaskKind, { minItems: 1 }),
  arches: Type.Array(Arch, { maxItems: 32 }),
  waitSeconds: Type.Integer({ minimum: 0, maximum: 25 }),
});
export type Claim = Static<typeof Claim>;
export const ClaimReply = Type.Object({ lease: Nullable(Lease) });

const HeldTask = Type.Object({ task: Id, attempt: AttemptNumber });

/** One message for all tasks of a worker: it renews each lease and learns which are no longer its own. */
export const Heartbeat = Type.Object({
  tasks: Type.Array(HeldTask, { maxItems: 256 }),
  /** The worker takes no more work and will leave. */
  leaving: Type.Optional(Type.Boolean()),
});
export type Heartbeat = Static<typeof Heartbeat>;
export const HeartbeatReply = Type.Object({
  held: Type.Array(Id),
  /** Stop these at once and clean up. */
  lost: Type.Array(Type.Object({ task: Id, why: Type.String() })),
});
export type HeartbeatReply = Static<typeof HeartbeatReply>;

/** Gives tasks back: no attempt is used up and others may have them at once. */
export const Release = Type.Object({
  tasks: Type.Array(HeldTask, { maxItems: 256 }),
  reason: Type.String({ maxLength: 500 }),
  failure: Type.Optional(Failure),
});
export type Release = Static<typeof Release>;
