/**
 * What a tag says of the buildroots and repositories that are made of it.
 *
 * Invariant: anything that a tag leaves unsaid its parents say; the nearest word counts, and of what a tag says itself the
 * most exact one: of a build before that of a package, of a package before that of an architecture, and that before the
 * tag's own.
 */
import { type Static, type TSchema, Type } from 'typebox';
import { MockOptions, ModuleStream } from './mock-options.ts';
import { Arch, KeepHours, KeepRevisions, Macros, Name, Nullable, Priority } from './shapes.ts';

export const ExternalRepo = Type.Object({
  name: Name,
  /** dnf's base URL; `$arch` stands for the architecture of the root. */
  url: Type.String({ pattern: '^(https?|file)://[^\\s]+$', maxLength: 2000 }),
  priority: Type.Integer({ minimum: 1, maximum: 99, default: 50 }),
});
export type ExternalRepo = Static<typeof ExternalRepo>;

const Words = Type.Array(Type.String({ maxLength: 200 }), { maxItems: 500 });
const Conditions = Type.Array(Type.String({ pattern: '^[A-Za-z0-9_][A-Za-z0-9_.+-]*$', maxLength: 100 }), {
  maxItems: 100,
});

/** What stands in a root besides what the package asks for, and what its build is told. */
const rootSettings = {
  macros: Macros,
  /** rpmbuild's `--with` and `--without`. */
  with: Conditions,
  without: Conditions,
  /** The build may reach the network. */
  network: Type.Boolean(),
  /** Streams of modules that are enabled; of one module one. */
  modules: Type.Array(ModuleStream, { maxItems: 100 }),
  mock: MockOptions,
};

/** What is empty is left to whoever says it less exactly. */
const groups = Type.Object({ srpmBuild: Words, build: Words });

/** What is different on an architecture. */
export const ArchSettings = Type.Partial(Type.Object({ ...rootSettings, groups }));
export type ArchSettings = Static<typeof ArchSettings>;

/** What is different for a package, named by a glob; the nearest tag's and the most exact glob's word counts. */
export const PackageSettings = Type.Partial(
  Type.Object({
    ...rootSettings,
    groups,
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

const byGlob = <T extends TSchema>(schema: T) =>
  Type.Record(Type.String(), schema, {
    propertyNames: { type: 'string', pattern: '^[A-Za-z0-9._+~^*?-]{1,200}$' },
  });
const byArch = <T extends TSchema>(schema: T) =>
  Type.Record(Type.String(), schema, { propertyNames: { type: 'string', pattern: '^[a-z0-9_]{1,32}$' } });

const settings = {
  ...rootSettings,
  arches: Type.Array(Arch, { maxItems: 32 }),
  externalRepos: Type.Array(ExternalRepo, { maxItems: 50 }),
  groups,
  timeoutSeconds: Type.Integer({ minimum: 10, maximum: 7 * 86_400 }),
  stuckSeconds: Type.Integer({ minimum: 10, maximum: 7 * 86_400 }),
  /** Built only for packages that name them in ExclusiveArch. */
  optionalArches: Type.Array(Arch, { maxItems: 32 }),
  /** A build is complete although it failed on these. */
  toleratedArches: Type.Array(Arch, { maxItems: 32 }),
  /** The first architecture that fails ends the others. */
  failFast: Type.Boolean(),
  /** The x86-64 level (1 to 4) that builders of an architecture must have. */
  cpuLevels: byArch(Type.Integer({ minimum: 1, maximum: 4 })),
  /** Of builds that do not say one; null: their owners'. */
  priority: Nullable(Priority),
  packages: byGlob(PackageSettings),
  /** As `packages`, by globs of name-version-release. */
  builds: byGlob(PackageSettings),
  perArch: byArch(ArchSettings),
  /** Which of a package's builds in one tag is the latest: the one tagged last, or the one of the highest version. */
  latest: Type.Union([Type.Literal('tagged'), Type.Literal('evr')]),
  /** `closed`: only packages that stand in the list of the tag or of its parents; as everywhere in Koji. */
  packageList: Type.Union([Type.Literal('open'), Type.Literal('closed')]),
  /** Newest revisions of the build repository that stay; null: as many as the hub's configuration says. */
  keepRevisions: Nullable(KeepRevisions),
  /** Hours for which a superseded one stays whatever their number; never less than the hub's configuration says. */
  keepHours: Nullable(KeepHours),
};

export const TagSettings = Type.Object(settings);
export type TagSettings = Static<typeof TagSettings>;

/** Changes only what it names; null gives a key back to the tag's parents. */
export const SettingsEdit = Type.Partial(
  Type.Object({
    arches: Nullable(settings.arches),
    macros: Nullable(settings.macros),
    with: Nullable(settings.with),
    without: Nullable(settings.without),
    network: Nullable(settings.network),
    modules: Nullable(settings.modules),
    mock: Nullable(settings.mock),
    externalRepos: Nullable(settings.externalRepos),
    groups: Nullable(settings.groups),
    timeoutSeconds: Nullable(settings.timeoutSeconds),
    stuckSeconds: Nullable(settings.stuckSeconds),
    optionalArches: Nullable(settings.optionalArches),
    toleratedArches: Nullable(settings.toleratedArches),
    failFast: Nullable(settings.failFast),
    cpuLevels: Nullable(settings.cpuLevels),
    priority: settings.priority,
    packages: Nullable(settings.packages),
    builds: Nullable(settings.builds),
    perArch: Nullable(settings.perArch),
    latest: Nullable(settings.latest),
    packageList: Nullable(settings.packageList),
    keepRevisions: settings.keepRevisions,
    keepHours: settings.keepHours,
  }),
);
export type SettingsEdit = Static<typeof SettingsEdit>;
