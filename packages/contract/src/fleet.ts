/**
 * What bounds the fleet's work: quotas and pauses; and its figures.
 */
import { type Static, Type } from 'typebox';
import { Name, Nullable, Time } from './shapes.ts';

/** Tasks that an owner, or a tag, may have running at once. */
export const Quota = Type.Object({
  subject: Type.Union([Type.Literal('owner'), Type.Literal('tag')]),
  name: Name,
  tasks: Type.Integer({ minimum: 1, maximum: 100_000 }),
  running: Type.Integer(),
});
export type Quota = Static<typeof Quota>;
export const NewQuota = Type.Object({
  subject: Quota.properties.subject,
  name: Name,
  /** null: none. */
  tasks: Nullable(Quota.properties.tasks),
});

/** What begins no builds now. */
export const Pause = Type.Object({
  tag: Nullable(Name),
  reason: Type.String(),
  actor: Type.String(),
  at: Time,
});
export type Pause = Static<typeof Pause>;
export const NewPause = Type.Object({
  /** null: the whole system. */
  tag: Nullable(Name),
  paused: Type.Boolean(),
  reason: Type.Optional(Type.String({ maxLength: 500 })),
});

/** Tasks of a kind and architecture, and who is there for them. */
export const QueueFigures = Type.Object({
  kind: Type.String(),
  arch: Nullable(Type.String()),
  channel: Type.String(),
  /** Free, and nothing but a worker is lacking. */
  ready: Type.Integer(),
  /** Free, and wait for other tasks or for a time. */
  held: Type.Integer(),
  running: Type.Integer(),
  /** Enabled workers that are online and take such tasks. */
  workers: Type.Integer(),
  /** Slots of those that are free now. */
  watchers: Type.Integer(),
  oldest: Nullable(Time),
});
export type QueueFigures = Static<typeof QueueFigures>;
