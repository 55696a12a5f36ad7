/**
 * Keys, which tags want their signatures, and what is signed.
 *
 * Invariant: of a key only its public part crosses a process boundary. A signer is told what to sign by its hash, and
 * what it brings back is a package's new signature header and never the package.
 */
import { type Static, Type } from 'typebox';
import { Arch, Failure, FileName, Id, Name, Nullable, Sha256, Size, TaskState, Time } from './shapes.ts';

/** Of the primary key, in lower-case hexadecimal: 40 digits of a v4 key, 64 of a v6 key. */
export const Fingerprint = Type.String({
  pattern: '^([0-9a-f]{40}|[0-9a-f]{64})$',
  description: "a key's fingerprint: 40 or 64 digits of 0-9a-f",
});

/** Armored OpenPGP certificates are some KB; one with many signatures of others is more. */
const Armor = Type.String({ maxLength: 512 * 1024 });

/** Of an RPM: its header, or its header and, for rpm before 4.14, header and payload together. */
export const SignatureForm = Type.Union([Type.Literal('header'), Type.Literal('header+payload')]);
export type SignatureForm = Static<typeof SignatureForm>;

/** Of any other file: beside it, or around its text. */
export const FileForm = Type.Union([Type.Literal('detached'), Type.Literal('clear')]);
export type FileForm = Static<typeof FileForm>;

/**
 * `offered`: a signer has it, and nobody has said yet that it counts. `retiring`: its signatures are good, and another
 * key has taken its place for new ones. `revoked`: its signatures are not given any more.
 */
export const KeyState = Type.Union([
  Type.Literal('offered'),
  Type.Literal('active'),
  Type.Literal('retiring'),
  Type.Literal('revoked'),
]);
export type KeyState = Static<typeof KeyState>;

export const SigningKey = Type.Object({
  name: Name,
  fingerprint: Fingerprint,
  /** Of the key that signs, which may be a subkey: 16 hexadecimal digits, as rpm shows it. */
  keyId: Type.String(),
  algorithm: Type.String(),
  state: KeyState,
  /** By the key's own account. */
  createdAt: Time,
  expiresAt: Nullable(Time),
  expired: Type.Boolean(),
  /** Signed with by hand, on a machine that reaches no hub. */
  offline: Type.Boolean(),
  /** Where the signer keeps it, by the signer's account. */
  backend: Nullable(Type.String()),
  /** The key that has taken its place. */
  successor: Nullable(Name),
  addedAt: Time,
  addedBy: Type.String(),
  revokedAt: Nullable(Time),
  reason: Nullable(Type.String()),
  /** Workers that offer it now. */
  signers: Type.Array(Name),
  /** Tags that say that they want it. */
  tags: Type.Array(Name),
  /** Packages that are signed with it, and that wait for it. */
  signed: Type.Integer(),
  waiting: Type.Integer(),
  /** Where its public part is, for dnf's `gpgkey=`. */
  url: Type.String(),
});
export type SigningKey = Static<typeof SigningKey>;

export const NewKey = Type.Object({
  name: Name,
  /** The armored public key; where missing, the one that a signer offers under `fingerprint`. */
  armor: Type.Optional(Armor),
  fingerprint: Type.Optional(Fingerprint),
  offline: Type.Optional(Type.Boolean()),
});
export type NewKey = Static<typeof NewKey>;

/** What a signer tells of its keys when it starts. */
export const OfferedKeys = Type.Object({
  keys: Type.Array(Type.Object({ name: Name, armor: Armor, backend: Type.String({ maxLength: 40 }) }), {
    maxItems: 200,
  }),
});
export type OfferedKeys = Static<typeof OfferedKeys>;

/** A version of rpm, by which it is decided what it can verify. */
export const RpmVersion = Type.String({ pattern: '^[1-9][0-9]?\\.[0-9]{1,3}$' });

/** What a tag says; the nearest tag that says anything decides alone. */
export const TagKey = Type.Object({
  /** null: none is wanted, whatever the tag's parents say. */
  key: Nullable(Name),
  form: SignatureForm,
  /** Packages of these architectures only; source packages are of `src`. null: all. */
  arches: Nullable(Type.Array(Arch, { maxItems: 32 })),
  /** The oldest rpm that must be able to verify it; null: any. */
  rpm: Nullable(RpmVersion),
});
export type TagKey = Static<typeof TagKey>;

export const NewTagKey = Type.Object({
  key: Nullable(Name),
  form: Type.Optional(SignatureForm),
  arches: Type.Optional(Type.Array(Arch, { minItems: 1, maxItems: 32 })),
  rpm: Type.Optional(RpmVersion),
});
export type NewTagKey = Static<typeof NewTagKey>;

export const TagKeys = Type.Object({
  tag: Name,
  /** The tag that says so; null where none does. */
  from: Nullable(Name),
  keys: Type.Array(TagKey),
  change: Type.Integer({ description: 'the catalogue change that this shows' }),
});
export type TagKeys = Static<typeof TagKeys>;

/**
 * `refused`: by the signer's own rules. `finished`: done by hand elsewhere, as somebody has said, and no copy is here.
 */
export const SigningState = Type.Union([
  Type.Literal('waiting'),
  Type.Literal('signed'),
  Type.Literal('refused'),
  Type.Literal('failed'),
  Type.Literal('canceled'),
  Type.Literal('finished'),
]);
export type SigningState = Static<typeof SigningState>;

/** A package and a key that is to sign it; there is one at most for each pair. */
export const Signing = Type.Object({
  nevra: Type.String(),
  name: FileName,
  arch: Type.String(),
  build: Id,
  nvr: Type.String(),
  key: Name,
  keyId: Type.String(),
  form: SignatureForm,
  /** For which it was wanted first; null where somebody asked for it. */
  tag: Nullable(Name),
  state: SigningState,
  task: Nullable(Id),
  /** The worker that signed it, or who brought the signature. */
  signer: Nullable(Type.String()),
  askedAt: Time,
  endedAt: Nullable(Time),
  failure: Nullable(Failure),
  unsigned: Type.Object({ sha256: Sha256, size: Size }),
  signed: Nullable(Type.Object({ sha256: Sha256, size: Size, url: Type.String() })),
});
export type Signing = Static<typeof Signing>;

/** Whether a build has the signatures that its tags want: `none` where none is wanted. */
export const BuildSigning = Type.Object({
  build: Id,
  nvr: Nullable(Type.String()),
  state: Type.Union([
    Type.Literal('none'),
    Type.Literal('needsign'),
    Type.Literal('signed'),
    Type.Literal('finished'),
  ]),
  items: Type.Array(Signing),
});
export type BuildSigning = Static<typeof BuildSigning>;

export const SignRequest = Type.Object({
  /** NVRs or numbers. */
  builds: Type.Array(Type.String({ maxLength: 400 }), { minItems: 1, maxItems: 500 }),
  /** Those that the builds' tags want where it is not said. */
  key: Type.Optional(Name),
});
export type SignRequest = Static<typeof SignRequest>;

/** A file that is no package, which is in the store. */
export const FileSigning = Type.Object({
  sha256: Sha256,
  size: Size,
  name: FileName,
  key: Name,
  form: FileForm,
  /** What it is for, for the signer's rules. */
  tag: Type.Optional(Name),
});
export type FileSigning = Static<typeof FileSigning>;

export const FileSignature = Type.Object({
  task: Id,
  state: TaskState,
  name: FileName,
  /** Of the file that is signed. */
  sha256: Sha256,
  form: FileForm,
  /** The armored signature, or the text with its signature; it stays in the store for a while. */
  signature: Nullable(Type.Object({ sha256: Sha256, size: Size })),
  failure: Nullable(Failure),
});
export type FileSignature = Static<typeof FileSignature>;

/** A signed package's signature header in base64, from its magic bytes to its last tag. */
const SignatureHeader = Type.String({ pattern: '^[A-Za-z0-9+/]+={0,2}$', maxLength: 4 * 1024 * 1024 });

export const SignatureImport = Type.Object({
  items: Type.Array(Type.Object({ name: FileName, header: SignatureHeader }), { minItems: 1, maxItems: 500 }),
});
export type SignatureImport = Static<typeof SignatureImport>;

export const ImportedSignature = Type.Object({
  name: FileName,
  /**
   * `there`: that key has signed it before, and that copy stays. `refused` with the code `no_signature`: there is none in
   * what was brought.
   */
  outcome: Type.Union([Type.Literal('imported'), Type.Literal('there'), Type.Literal('refused')]),
  nevra: Nullable(Type.String()),
  key: Nullable(Name),
  failure: Nullable(Failure),
});
export type ImportedSignature = Static<typeof ImportedSignature>;

/** Which signed copies go. */
export const CopyPrune = Type.Object({
  builds: Type.Optional(Type.Array(Type.String({ maxLength: 400 }), { minItems: 1, maxItems: 500 })),
  key: Type.Optional(Name),
  /** Without it nothing goes and it is only told what would. */
  really: Type.Optional(Type.Boolean()),
});
export type CopyPrune = Static<typeof CopyPrune>;

export const PrunedCopies = Type.Object({
  copies: Type.Integer({ description: 'how many went, or would' }),
  bytes: Type.Integer({ description: 'what their signature headers take' }),
  inUse: Type.Integer({ description: 'how many stay because a repository revision names them' }),
});

/** A package by its NEVRA or file name, with all its copies. */
export const RpmInfo = Type.Object({
  nevra: Type.String(),
  name: FileName,
  arch: Type.String(),
  build: Id,
  nvr: Nullable(Type.String()),
  live: Type.Boolean(),
  sha256: Sha256,
  size: Size,
  url: Type.String(),
  signings: Type.Array(Signing),
});
export type RpmInfo = Static<typeof RpmInfo>;

// What a signer is told and gives back.

/** What a signer's own rules are held to beside the file itself. */
const About = { sha256: Sha256, size: Size, tag: Nullable(Name) };

/** What people and rules know a file by, such as `prod/3/x86_64/os/repomd.xml`; it is no path to anything. */
export const FileLabel = Type.String({ pattern: '^[A-Za-z0-9_][A-Za-z0-9._+~^/-]*$', maxLength: 1000 });

export const SignOrder = Type.Object({
  key: Fingerprint,
  form: SignatureForm,
  /** The oldest rpm that must be able to read it; null: any. */
  rpm: Nullable(RpmVersion),
  packages: Type.Array(
    Type.Object({
      ...About,
      name: FileName,
      nevra: Type.String(),
      /** The source package's name. */
      package: Name,
      nvr: Type.String(),
    }),
  ),
  files: Type.Array(Type.Object({ ...About, name: FileLabel, form: FileForm })),
});
export type SignOrder = Static<typeof SignOrder>;

/** A signer's refusal of one thing: a code, and the rule that it stands on. */
const Refused = Type.Object({
  code: Type.String({ pattern: '^[a-z_]{1,64}$' }),
  message: Type.String({ maxLength: 1000 }),
});

/** For each thing of the order, by its hash: what was made, or why it was not. */
export const SignResult = Type.Object({
  packages: Type.Array(
    Type.Object({
      sha256: Sha256,
      header: Type.Optional(SignatureHeader),
      refused: Type.Optional(Refused),
    }),
    { maxItems: 1000 },
  ),
  files: Type.Array(
    Type.Object({
      sha256: Sha256,
      /** The armored signature, or the text with its signature. */
      signature: Type.Optional(Type.String({ maxLength: 8 * 1024 * 1024 })),
      refused: Type.Optional(Refused),
    }),
    { maxItems: 1000 },
  ),
});
export type SignResult = Static<typeof SignResult>;
