/**
 * Builds: one source package on its way to binary packages.
 *
 * Invariant: NVR is null until the SRPM task has ended; among running and complete builds that are not scratch it is
 * unique within its namespace.
 */
import { type Static, Type } from 'typebox';
import {
  Arch,
  Failure,
  FileName,
  Id,
  Macros,
  Name,
  Nullable,
  Priority,
  Sha256,
  Size,
  Time,
} from './shapes.ts';
import { Waiting } from './task.ts';

export const BuildState = Type.Union([
  Type.Literal('building'),
  Type.Literal('complete'),
  Type.Literal('failed'),
  Type.Literal('canceled'),
]);
export type BuildState = Static<typeof BuildState>;

export const BuildOptions = Type.Object({
  scratch: Type.Optional(Type.Boolean()),
  /** Only these of the target's architectures. */
  arches: Type.Optional(Type.Array(Arch, { maxItems: 32 })),
  /** Overrides the target's `%dist`. */
  dist: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9._+~^%{}?:-]*$', maxLength: 100 })),
  with: Type.Optional(Type.Array(Name, { maxItems: 100 })),
  without: Type.Optional(Type.Array(Name, { maxItems: 100 })),
  define: Type.Optional(Macros),
  /** Leave the root of a failed build on its builder for this many seconds. */
  keepFailed: Type.Optional(Type.Integer({ minimum: 1, maximum: 7 * 86_400 })),
  priority: Type.Optional(Priority),
  /** The first architecture that fails ends the others. */
  failFast: Type.Optional(Type.Boolean()),
  /** These builds are in the root's repositories, and other versions of their packages are hidden; NVRs or numbers. */
  sideNvrs: Type.Optional(Type.Array(Type.String({ maxLength: 400 }), { maxItems: 200 })),
  /** These builds are in the root's repositories beside the target's own. */
  linked: Type.Optional(Type.Array(Type.String({ maxLength: 400 }), { maxItems: 200 })),
  /**
   * Not built where its root comes out on every architecture as it did for the build of the same source that the
   * target's destination shows; it then ends as canceled with the code `identical`. Scratch builds are always built.
   */
  skipIdentical: Type.Optional(Type.Boolean()),
  /** What the platform allows to be added: repositories beside the target's, and settings; of several the first one's word counts. */
  flavours: Type.Optional(Type.Array(Name, { maxItems: 10 })),
  /** Raise the release in the spec before it is built. */
  bump: Type.Optional(
    Type.Object({
      author: Type.String({ minLength: 3, maxLength: 200 }),
      text: Type.String({ minLength: 1, maxLength: 1000 }),
    }),
  ),
});
export type BuildOptions = Static<typeof BuildOptions>;

export const NewBuild = Type.Object({
  target: Name,
  /** A completed upload, or a blob that is there already. */
  source: Type.Object({ sha256: Sha256, name: Type.String({ maxLength: 300 }) }),
  options: Type.Optional(BuildOptions),
  /** Also where the destination is locked or does not list the package; demands an administrator. */
  force: Type.Optional(Type.Boolean()),
});
export type NewBuild = Static<typeof NewBuild>;

export const Build = Type.Object({
  id: Id,
  nvr: Nullable(Type.String()),
  source: Type.Object({ name: Type.String(), sha256: Sha256 }),
  target: Name,
  owner: Type.String(),
  state: BuildState,
  scratch: Type.Boolean(),
  /** The SRPM task: the root of the build's tasks. */
  task: Id,
  createdAt: Time,
  endedAt: Nullable(Time),
  failure: Nullable(Failure),
  /** What a submitter should know now and not in a week: an architecture that no builder takes. */
  warnings: Type.Optional(Type.Array(Type.Object({ code: Type.String(), message: Type.String() }))),
  url: Type.String(),
});
export type Build = Static<typeof Build>;

export const BuiltRpm = Type.Object({
  nevra: Type.String(),
  name: FileName,
  arch: Type.String(),
  sha256: Sha256,
  size: Size,
  task: Id,
  url: Type.String(),
});
export type BuiltRpm = Static<typeof BuiltRpm>;

export const BuildrootInfo = Type.Object({
  task: Id,
  arch: Arch,
  worker: Name,
  /** Repository revision that was pinned: `<tag>/<number>`. */
  revision: Type.String(),
  packages: Type.Integer(),
});

export const BuildDetail = Type.Intersect([
  Build,
  Type.Object({
    options: BuildOptions,
    /** Why nothing of it runs; null while something does, and once it is over. */
    waiting: Nullable(Waiting),
    revision: Nullable(
      Type.String({ description: 'the repository revision that the build sees: <tag>/<number>' }),
    ),
    sourceRpm: Nullable(BuiltRpm),
    rpms: Type.Array(BuiltRpm),
    tags: Type.Array(Name),
    tasks: Type.Array(Id),
    buildroots: Type.Array(BuildrootInfo),
  }),
]);
export type BuildDetail = Static<typeof BuildDetail>;
