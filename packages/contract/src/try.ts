/**
 * A change with its consequences: it and what needs it, built in a side tag, and what broke beside what was broken before.
 *
 * Invariant: nothing of a try is in a tag of anybody else before it is merged, and then all of it is.
 */
import { type Static, Type } from 'typebox';
import { BuildOptions } from './build.ts';
import { Bump } from './rebuild.ts';
import { Name, Nullable, Sha256 } from './shapes.ts';

export const NewTry = Type.Object({
  target: Name,
  /** What is tried: source packages that belong together. */
  sources: Type.Array(Type.Object({ sha256: Sha256, name: Type.String({ maxLength: 300 }) }), {
    minItems: 1,
    maxItems: 1000,
  }),
  /** 1: those that need it themselves; 2: also those that need them; null: however far. 1 where it is not said. */
  depth: Type.Optional(Nullable(Type.Integer({ minimum: 0, maximum: 1000 }))),
  /** How what needs it gets its new version; a suffix of the try's own to `%dist` where it is not said. */
  bump: Type.Optional(Bump),
  options: Type.Optional(BuildOptions),
  /** Only plan. */
  dryRun: Type.Optional(Type.Boolean()),
});
export type NewTry = Static<typeof NewTry>;
