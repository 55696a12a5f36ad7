/**
 * Batches: several builds with an order among them.
 *
 * Invariant: an item begins when all that it needs is done and stands in the repository that its buildroot installs
 * from; until then it says what it waits for.
 */
import { type Static, Type } from 'typebox';
import { BuildOptions } from './build.ts';
import { Plan } from './plan.ts';
import { Failure, Id, Name, Nullable, Sha256, Time } from './shapes.ts';
import { Waiting } from './task.ts';
import { Verdict } from './verdict.ts';

export const BatchKind = Type.Union([
  Type.Literal('chain'),
  Type.Literal('batch'),
  Type.Literal('rebuild'),
  Type.Literal('try'),
]);
export type BatchKind = Static<typeof BatchKind>;

/**
 * `planning` waits for its plan, and `planned` is a plan that nobody wanted more of; `paused` begins nothing new, and
 * what runs goes on.
 */
export const BatchState = Type.Union([
  Type.Literal('planning'),
  Type.Literal('planned'),
  Type.Literal('running'),
  Type.Literal('paused'),
  Type.Literal('done'),
  Type.Literal('failed'),
  Type.Literal('canceled'),
]);
export type BatchState = Static<typeof BatchState>;

/** `held` needs something that failed. */
export const ItemState = Type.Union([
  Type.Literal('waiting'),
  Type.Literal('ready'),
  Type.Literal('building'),
  Type.Literal('done'),
  Type.Literal('failed'),
  Type.Literal('held'),
  Type.Literal('skipped'),
  Type.Literal('canceled'),
]);
export type ItemState = Static<typeof ItemState>;

/** What becomes of those that need a build that failed: they are held until it is done, or go on with what there is. */
export const OnFailure = Type.Union([Type.Literal('hold'), Type.Literal('go-on')]);
export type OnFailure = Static<typeof OnFailure>;

export const BatchSource = Type.Object({
  sha256: Sha256,
  name: Type.String({ maxLength: 300 }),
  options: Type.Optional(BuildOptions),
});

export const NewBatch = Type.Object({
  kind: Type.Union([Type.Literal('chain'), Type.Literal('batch')]),
  /** Each source is built in each. */
  targets: Type.Array(Name, { minItems: 1, maxItems: 20 }),
  /** One group after the other in a chain; all at once in a batch that is parallel. */
  groups: Type.Array(Type.Array(BatchSource, { minItems: 1, maxItems: 5000 }), {
    minItems: 1,
    maxItems: 500,
  }),
  /** The groups have no order. */
  parallel: Type.Optional(Type.Boolean()),
  /** The next group waits for the group before it in all targets, not only in its own. */
  together: Type.Optional(Type.Boolean()),
  onFailure: Type.Optional(OnFailure),
  options: Type.Optional(BuildOptions),
});
export type NewBatch = Static<typeof NewBatch>;

export const BatchItem = Type.Object({
  id: Id,
  label: Type.String(),
  target: Name,
  /**
   * Of a cycle: `bootstrap`, the build that breaks it or stands on that, or `clean`, the one after it that is released.
   * Of a try: `change`, what is tried, or `baseline`, a scratch build without it of what failed with it.
   */
  stage: Type.Union([
    Type.Literal('usual'),
    Type.Literal('bootstrap'),
    Type.Literal('clean'),
    Type.Literal('change'),
    Type.Literal('baseline'),
  ]),
  state: ItemState,
  build: Nullable(Id),
  needs: Type.Array(Id, { description: 'items that must be done before' }),
  /** Of a waiting or held item: those of its needs that are not done. */
  blockedBy: Type.Array(Id),
  failure: Nullable(Failure),
});
export type BatchItem = Static<typeof BatchItem>;

export const Batch = Type.Object({
  id: Id,
  kind: BatchKind,
  owner: Type.String(),
  state: BatchState,
  targets: Type.Array(Name),
  onFailure: OnFailure,
  counts: Type.Record(Type.String(), Type.Integer(), { description: 'items by state' }),
  /** Why nothing of it runs; null while something does, and once it is over. */
  waiting: Nullable(Waiting),
  /** When it is expected to be over; null where nobody can say. */
  estimate: Nullable(Time),
  /** Of a rebuild into a side tag. */
  sideTag: Nullable(Name),
  failure: Nullable(Failure),
  createdAt: Time,
  endedAt: Nullable(Time),
  url: Type.String(),
});
export type Batch = Static<typeof Batch>;

export const BatchDetail = Type.Intersect([
  Batch,
  Type.Object({
    items: Type.Array(BatchItem),
    plan: Nullable(Plan),
    /** Of a try, once all its builds have ended. */
    verdict: Nullable(Verdict),
  }),
]);
export type BatchDetail = Static<typeof BatchDetail>;
