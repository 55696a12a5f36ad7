/**
 * External repositories: where they are, what is checked of them, and which tags merge them into their build repositories.
 *
 * Invariant: what a build sees of one is a snapshot that was read whole and checked; what it says later changes nothing of it.
 */
import { type Static, Type } from 'typebox';
import { Arch, Failure, Name, Nullable, Sha256, Time } from './shapes.ts';

/**
 * Koji's words. `koji`: of each source package only what the first repository that has it gives, our own before all
 * others, and nothing of what is blocked; `simple`: all but what is blocked; `bare`: all, the same version once.
 */
export const MergeMode = Type.Union([Type.Literal('koji'), Type.Literal('simple'), Type.Literal('bare')]);
export type MergeMode = Static<typeof MergeMode>;

const address = (protocols: string) =>
  Type.String({ pattern: `^(${protocols})://[^\\s]+$`, maxLength: 2000 });

const definition = {
  /** `$arch` stands for the architecture of the root, `$basearch` for what dnf calls it. One of the three must be said. */
  url: Nullable(address('https?|file')),
  mirrorlist: Nullable(address('https?')),
  metalink: Nullable(address('https?')),
  /** OpenPGP certificates, armored. */
  keys: Type.Array(Type.String({ maxLength: 1_000_000 }), { maxItems: 20 }),
  /** repomd.xml must be signed by one of the keys. */
  checkRepoKey: Type.Boolean(),
  /** Packages must be signed by one of the keys. */
  checkPackages: Type.Boolean(),
  /** How often it is looked at; 0: when somebody asks for it. */
  refreshMinutes: Type.Integer({ minimum: 0, maximum: 100_000 }),
};

export const ExternalDefinition = Type.Object(definition);
export type ExternalDefinition = Static<typeof ExternalDefinition>;

export const ExternalEdit = Type.Partial(ExternalDefinition);
export type ExternalEdit = Static<typeof ExternalEdit>;

export const NewExternal = Type.Object({ name: Name, ...Type.Partial(ExternalDefinition).properties });
export type NewExternal = Static<typeof NewExternal>;

/** Lower comes first. */
const ExternalPriority = Type.Integer({ minimum: 0, maximum: 10_000 });
const attached = {
  priority: ExternalPriority,
  mode: MergeMode,
  /** Merged for these alone; null: for all of the tag's. */
  arches: Nullable(Type.Array(Arch, { maxItems: 32 })),
};

/** Attaches it, or changes how it is attached: what is not said is priority 50, `koji` and all, or stays. */
export const NewAttachment = Type.Object({
  external: Name,
  ...Type.Partial(Type.Object(attached)).properties,
});
export type NewAttachment = Static<typeof NewAttachment>;

export const Attachment = Type.Object({
  external: Name,
  /** The tag that says it. */
  tag: Name,
  ...attached,
  /** Said in the tag's setting `externalRepos`. */
  setting: Type.Boolean(),
});
export type Attachment = Static<typeof Attachment>;

export const ExternalSnapshot = Type.Object({
  number: Type.Integer(),
  /** Of repomd.xml. */
  repomd: Sha256,
  /** As repomd.xml says it. */
  revision: Type.String(),
  packages: Type.Integer(),
  added: Type.Integer(),
  removed: Type.Integer(),
  foundAt: Time,
  mirror: Type.String(),
});
export type ExternalSnapshot = Static<typeof ExternalSnapshot>;

/** What is known of it for one architecture. */
export const ExternalArch = Type.Object({
  /** Empty where its address is the same for all. */
  arch: Type.String(),
  snapshot: Nullable(ExternalSnapshot),
  /** When it was last found sound, changed or not. */
  checkedAt: Nullable(Time),
  nextAt: Nullable(Time),
  /** What was wrong the last time; the snapshot goes on to be used. */
  trouble: Nullable(Type.Object({ ...Failure.properties, since: Time })),
});
export type ExternalArch = Static<typeof ExternalArch>;

export const ExternalKey = Type.Object({
  fingerprint: Type.String(),
  userId: Type.String(),
  expiresAt: Nullable(Time),
});
export type ExternalKey = Static<typeof ExternalKey>;

export const External = Type.Object({
  name: Name,
  ...definition,
  keys: Type.Array(ExternalKey),
  tags: Type.Array(Attachment),
  arches: Type.Array(ExternalArch),
});
export type External = Static<typeof External>;

export const ExternalInfo = Type.Object({
  ...External.properties,
  /** What settings of tags mean by the same name, at other addresses. */
  others: Type.Array(External),
});
export type ExternalInfo = Static<typeof ExternalInfo>;
