/** What is shown of a rebuild's plan. */
import { type Static, Type } from 'typebox';
import { Arch, Name, Nullable } from './shapes.ts';

export const Plan = Type.Object({
  packages: Type.Integer(),
  edges: Type.Integer(),
  /** Each as one way round, with how it is broken. */
  cycles: Type.Array(
    Type.Object({
      packages: Type.Array(Name),
      way: Type.Array(Name),
      broken: Type.Union([Type.Literal('bootstrap'), Type.Literal('old'), Type.Literal('not')]),
    }),
  ),
  missing: Type.Array(
    Type.Object({ package: Name, arch: Arch, requirement: Type.String(), nearest: Nullable(Type.String()) }),
  ),
  /** On the fleet as it is, if it had nothing else to do; null where an architecture has no builder. */
  makespanSeconds: Nullable(Type.Number()),
  bound: Nullable(
    Type.Object({
      by: Type.Union([Type.Literal('path'), Type.Literal('work')]),
      pathSeconds: Type.Number(),
      workSeconds: Type.Number(),
    }),
  ),
  /** The longest chain, from its first to its last. */
  chain: Type.Array(Type.Object({ package: Name, seconds: Type.Number() })),
  /** Of how many packages no duration is known. */
  guessed: Type.Integer(),
});
export type Plan = Static<typeof Plan>;
