/**
 * Tags and targets.
 *
 * Invariant: what a tag held at catalogue change N never changes; each reply names the change it shows.
 */
import { type Static, Type } from 'typebox';
import { Hold } from './hold.ts';
import { Arch, Count, Id, Name, Nullable, Time } from './shapes.ts';
import { SettingsEdit, TagSettings } from './tag-settings.ts';

/** What comes through a link of inheritance, and how far. */
const linkTerms = {
  /** How many links may follow; null: any number. */
  maxdepth: Type.Optional(Nullable(Type.Integer({ minimum: 0, maximum: 1000 }))),
  /** It counts only where the tag that looks has it itself. */
  intransitive: Type.Optional(Type.Boolean()),
  /** Builds and package lists come through, settings do not. */
  noconfig: Type.Optional(Type.Boolean()),
  /** A regular expression (RE2) that names of packages must match from their beginning; null: all come through. */
  pkgFilter: Type.Optional(Nullable(Type.String({ minLength: 1, maxLength: 500 }))),
};

/** Lower priorities first. */
const LinkPriority = Type.Integer({ minimum: 0, maximum: 10_000 });

export const Inheritance = Type.Object({ parent: Name, priority: LinkPriority, ...linkTerms });
export type Inheritance = Static<typeof Inheritance>;

/** Changes only what it names. */
export const InheritanceEdit = Type.Object({
  priority: Type.Optional(LinkPriority),
  ...linkTerms,
  force: Type.Optional(Type.Boolean()),
});
export type InheritanceEdit = Static<typeof InheritanceEdit>;

/** One stop on the way through a tag's ancestors, in the order in which they are looked at. */
export const InheritanceStop = Type.Object({
  tag: Name,
  /** Links from the tag that looks; 0 for itself. */
  depth: Type.Integer(),
  /** Of the last link. */
  priority: Nullable(Type.Integer()),
  maxdepth: Nullable(Type.Integer()),
  intransitive: Type.Boolean(),
  noconfig: Type.Boolean(),
  pkgFilter: Nullable(Type.String()),
  /** Of the whole way: what names of packages must match, and whether settings come through. */
  filters: Type.Array(Type.String()),
  givesSettings: Type.Boolean(),
});

export const NewTag = Type.Object({
  name: Name,
  inherits: Type.Optional(Type.Array(Inheritance, { maxItems: 50 })),
  settings: Type.Optional(Type.Partial(TagSettings)),
});
export type NewTag = Static<typeof NewTag>;

/** Changes only what it names; null gives a setting back to the tag's parents. */
export const TagEdit = Type.Object({
  settings: SettingsEdit,
  /** The change at which whoever edits has looked: refused where the tag itself was edited after it. */
  seen: Type.Optional(Count),
});

export const Tag = Type.Object({
  name: Name,
  inherits: Type.Array(Inheritance),
  settings: TagSettings,
  change: Type.Integer({ description: 'the catalogue change that this shows' }),
  revision: Nullable(Type.Integer({ description: 'number of the newest repository revision' })),
  repoUrl: Type.String({ description: 'where the newest repository is, for people' }),
  repoFile: Type.String({ description: 'address of the .repo file for dnf' }),
});
export type Tag = Static<typeof Tag>;

/** Whom a tag serves for a while, and until when. */
export const SideTag = Type.Object({
  name: Name,
  kind: Type.Union([Type.Literal('person'), Type.Literal('batch'), Type.Literal('link')]),
  owner: Type.String(),
  /** The tag that it was made on. */
  base: Nullable(Name),
  /** Builds in it and goes there. */
  target: Nullable(Name),
  /** Null: as long as what it was made for goes on. */
  endsAt: Nullable(Time),
});
export type SideTag = Static<typeof SideTag>;

/** What the catalogue itself holds of a tag. */
export const TagConfiguration = Type.Object({
  name: Name,
  locked: Type.Boolean(),
  /** Why, as whoever locked it has said. */
  lockReason: Nullable(Type.String()),
  inherits: Type.Array(Inheritance),
  children: Type.Array(Name),
  targets: Type.Array(Name),
  /** What it says itself. */
  own: Type.Partial(TagSettings),
  /** What holds for it, its parents' words included. */
  settings: TagSettings,
  /** For each thing that it does not say itself and some parent does: the parent. */
  from: Type.Record(Type.String(), Name),
  side: Nullable(SideTag),
  /** Where its own words are said, if not by hand: of a platform or flavour, or `from git: COMMIT`. */
  governor: Nullable(Type.String()),
  change: Type.Integer(),
});
export type TagConfiguration = Static<typeof TagConfiguration>;

export const TaggedBuild = Type.Object({
  build: Id,
  nvr: Type.String(),
  package: Type.String(),
  tag: Name,
  owner: Type.String(),
  taggedAt: Time,
  /** The catalogue change that tagged it, and who did that. */
  change: Type.Integer(),
  /** Among what that change tagged: the last is the latest. */
  place: Type.Integer(),
  taggedBy: Type.String(),
});
export type TaggedBuild = Static<typeof TaggedBuild>;

/** What a change of the catalogue has led to. */
export const Changed = Type.Object({
  /** Its number; null where all was so already. */
  change: Nullable(Type.Integer()),
  /** Tags that may show something else now. */
  altered: Type.Array(Name),
});
export type Changed = Static<typeof Changed>;

export const NewTarget = Type.Object({
  name: Name,
  buildTag: Name,
  destTag: Name,
  aliases: Type.Optional(Type.Array(Name, { maxItems: 50 })),
});
export type NewTarget = Static<typeof NewTarget>;

/** Changes only what it names. */
export const TargetEdit = Type.Partial(
  Type.Object({
    /** The old name is an alias from then on. */
    name: Name,
    buildTag: Name,
    destTag: Name,
    addAliases: Type.Array(Name, { maxItems: 50 }),
    removeAliases: Type.Array(Name, { maxItems: 50 }),
  }),
);
export type TargetEdit = Static<typeof TargetEdit>;

export const Target = Type.Object({
  name: Name,
  buildTag: Name,
  destTag: Name,
  arches: Type.Array(Arch),
  aliases: Type.Array(Name),
});
export type Target = Static<typeof Target>;

export const Revision = Type.Object({
  tag: Name,
  number: Type.Integer(),
  change: Type.Integer(),
  createdAt: Time,
  arches: Type.Array(Arch),
  packages: Type.Integer({ description: 'in all trees; noarch packages count in each' }),
  url: Type.String(),
  /** Its files are given no more since then. */
  expiredAt: Nullable(Time),
  /** Who keeps it from expiring. */
  holds: Type.Array(Hold),
});
export type Revision = Static<typeof Revision>;
