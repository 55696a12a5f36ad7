/**
 * Workers: enrolment, what they offer, claims and heartbeats.
 *
 * Invariant: a claim is named by (worker, slot, nonce); repeating it at any hub returns the same lease.
 */
import { type Static, Type } from 'typebox';
import { Arch, AttemptNumber, Failure, Id, Name, Nullable, Time } from './shapes.ts';
import { Fingerprint } from './signing.ts';
import { Lease, TaskKind } from './task.ts';

/** What the scheduler holds a task's needs against; 0 where the worker does not know. */
export const MachineFacts = Type.Object({
  cores: Type.Integer({ minimum: 0, maximum: 100_000 }),
  memoryMb: Type.Integer({ minimum: 0, maximum: 2 ** 31 - 1 }),
  /** Free below its home when it started, or when it was asked to look again. */
  diskMb: Type.Integer({ minimum: 0, maximum: 2 ** 31 - 1 }),
  /** The x86-64 level, 1 to 4. */
  cpuLevel: Type.Integer({ minimum: 0, maximum: 4 }),
});

export const WorkerOffer = Type.Object({
  arches: Type.Array(Arch, { maxItems: 32 }),
  kinds: Type.Array(TaskKind),
  slots: Type.Integer({ minimum: 1, maximum: 256 }),
  version: Type.String({ maxLength: 64 }),
  driver: Type.String({ maxLength: 32 }),
  /** What the driver found out about the machine, for people. */
  host: Type.Record(Type.String(), Type.Unknown()),
  machine: Type.Optional(MachineFacts),
  /** Fingerprints of the keys that it signs with. */
  keys: Type.Optional(Type.Array(Fingerprint, { maxItems: 200 })),
});
export type WorkerOffer = Static<typeof WorkerOffer>;

/** Why a worker takes nothing now: `disk_low`, `memory_low`, `clock_off`, `driver_broken`, `stop_file`. */
export const Unfit = Type.Object({
  code: Type.String({ pattern: '^[a-z_]{1,40}$' }),
  reason: Type.String({ maxLength: 500 }),
});
export type Unfit = Static<typeof Unfit>;

/** What a worker says when it was asked to look at itself and its settings again. */
export const RefreshAnswer = Type.Object({
  /** The newest ask of which it had heard when it began to look. */
  ask: Type.Integer({ minimum: 1, maximum: 2 ** 31 - 1 }),
  /** Why it keeps what it offered before; null: it offers what its settings and its machine say now. */
  problem: Nullable(Type.String({ maxLength: 1000 })),
  /** Settings that have changed and that only a restart brings. */
  restart: Type.Array(Type.String({ maxLength: 64 }), { maxItems: 32 }),
  /** What its checks have just found. */
  unfit: Nullable(Unfit),
});
export type RefreshAnswer = Static<typeof RefreshAnswer>;

/** What a worker tells of itself: when it starts, and whenever it was asked. */
export const ToldOffer = Type.Object({
  ...WorkerOffer.properties,
  answer: Type.Optional(RefreshAnswer),
});
export type ToldOffer = Static<typeof ToldOffer>;

export const Enrolment = Type.Object({ name: Name, offer: WorkerOffer });
export type Enrolment = Static<typeof Enrolment>;
export const Enrolled = Type.Object({ name: Name, token: Type.String({ description: 'shown once' }) });

/**
 * What people have decided about a worker. `disabled` and `draining` take nothing new and finish what they have;
 * `quarantined` has lost what it had as well; `aside` is what the hub does to one on which builds fail that are sound.
 */
export const WorkerStanding = Type.Union([
  Type.Literal('enabled'),
  Type.Literal('disabled'),
  Type.Literal('draining'),
  Type.Literal('quarantined'),
  Type.Literal('aside'),
]);
export type WorkerStanding = Static<typeof WorkerStanding>;

export const Globs = Type.Array(Type.String({ pattern: '^[A-Za-z0-9._+*?-]+$', maxLength: 200 }), {
  maxItems: 500,
});
export const Channel = Name;

export const WorkerInfo = Type.Object({
  name: Name,
  offer: WorkerOffer,
  /** `online` when heard of within a lease's time. */
  state: Type.Union([Type.Literal('online'), Type.Literal('away')]),
  standing: WorkerStanding,
  standingReason: Nullable(Type.String()),
  standingBy: Nullable(Type.String()),
  standingAt: Nullable(Time),
  /** Why it gets nothing whatever there is, in a phrase; null where it may. */
  idle: Nullable(Type.String()),
  unfit: Nullable(Unfit),
  clockAhead: Nullable(Type.Number({ description: "seconds by which its clock is ahead of the hub's" })),
  channels: Type.Array(Channel),
  excludes: Type.Array(Type.String()),
  capacity: Type.Number({ description: 'weight that it carries at once' }),
  speed: Type.Number({ description: 'learned: 2 is twice as fast as is usual' }),
  /** Tasks that failed on it in a row and not for their own sake. */
  troubles: Type.Array(Type.Object({ task: Id, code: Type.String() })),
  enrolledAt: Time,
  lastSeenAt: Nullable(Time),
  tasks: Type.Array(Id),
  refresh: Type.Optional(
    Type.Object({
      asked: Type.Integer({ description: 'how often it was asked to look at itself again' }),
      done: Type.Integer({ description: 'the newest of these asks that it has answered' }),
      problem: Nullable(Type.String({ description: 'why it keeps what it offered before' })),
      restart: Type.Array(Type.String({ description: 'a setting that has changed and needs a restart' })),
    }),
  ),
});
export type WorkerInfo = Static<typeof WorkerInfo>;

export const WorkerEdit = Type.Object({
  channels: Type.Optional(Type.Array(Channel, { minItems: 1, maxItems: 50 })),
  excludes: Type.Optional(Globs),
  /** null: its slots. */
  capacity: Type.Optional(Nullable(Type.Number({ exclusiveMinimum: 0, maximum: 10_000 }))),
});

/** Asks workers to look at themselves and their settings again. */
export const RefreshAsk = Type.Object({
  /** All that are enrolled where none are said. */
  workers: Type.Optional(Type.Array(Name, { minItems: 1, maxItems: 1000 })),
});
export type RefreshAsk = Static<typeof RefreshAsk>;

export const NewStanding = Type.Object({
  standing: Type.Union([
    Type.Literal('enabled'),
    Type.Literal('disabled'),
    Type.Literal('draining'),
    Type.Literal('quarantined'),
  ]),
  reason: Type.Optional(Type.String({ maxLength: 500 })),
});

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
  /** Why it takes nothing now; null: it does. Where it is not said, what was said last holds. */
  unfit: Type.Optional(Nullable(Unfit)),
  /** Its own time; the ledger's alone decides anything. */
  clock: Type.Optional(
    Type.String({ pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d{1,9})?Z$' }),
  ),
});
export type Heartbeat = Static<typeof Heartbeat>;
export const HeartbeatReply = Type.Object({
  held: Type.Array(Id),
  /** Stop these at once and clean up. */
  lost: Type.Array(Type.Object({ task: Id, why: Type.String() })),
  /** Grows when the worker should look at itself and its settings again and tell what it offers. */
  refresh: Type.Optional(Type.Integer()),
});
export type HeartbeatReply = Static<typeof HeartbeatReply>;

/** Asks to be told at once when one of these is no longer its own, or when its standing changes. */
export const Watch = Type.Object({
  tasks: Type.Array(HeldTask, { maxItems: 256 }),
  standing: WorkerStanding,
  waitSeconds: Type.Integer({ minimum: 0, maximum: 25 }),
});
export const WatchReply = Type.Object({
  lost: Type.Array(Type.Object({ task: Id, why: Type.String() })),
  standing: WorkerStanding,
});

/** Gives tasks back: no attempt is used up and others may have them at once. */
export const Release = Type.Object({
  tasks: Type.Array(HeldTask, { maxItems: 256 }),
  reason: Type.String({ maxLength: 500 }),
  failure: Type.Optional(Failure),
  /** This worker should not get them again: `hard` until somebody changes something, otherwise for a while. */
  refusal: Type.Optional(Type.Object({ hard: Type.Boolean(), reason: Type.String({ maxLength: 500 }) })),
});
export type Release = Static<typeof Release>;
