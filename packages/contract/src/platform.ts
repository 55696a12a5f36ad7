/**
 * Platforms and flavours: what is said once for all tags and targets of one distribution, and what builds may add to it.
 *
 * Invariant: what a platform says stands in a tag of its own, above its build and destination tags, so whatever those say
 * themselves comes first. What a flavour says comes before its target's words and after the build's own.
 */
import { type Static, Type } from 'typebox';
import { NewAttachment } from './external.ts';
import { Arch, Name, Nullable } from './shapes.ts';
import { NewTagKey } from './signing.ts';
import { TagSettings } from './tag-settings.ts';

const Line = Type.String({ pattern: '^[^\\n\\0]*$', maxLength: 200 });
const Names = Type.Array(Name, { maxItems: 50 });

/** What builds in which tag and goes into which. */
export const PlatformTarget = Type.Object({ name: Name, buildTag: Name, destTag: Name });
export type PlatformTarget = Static<typeof PlatformTarget>;

const {
  arches: _,
  toleratedArches: __,
  externalRepos: ___,
  ...platformSettings
} = Type.Partial(TagSettings).properties;
/** All that a tag may say and a platform does not say in words of its own. */
export const PlatformSettings = Type.Object(platformSettings, { additionalProperties: false });
export type PlatformSettings = Static<typeof PlatformSettings>;

const own = {
  dist: Nullable(Type.String({ pattern: '^[A-Za-z0-9._+~^%{}?:-]*$', maxLength: 100 })),
  vendor: Nullable(Line),
  packager: Nullable(Line),
  /** Strong: a build that fails on one of them has failed. */
  arches: Type.Array(Arch, { maxItems: 32 }),
  /** Weak: built too, and a build is complete although it failed on them. */
  weakArches: Type.Array(Arch, { maxItems: 32 }),
  targets: Type.Array(PlatformTarget, { maxItems: 50 }),
  /** Those that builds for its targets may ask for. */
  flavours: Names,
  settings: PlatformSettings,
};
/** Kept where tags keep theirs: how external repositories are merged, and whose signatures are wanted. */
const placed = {
  externals: Type.Array(NewAttachment, { maxItems: 50 }),
  keys: Type.Array(NewTagKey, { maxItems: 20 }),
};

export const PlatformWords = Type.Object(own);
export type PlatformWords = Static<typeof PlatformWords>;

/** Changes only what it names, of settings too; a list takes the place of the one before. */
export const PlatformEdit = Type.Partial(Type.Object({ ...own, ...placed }));
export type PlatformEdit = Static<typeof PlatformEdit>;

/** What is not named: no words; one target of the platform's name, from `NAME-build` to `NAME`. */
export const NewPlatform = Type.Object({ name: Name, ...PlatformEdit.properties });
export type NewPlatform = Static<typeof NewPlatform>;

export const Platform = Type.Object({
  name: Name,
  ...own,
  ...placed,
  /** Says all this to the tags below it. */
  tag: Name,
  /** `from git: COMMIT`: it stands in the git catalogue, and is changed there alone. */
  governor: Nullable(Type.String()),
  change: Type.Integer({ description: 'the catalogue change that this shows' }),
});
export type Platform = Static<typeof Platform>;

const { macros, network, modules, mock, groups, timeoutSeconds, stuckSeconds, packages, builds, perArch } =
  TagSettings.properties;
export const FlavourSettings = Type.Partial(
  Type.Object({
    macros,
    with: TagSettings.properties.with,
    without: TagSettings.properties.without,
    network,
    modules,
    mock,
    groups,
    timeoutSeconds,
    stuckSeconds,
    packages,
    builds,
    perArch,
  }),
);
export type FlavourSettings = Static<typeof FlavourSettings>;

const flavour = {
  settings: Type.Object(FlavourSettings.properties, { additionalProperties: false }),
  /** dnf's priority of its repository: the target's own is 10, so by default what stands there comes first. */
  priority: Type.Integer({ minimum: 1, maximum: 99 }),
};
export const FlavourWords = Type.Object(flavour);
export type FlavourWords = Static<typeof FlavourWords>;

export const FlavourEdit = Type.Partial(Type.Object({ ...flavour, externals: placed.externals }));
export type FlavourEdit = Static<typeof FlavourEdit>;

export const NewFlavour = Type.Object({ name: Name, ...FlavourEdit.properties });
export type NewFlavour = Static<typeof NewFlavour>;

export const Flavour = Type.Object({
  name: Name,
  ...flavour,
  externals: placed.externals,
  /** Merges its external repositories into one that roots see beside the target's. */
  tag: Name,
  /** Those that allow it. */
  platforms: Names,
  governor: Nullable(Type.String()),
  change: Type.Integer(),
});
export type Flavour = Static<typeof Flavour>;
