/**
 * Mass rebuilds: everything of a list or a tag once more, in the order that its requirements ask for.
 *
 * Invariant: a rebuild is a batch whose items and order come of a plan; the plan is made by a worker from the very
 * repositories that the buildroots will see, and is kept.
 */
import { type Static, Type } from 'typebox';
import { OnFailure } from './batch.ts';
import { BuildOptions } from './build.ts';
import { Name, Sha256 } from './shapes.ts';

/** Breaks a cycle: built first `--with bootstrap`, in a side tag that is never released; then everything of it anew. */
export const Bootstrap = Type.Object({
  package: Name,
  /** What its bootstrap build does not need; where nothing is named, all of its own cycle. */
  drops: Type.Optional(Type.Array(Name, { maxItems: 1000 })),
});
export type Bootstrap = Static<typeof Bootstrap>;

/**
 * How a rebuild gets versions that are not there yet: `none` leaves them as they are, `dist` adds a suffix to `%dist`,
 * `release` raises the release in the spec, with a changelog entry (or what `%autorelease` counts).
 */
export const Bump = Type.Union([
  Type.Object({ how: Type.Literal('none') }),
  Type.Object({ how: Type.Literal('dist'), suffix: Type.String({ pattern: '^[A-Za-z0-9._+~^]{1,40}$' }) }),
  Type.Object({
    how: Type.Literal('release'),
    author: Type.String({ minLength: 3, maxLength: 200 }),
    text: Type.String({ minLength: 1, maxLength: 1000 }),
  }),
]);
export type Bump = Static<typeof Bump>;

export const NewRebuild = Type.Object({
  target: Name,
  /** The latest builds of this tag, inherited ones included… */
  tag: Type.Optional(Name),
  /** …of these packages only, where some are named. */
  packages: Type.Optional(Type.Array(Name, { minItems: 1, maxItems: 50_000 })),
  /** Or these source packages, which need not have been built before. */
  sources: Type.Optional(
    Type.Array(Type.Object({ sha256: Sha256, name: Type.String({ maxLength: 300 }) }), { maxItems: 50_000 }),
  ),
  bump: Type.Optional(Bump),
  bootstrap: Type.Optional(Type.Array(Bootstrap, { maxItems: 1000 })),
  /** What to do with a cycle that no bootstrap breaks: refuse it, or build its first against what is there today. */
  cycles: Type.Optional(Type.Union([Type.Literal('refuse'), Type.Literal('old')])),
  onFailure: Type.Optional(OnFailure),
  /** Into a side tag, to be merged at its end. */
  side: Type.Optional(Type.Boolean()),
  /** A package whose roots come out as they did is not built again; of a broken cycle everything is. */
  skipIdentical: Type.Optional(Type.Boolean()),
  options: Type.Optional(BuildOptions),
  /** Only plan. */
  dryRun: Type.Optional(Type.Boolean()),
});
export type NewRebuild = Static<typeof NewRebuild>;
