/**
 * The git catalogue: platforms, flavours and tags' settings that a git repository says.
 *
 * Invariant: one commit as a whole is in force, or none; what a commit says wrongly leaves the one before in force.
 */
import { type Static, Type } from 'typebox';
import { Name, Nullable, Time } from './shapes.ts';

export const CatalogueSource = Type.Object({
  /** Over https, ssh or file. */
  url: Type.String({
    pattern: '^(https://[A-Za-z0-9[]|ssh://[A-Za-z0-9[]|file:///)[\\x21-\\x7e]*$',
    maxLength: 2000,
  }),
  branch: Type.Optional(
    Type.String({ pattern: '^[A-Za-z0-9_][A-Za-z0-9_+-]*([./][A-Za-z0-9_+-]+)*$', maxLength: 200 }),
  ),
  /** Below which its files are; all of the repository where it is empty. */
  folder: Type.Optional(Type.String({ pattern: '^([A-Za-z0-9_-][A-Za-z0-9_.-]*/?)*$', maxLength: 500 })),
  /** How often it is looked at; 0: with sync-catalogue alone. */
  everyMinutes: Type.Optional(Type.Integer({ minimum: 0, maximum: 100_000 })),
});
export type CatalogueSource = Static<typeof CatalogueSource>;

export const CatalogueDifference = Type.Object({
  kind: Type.Union([Type.Literal('platform'), Type.Literal('flavour'), Type.Literal('tag')]),
  name: Name,
  what: Type.Union([Type.Literal('added'), Type.Literal('edited'), Type.Literal('removed')]),
  /** Of what is edited, which of its words. */
  keys: Type.Array(Type.String()),
});
export type CatalogueDifference = Static<typeof CatalogueDifference>;

export const CatalogueSynced = Type.Object({
  commit: Type.String(),
  /** Null where nothing had to change, or was to. */
  change: Nullable(Type.Integer()),
  differences: Type.Array(CatalogueDifference),
});
export type CatalogueSynced = Static<typeof CatalogueSynced>;

export const CatalogueInfo = Type.Object({
  /** Without anybody's password. Null: there is no git catalogue. */
  url: Nullable(Type.String()),
  branch: Type.String(),
  folder: Type.String(),
  everyMinutes: Type.Integer(),
  /** The one in force. */
  commit: Nullable(Type.String()),
  change: Nullable(Type.Integer()),
  appliedAt: Nullable(Time),
  lookedAt: Nullable(Time),
  nextAt: Nullable(Time),
  trouble: Nullable(
    Type.Object({
      code: Type.String(),
      message: Type.String(),
      commit: Nullable(Type.String()),
      since: Time,
    }),
  ),
  platforms: Type.Array(Name),
  flavours: Type.Array(Name),
  tags: Type.Array(Name),
});
export type CatalogueInfo = Static<typeof CatalogueInfo>;
