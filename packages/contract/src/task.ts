/**
 * Tasks as everybody outside the hub sees them, and what a worker receives and gives back, one pair per kind.
 *
 * Invariant: a worker's every write names task and attempt; the attempt is the fence.
 */
import { type Static, Type } from 'typebox';
import { MockOptions, ModuleStream } from './mock-options.ts';
import { Arch, Failure, FileName, Id, Name, Nullable, Sha256, Size, TaskState, Time } from './shapes.ts';
import { SignOrder, SignResult } from './signing.ts';

export const TaskKind = Type.Union([
  Type.Literal('srpm'),
  Type.Literal('build'),
  Type.Literal('publish'),
  Type.Literal('plan'),
  Type.Literal('closure'),
  Type.Literal('sign'),
  Type.Literal('external'),
]);
export type TaskKind = Static<typeof TaskKind>;

export const Attempt = Type.Object({
  attempt: Type.Integer(),
  worker: Name,
  leasedAt: Time,
  endedAt: Nullable(Time),
  /** `running`, or how it ended; `lost` and `freed` attempts gave no result. */
  outcome: Type.Union([
    Type.Literal('running'),
    Type.Literal('done'),
    Type.Literal('failed'),
    Type.Literal('canceled'),
    Type.Literal('excluded'),
    Type.Literal('lost'),
    Type.Literal('freed'),
  ]),
  failure: Nullable(Failure),
});
export type Attempt = Static<typeof Attempt>;

/** "Why is it waiting?" */
export const Waiting = Type.Object({
  /** Stable, for programs: `busy`, `blocked`, `paused`, `quota`, `no_worker`, … */
  code: Type.String(),
  reason: Type.String({ description: 'one sentence' }),
  change: Type.String({ description: 'what must change, one sentence' }),
  /** When it is expected to start; null where nobody can say. */
  estimate: Nullable(Time),
});
export type Waiting = Static<typeof Waiting>;

export const Task = Type.Object({
  id: Id,
  kind: TaskKind,
  label: Type.String({ description: 'what it works on, for people' }),
  arch: Nullable(Arch),
  state: TaskState,
  attempt: Type.Integer({ description: 'number of the newest attempt; 0 before the first' }),
  worker: Nullable(Name),
  owner: Type.String(),
  priority: Type.Integer({ description: 'lower is sooner' }),
  build: Nullable(Id),
  parent: Nullable(Id),
  channel: Name,
  weight: Type.Number(),
  /** How long it is expected to take; on how many earlier runs that stands is 0 for a guess. */
  expected: Type.Object({ seconds: Type.Number(), runs: Type.Integer() }),
  needs: Type.Object({
    memoryMb: Type.Integer(),
    diskMb: Type.Integer(),
    cores: Type.Integer(),
    cpuLevel: Type.Integer(),
  }),
  assigned: Nullable(Name),
  /** Why a free task is not running; null once it runs. */
  waiting: Nullable(Waiting),
  createdAt: Time,
  startedAt: Nullable(Time),
  endedAt: Nullable(Time),
  failure: Nullable(Failure),
  url: Type.String(),
});
export type Task = Static<typeof Task>;

export const TaskDetail = Type.Intersect([
  Task,
  Type.Object({
    attempts: Type.Array(Attempt),
    /** What each worker says to it while it is free; no code: it could have it. */
    answers: Type.Array(
      Type.Object({
        worker: Name,
        hard: Type.Boolean(),
        code: Nullable(Type.String()),
        reason: Nullable(Type.String()),
      }),
    ),
    blockedBy: Type.Array(Id),
    children: Type.Array(Id),
    request: Type.Unknown(),
    result: Type.Unknown(),
  }),
]);
export type TaskDetail = Static<typeof TaskDetail>;

/** A repository that a buildroot installs from. */
export const BuildRepo = Type.Object({
  id: Name,
  baseurl: Type.String(),
  priority: Type.Integer(),
  revision: Type.Optional(Type.String()),
});

/** All that a builder must know to make a root; made by the hub from the ledger, never from the submitter's text. */
export const RootOrder = Type.Object({
  arch: Arch,
  /** What rpmbuild is told to build for where that is not the root's architecture: `noarch`. */
  target: Type.Optional(Type.Literal('noarch')),
  repos: Type.Array(BuildRepo),
  groups: Type.Object({ srpmBuild: Type.Array(Type.String()), build: Type.Array(Type.String()) }),
  macros: Type.Record(Type.String(), Type.String()),
  with: Type.Array(Type.String()),
  without: Type.Array(Type.String()),
  network: Type.Boolean(),
  /** Streams of modules that are enabled before anything is resolved. */
  modules: Type.Optional(Type.Array(ModuleStream)),
  mock: Type.Optional(MockOptions),
  timeoutSeconds: Type.Integer(),
  /** Without a line in its logs for so long, the build is ended as stuck. */
  stuckSeconds: Type.Optional(Type.Integer()),
  /** For how many seconds the root of a failed build is left; 0 does not leave it. */
  keepFailed: Type.Integer({ minimum: 0 }),
  /**
   * Nothing is built where the root comes out with these packages: the SHA-256 of its sorted lines `NEVRA SHA256\n`. A
   * builder that cannot tell beforehand builds.
   */
  unless: Type.Optional(Sha256),
});
export type RootOrder = Static<typeof RootOrder>;

export const SourceOrder = Type.Object({
  srpm: Type.Object({ sha256: Sha256, name: FileName, size: Size }),
  root: RootOrder,
  /** Of a source task: the release is raised in the spec, with this entry; the date is RFC 3339. */
  bump: Type.Optional(Type.Object({ author: Type.String(), text: Type.String(), date: Type.String() })),
});
export type SourceOrder = Static<typeof SourceOrder>;

export const UploadedFile = Type.Object({ name: FileName, sha256: Sha256, size: Size });
export type UploadedFile = Static<typeof UploadedFile>;

export const InstalledPackage = Type.Object({
  nevra: Type.String({ maxLength: 400 }),
  sha256: Sha256,
  repo: Type.String({ maxLength: 200 }),
});
export type InstalledPackage = Static<typeof InstalledPackage>;

/** What an `srpm` or `build` task brings: the source package it rebuilt and, for `build`, the binaries. */
export const PackageResult = Type.Object({
  srpm: UploadedFile,
  rpms: Type.Array(UploadedFile, { maxItems: 5000 }),
  installed: Type.Array(InstalledPackage, { maxItems: 20000 }),
});
export type PackageResult = Static<typeof PackageResult>;

/** What the worker is told: who requires what, and where to look for it. */
export const PlanOrder = Type.Object({
  arches: Type.Array(Type.Object({ arch: Arch, repos: Type.Array(BuildRepo) })),
  packages: Type.Array(
    Type.Object({
      name: Name,
      requires: Type.Array(Type.Object({ arches: Type.Array(Arch), requires: Type.Array(Type.String()) })),
    }),
  ),
});
export type PlanOrder = Static<typeof PlanOrder>;

/** Numbers are places in the order's list of packages. */
export const PlanResult = Type.Object({
  needs: Type.Array(
    Type.Object({
      package: Type.Integer({ minimum: 0, maximum: 1_000_000 }),
      needs: Type.Integer({ minimum: 0, maximum: 1_000_000 }),
      requirement: Type.String({ maxLength: 1000 }),
      /** Nothing provides it yet, and by its name it is the other's. */
      guessed: Type.Boolean(),
    }),
    { maxItems: 2_000_000 },
  ),
  missing: Type.Array(
    Type.Object({
      package: Type.Integer({ minimum: 0, maximum: 1_000_000 }),
      arch: Arch,
      requirement: Type.String({ maxLength: 1000 }),
      nearest: Nullable(Type.String({ maxLength: 1000 })),
    }),
    { maxItems: 100_000 },
  ),
});
export type PlanResult = Static<typeof PlanResult>;

/** What the worker is told: the repositories of each architecture without a change, and with it. */
export const ClosureOrder = Type.Object({
  arches: Type.Array(
    Type.Object({ arch: Arch, before: Type.Array(BuildRepo), after: Type.Array(BuildRepo) }),
  ),
});
export type ClosureOrder = Static<typeof ClosureOrder>;

/** A requirement that nothing in the repositories meets any more, or that nothing met before either. */
export const Unmet = Type.Object({
  arch: Arch,
  /** Name, version, release and architecture of the package that has it. */
  package: Type.String({ maxLength: 400 }),
  requirement: Type.String({ maxLength: 1000 }),
  /** So it was without the change. */
  before: Type.Boolean(),
});
export type Unmet = Static<typeof Unmet>;

/** A soname that nothing provides any more. */
export const GoneSoname = Type.Object({
  arch: Arch,
  soname: Type.String({ maxLength: 1000 }),
  /** Packages with the change that still require it, as `Unmet` names them; the first hundred. */
  users: Type.Array(Type.String({ maxLength: 400 }), { maxItems: 100 }),
});
export type GoneSoname = Static<typeof GoneSoname>;

/** The difference that a change makes to what can be installed. */
export const ClosureResult = Type.Object({
  /** The new ones first. */
  unmet: Type.Array(Unmet, { maxItems: 5000 }),
  /** How many there are, those included that found no room in the list. */
  counts: Type.Object({
    unmet: Type.Integer({ minimum: 0, maximum: 100_000_000 }),
    unmetBefore: Type.Integer({ minimum: 0, maximum: 100_000_000 }),
    mended: Type.Integer({ minimum: 0, maximum: 100_000_000 }),
  }),
  gone: Type.Array(GoneSoname, { maxItems: 2000 }),
  added: Type.Array(Type.Object({ arch: Arch, soname: Type.String({ maxLength: 1000 }) }), {
    maxItems: 2000,
  }),
});
export type ClosureResult = Static<typeof ClosureResult>;

/** What a claim brings: the lease, and the order of the task's kind. */
export const Lease = Type.Object({
  task: Id,
  attempt: Type.Integer(),
  kind: TaskKind,
  arch: Nullable(Arch),
  label: Type.String(),
  build: Nullable(Id),
  leaseSeconds: Type.Integer({ description: 'how long the lease runs without a heartbeat' }),
  heartbeatSeconds: Type.Integer(),
  source: Type.Optional(SourceOrder),
  plan: Type.Optional(PlanOrder),
  closure: Type.Optional(ClosureOrder),
  sign: Type.Optional(SignOrder),
});
export type Lease = Static<typeof Lease>;

/**
 * What a task took of its worker, in MiB, 0 where that cannot be told: the most memory that its processes held at one
 * time without cache of files, and the disk that it had taken at its end.
 */
export const Used = Type.Object({
  memoryMb: Type.Integer({ minimum: 0, maximum: 2 ** 31 - 1 }),
  diskMb: Type.Integer({ minimum: 0, maximum: 2 ** 31 - 1 }),
});
export type Used = Static<typeof Used>;

export const Completion = Type.Union([
  Type.Object({
    outcome: Type.Literal('done'),
    used: Type.Optional(Used),
    /** The root came out as the order's `unless` says, and nothing was built. */
    identical: Type.Optional(Type.Boolean()),
    packages: Type.Optional(PackageResult),
    planned: Type.Optional(PlanResult),
    closure: Type.Optional(ClosureResult),
    signed: Type.Optional(SignResult),
  }),
  Type.Object({ outcome: Type.Literal('failed'), failure: Failure, keptUntil: Type.Optional(Time) }),
]);
export type Completion = Static<typeof Completion>;
