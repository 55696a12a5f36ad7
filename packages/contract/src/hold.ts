/**
 * Holds: revisions of repositories that somebody works from and that do not expire meanwhile.
 *
 * Invariant: a hold has an end; who needs the revision for longer holds it again.
 */
import { type Static, Type } from 'typebox';
import { Id, Name, Time } from './shapes.ts';

/** A tag's build repository, which is called as the tag is, or one that is shipped. */
const Kind = Type.Union([Type.Literal('build'), Type.Literal('dist')]);
const Why = Type.String({ minLength: 1, maxLength: 1000 });

export const Hold = Type.Object({
  id: Id,
  kind: Kind,
  /** Of the repository. */
  name: Name,
  number: Type.Integer(),
  holder: Type.String(),
  why: Type.String(),
  since: Time,
  until: Time,
});
export type Hold = Static<typeof Hold>;

export const NewHold = Type.Object({
  kind: Kind,
  name: Name,
  number: Type.Integer({ minimum: 1, maximum: 2 ** 31 - 1 }),
  why: Why,
  /** From now; either this or `until`. */
  seconds: Type.Optional(Type.Integer({ minimum: 1, maximum: 366 * 86_400 })),
  until: Type.Optional(Type.String({ maxLength: 40, description: 'RFC 3339' })),
});
export type NewHold = Static<typeof NewHold>;
