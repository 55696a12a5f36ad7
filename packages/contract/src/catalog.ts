/**
 * Tags and targets.
 *
 * Invariant: what a tag held at catalogue change N never changes; each reply names the change it shows.
 */
import { type Static, Type } from 'typebox';
import { Arch, Id, Macros, Name, Nullable, Time } from './shapes.ts';

export const ExternalRepo = Type.Object({
  name: Name,
  /** dnf's base URL; `$arch` stands for the architecture of the root. */
  url: Type.String({ pattern: '^(https?|file)://[^\\s]+$', maxLength: 2000 }),
  priority: Type.Integer({ minimum: 1, maximum: 99, default: 50 }),
});
export type ExternalRepo = Static<typeof ExternalRepo>;

export const Inheritance = Type.Object({
  parent: Name,
  priority: Type.Integer({ minimum: 0, maximum: 10_000 }),
});

export const TagSettings = Type.Object({
  arches: Type.Array(Arch, { maxItems: 32 }),
  macros: Macros,
  externalRepos: Type.Array(ExternalRepo, { maxItems: 50 }),
  groups: Type.Object({
    srpmBuild: Type.Array(Type.String({ maxLength: 200 }), { maxItems: 500 }),
    build: Type.Array(Type.String({ maxLength: 200 }), { maxItems: 500 }),
  }),
  timeoutSeconds: Type.Integer({ minimum: 10, maximum: 7 * 86_400 }),
});
export type TagSettings = Static<typeof TagSettings>;

export const NewTag = Type.Object({
  name: Name,
  inherits: Type.Optional(Type.Array(Inheritance, { maxItems: 50 })),
  settings: Type.Optional(Type.Partial(TagSettings)),
});
export type NewTag = Static<typeof NewTag>;

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

export const TaggedBuild = Type.Object({
  build: Id,
  nvr: Type.String(),
  tag: Name,
  owner: Type.String(),
  taggedAt: Time,
});

export const NewTarget = Type.Object({ name: Name, buildTag: Name, destTag: Name });
export type NewTarget = Static<typeof NewTarget>;
export const Target = Type.Object({ name: Name, buildTag: Name, destTag: Name, arches: Type.Array(Arch) });
export type Target = Static<typeof Target>;

export const Revision = Type.Object({
  tag: Name,
  number: Type.Integer(),
  change: Type.Integer(),
  createdAt: Time,
  arches: Type.Array(Arch),
  packages: Type.Integer(),
  url: Type.String(),
});
export type Revision = Static<typeof Revision>;
