/** What a try has found out. */
import { type Static, Type } from 'typebox';
import { Failure, Id, Name, Nullable } from './shapes.ts';
import { ClosureResult } from './task.ts';

/** A package whose build failed in a try. */
export const Broken = Type.Object({
  package: Name,
  /** null: it could not begin. */
  build: Nullable(Id),
  /** The scratch build without the change. */
  baseline: Nullable(Id),
  failure: Nullable(Failure),
});
export type Broken = Static<typeof Broken>;

export const Verdict = Type.Object({
  /** Nothing is broken that was not broken before. */
  good: Type.Boolean(),
  /** What is tried itself does not build. */
  changes: Type.Array(Broken),
  /** Builds without the change and not with it. */
  broke: Type.Array(Broken),
  /** Does not build without the change either. */
  brokeBefore: Type.Array(Broken),
  /** Nobody can say: canceled, never begun, or failed for reasons that are not the package's own. */
  unclear: Type.Array(Broken),
  /** null where it was not looked at, because what is tried does not build. */
  closure: Nullable(ClosureResult),
});
export type Verdict = Static<typeof Verdict>;
