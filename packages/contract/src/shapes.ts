/**
 * Small shapes that many schemas share.
 *
 * Invariant: times are RFC 3339 strings in UTC, ids are positive integers that fit a double, sizes are bytes.
 */
import { type Static, type TSchema, Type } from 'typebox';

export const Id = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER });
/** Offsets and sequence numbers: what a double holds exactly. */
export const Count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
/** The fence; the ledger keeps it in 32 bits. */
export const AttemptNumber = Type.Integer({ minimum: 1, maximum: 2 ** 31 - 1 });
export const Time = Type.String({ description: 'RFC 3339, UTC' });
export const Size = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description: 'bytes' });
export const Sha256 = Type.String({
  pattern: '^[0-9a-f]{64}$',
  description: 'a SHA-256: 64 digits of 0-9a-f',
});
/**
 * Names of tags, targets, workers and packages: what can stand in a path and a file name without quoting. A description
 * goes on from "is not", for people whose word does not fit the pattern.
 */
export const Name = Type.String({
  pattern: '^[A-Za-z0-9][A-Za-z0-9._+~^-]*$',
  maxLength: 200,
  description: 'a name: letters, digits and ._+~^- with a letter or digit first',
});
export const Arch = Type.String({
  pattern: '^[a-z0-9_]+$',
  maxLength: 32,
  description: 'an architecture: small letters, digits and _',
});
/** One file name without a folder. */
export const FileName = Type.String({
  pattern: '^[A-Za-z0-9_][A-Za-z0-9._+~^-]*$',
  maxLength: 255,
  description: 'a file name: letters, digits and ._+~^- with a letter, digit or _ first',
});
/** RPM macros, names without `%`; rpm takes none shorter than three characters. */
export const Macros = Type.Record(Type.String(), Type.String({ maxLength: 4000 }), {
  propertyNames: {
    type: 'string',
    pattern: '^[A-Za-z_][A-Za-z0-9_]{2,}$',
    description: 'the name of a macro: three letters, digits or _ at least, without %',
  },
});
/** Lower is sooner, strictly. `--now` is 10, normal 20, `--background` 30. */
export const Priority = Type.Integer({ minimum: 0, maximum: 100 });
export const Nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
export const Page = <T extends TSchema>(item: T) =>
  Type.Object({
    items: Type.Array(item),
    next: Nullable(Type.String({ description: 'cursor of the next page' })),
  });
export const PageQuery = {
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, default: 50 })),
  cursor: Type.Optional(Type.String({ maxLength: 200 })),
};
/** How many of a repository's newest revisions stay. */
export const KeepRevisions = Type.Integer({ minimum: 1, maximum: 100_000 });
/** For how long a superseded revision stays: ten years at most. */
export const KeepHours = Type.Integer({ minimum: 0, maximum: 87_600 });
export const Nothing = Type.Object({});
export type Nothing = Static<typeof Nothing>;

/** Why something failed, for people and programs. */
export const Failure = Type.Object({
  code: Type.String({ maxLength: 64 }),
  message: Type.String({ maxLength: 4000 }),
  fault: Type.Union([
    Type.Literal('package'),
    Type.Literal('infrastructure'),
    Type.Literal('excluded'),
    Type.Literal('canceled'),
  ]),
  excerpt: Type.Optional(Type.String({ maxLength: 4000 })),
});
export type Failure = Static<typeof Failure>;

export const TaskState = Type.Union([
  Type.Literal('free'),
  Type.Literal('leased'),
  Type.Literal('done'),
  Type.Literal('failed'),
  Type.Literal('canceled'),
  Type.Literal('excluded'),
]);
export type TaskState = Static<typeof TaskState>;
