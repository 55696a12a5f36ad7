/**
 * Tags and targets.
 *
 * Invariant: what a tag held at catalogue change N never changes; each reply names the change it shows.
 */
import { type Static, Type } from 'typebox';
import { Arch, Id, Macros, Name, Nullable, Priority, Time } from './shapes.ts';

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

/** What is different for a package, named by a glob; the nearest tag's and the most exact glob's word counts. */
export const PackageSettings = Type.Partial(
  Type.Object({
    /** Builders of this channel only. */
    channel: Name,
    memoryMb: Type.Integer({ minimum: 0, maximum: 2 ** 31 - 1 }),
    diskMb: Type.Integer({ minimum: 0, maximum: 2 ** 31 - 1 }),
    cores: Type.Integer({ minimum: 0, maximum: 100_000 }),
    weight: Type.Number({ exclusiveMinimum: 0, maximum: 1000 }),
    /** Beside the tag's; `noarch` is one more build with that target, as kernels want it. */
    additionalArches: Type.Array(Arch, { maxItems: 32 }),
    timeoutSeconds: Type.Integer({ minimum: 10, maximum: 7 * 86_400 }),
    /** Without a line in its logs for so long, an attempt is taken for stuck. */
    stuckSeconds: Type.Integer({ minimum: 10, maximum: 7 * 86_400 }),
  }),
);
export type PackageSettings = Static<typeof PackageSettings>;

export const TagSettings = Type.Object({
  arches: Type.Array(Arch, { maxItems: 32 }),
  macros: Macros,
  externalRepos: Type.Array(ExternalRepo, { maxItems: 50 }),
  groups: Type.Object({
    srpmBuild: Type.Array(Type.String({ maxLength: 200 }), { maxItems: 500 }),
    build: Type.Array(Type.String({ maxLength: 200 }), { maxItems: 500 }),
  }),
  timeoutSeconds: Type.Integer({ minimum: 10, maximum: 7 * 86_400 }),
  stuckSeconds: Type.Integer({ minimum: 10, maximum: 7 * 86_400 }),
  /** Built only for packages that name them in ExclusiveArch. */
  optionalArches: Type.Array(Arch, { maxItems: 32 }),
  /** A build is complete although it failed on these. */
  toleratedArches: Type.Array(Arch, { maxItems: 32 }),
  /** The first architecture that fails ends the others. */
  failFast: Type.Boolean(),
  /** The x86-64 level (1 to 4) that builders of an architecture must have. */
  cpuLevels: Type.Record(Type.String(), Type.Integer({ minimum: 1, maximum: 4 }), {
    propertyNames: { type: 'string', pattern: '^[a-z0-9_]{1,32}$' },
  }),
  /** Of builds that do not say one; null: their owners'. */
  priority: Nullable(Priority),
  packages: Type.Record(Type.String(), PackageSettings, {
    propertyNames: { type: 'string', pattern: '^[A-Za-z0-9._+*?-]{1,200}$' },
  }),
});
export type TagSettings = Static<typeof TagSettings>;

export const NewTag = Type.Object({
  name: Name,
  inherits: Type.Optional(Type.Array(Inheritance, { maxItems: 50 })),
  settings: Type.Optional(Type.Partial(TagSettings)),
});
export type NewTag = Static<typeof NewTag>;

/** Changes only what it names. */
export const TagEdit = Type.Object({ settings: Type.Partial(TagSettings) });

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
