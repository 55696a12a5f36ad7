/**
 * Repositories that are shipped: what they are made of, and what is in their revisions.
 *
 * Invariant: a revision keeps the definition that it was made by; changing one asks for a new revision.
 */
import { type Static, Type } from 'typebox';
import { Hold } from './hold.ts';
import {
  Arch,
  Count,
  FileName,
  KeepHours,
  KeepRevisions,
  Name,
  Nullable,
  Sha256,
  Size,
  Time,
} from './shapes.ts';

/** A glob over names, for one architecture where it stands before it: `foo-*`, `[i686]foo`. */
const Pattern = Type.String({ pattern: '^(\\[[a-z0-9_]{1,32}\\])?[A-Za-z0-9._+*?-]{1,200}$' });
const Patterns = Type.Array(Pattern, { maxItems: 5000 });
const Names = Type.Array(Name, { maxItems: 5000 });

/** Packages of a smaller architecture that are shipped beside those of a larger one. */
export const Multilib = Type.Object({
  arch: Arch,
  /** `runtime`: libraries and plugins; `devel`: that, and what is compiled against. */
  method: Type.Union([
    Type.Literal('none'),
    Type.Literal('runtime'),
    Type.Literal('devel'),
    Type.Literal('all'),
  ]),
  white: Names,
  black: Names,
});
export type Multilib = Static<typeof Multilib>;

/** A record of repomd.xml beside those that list the packages. */
export const DistRecord = Type.Object({
  type: Type.String({
    pattern: '^[a-z][a-z0-9_-]{0,40}$',
    description: '`group`, `modules`, `updateinfo`, …',
  }),
  name: FileName,
  /** Of the file as it is given, and of what is in it; the same where it is not packed. */
  sha256: Sha256,
  size: Size,
  openSha256: Sha256,
  openSize: Size,
  /** Of these trees alone; it comes before one of all trees. */
  trees: Type.Optional(Type.Array(Type.String({ maxLength: 64 }), { maxItems: 100 })),
});
export type DistRecord = Static<typeof DistRecord>;

export const DistDefinition = Type.Object({
  arches: Type.Array(Arch, { minItems: 1, maxItems: 32 }),
  /** The copy by the first of these keys that a package is signed with is shipped; without keys none is signed. */
  keys: Type.Array(Name, { maxItems: 20 }),
  /**
   * What becomes of a build with a package that no key has signed: `wait`: the newest build of the package that is signed
   * stands there instead; `skip`: it goes without what is not signed; `allow`: that is shipped as it is; `refuse`: no
   * revision is made.
   */
  unsigned: Type.Union([
    Type.Literal('wait'),
    Type.Literal('skip'),
    Type.Literal('allow'),
    Type.Literal('refuse'),
  ]),
  /** Signs repomd.xml; null leaves it unsigned. */
  repoKey: Nullable(Name),
  /** Packages lie in `Packages/`, or in `Packages/<initial>/`. */
  layout: Type.Union([Type.Literal('plain'), Type.Literal('hashed')]),
  compression: Type.Union([Type.Literal('gzip'), Type.Literal('zstd')]),
  /** The lists of packages as zchunk too, of which clients fetch what has changed. */
  zchunk: Type.Optional(Type.Boolean()),
  /** All files with their digests too, as `filelists-ext`; they are listed without where it is not said. */
  filelistsExt: Type.Optional(Type.Boolean()),
  debug: Type.Boolean({ description: 'a tree of its own for packages with debugging information' }),
  source: Type.Boolean({ description: 'a tree of its own for source packages' }),
  multilib: Type.Record(Type.String(), Multilib, {
    propertyNames: { type: 'string', pattern: '^[a-z0-9_]{1,32}$' },
  }),
  include: Patterns,
  exclude: Patterns,
  records: Type.Array(DistRecord, { maxItems: 50 }),
  /** Each change of the tag and each signature brings a new revision; else they are asked for. */
  automatic: Type.Boolean(),
  /** Newest revisions that stay; as many as the hub's configuration says where it is not said. */
  keepRevisions: Type.Optional(KeepRevisions),
  /** Hours for which a superseded one stays whatever their number; never less than the hub's configuration says. */
  keepHours: Type.Optional(KeepHours),
});
export type DistDefinition = Static<typeof DistDefinition>;

export const NewDistRepo = Type.Object({
  name: Name,
  tag: Name,
  definition: Type.Intersect([
    Type.Pick(DistDefinition, ['arches']),
    Type.Partial(Type.Omit(DistDefinition, ['arches'])),
  ]),
});
export type NewDistRepo = Static<typeof NewDistRepo>;

/** Changes only what it names. */
export const DistEdit = Type.Object({ definition: Type.Partial(DistDefinition) });
export type DistEdit = Static<typeof DistEdit>;

export const DistTree = Type.Object({
  tree: Type.String({ description: '`x86_64/os`, `x86_64/debug/tree`, `source/tree`' }),
  packages: Type.Integer(),
  url: Type.String(),
});

export const DistRevision = Type.Object({
  number: Type.Integer(),
  change: Count,
  createdAt: Time,
  trees: Type.Array(DistTree),
  /** Given no more since then. */
  expiredAt: Nullable(Time),
  /** Who keeps it from expiring. */
  holds: Type.Array(Hold),
  /** The older revision whose content it has. */
  backTo: Nullable(Type.Integer()),
  /** False while it waits for the signatures of its metadata. */
  shown: Type.Boolean(),
  /** Builds that are not shipped as they should be, since packages of them are not signed. */
  unsigned: Type.Array(
    Type.Object({
      nvr: Type.String(),
      package: Type.String(),
      instead: Nullable(Type.String({ description: 'the older build that stands there' })),
      first: Type.String({ description: 'a package that is not signed' }),
      count: Type.Integer(),
    }),
  ),
});

export const DistRepo = Type.Object({
  name: Name,
  tag: Name,
  definition: DistDefinition,
  /** The newest revision; null before the first. */
  revision: Nullable(DistRevision),
  /** Task of the revision that is being made or waited for; null where there is none. */
  task: Nullable(Type.Integer()),
  repoFile: Type.String({ description: 'address of the .repo file for dnf' }),
});
export type DistRevision = Static<typeof DistRevision>;
export type DistRepo = Static<typeof DistRepo>;

/** What a program that runs after revisions of a repository has done. */
export const RepoScriptRun = Type.Object({
  kind: Type.Union([Type.Literal('build'), Type.Literal('dist')]),
  repo: Name,
  script: Type.String(),
  /** `waiting`: it failed and is tried again at `againAt`; `failed`: given up until the next revision. */
  state: Type.Union([
    Type.Literal('running'),
    Type.Literal('done'),
    Type.Literal('waiting'),
    Type.Literal('failed'),
  ]),
  /** The revision that it was begun for last, and the one that is shown. */
  number: Type.Integer(),
  shown: Nullable(Type.Integer()),
  attempt: Type.Integer(),
  startedAt: Time,
  endedAt: Nullable(Time),
  againAt: Nullable(Time),
  code: Nullable(Type.String()),
  message: Nullable(Type.String()),
  output: Type.String({ description: 'the end of what it said' }),
  configured: Type.Boolean({ description: 'this hub has it in its configuration' }),
});
export type RepoScriptRun = Static<typeof RepoScriptRun>;
