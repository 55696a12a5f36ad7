/**
 * What platforms and flavours say, in one form, so that what comes to the same is seen to.
 *
 * Invariant: pure. What is left to what is usual, and an order that means nothing, make no difference.
 */
import { isDeepStrictEqual } from 'node:util';
import type {
  FlavourWords,
  NewAttachment,
  NewFlavour,
  NewPlatform,
  NewTagKey,
  PlatformWords,
} from '@moromi/contract';

/** All that a platform says. */
export interface Said {
  words: PlatformWords;
  externals: NewAttachment[];
  keys: NewTagKey[];
}

export interface SaidFlavour {
  words: FlavourWords;
  externals: NewAttachment[];
}

/** dnf's, of a flavour's repository: the target's own builds come first, at 10. */
const usualPriority = 20;

/** What is said of a new platform, with what is usual where nothing is said. */
export function saidOf({ name, externals = [], keys = [], ...words }: NewPlatform): Said {
  return {
    words: {
      dist: null,
      vendor: null,
      packager: null,
      arches: [],
      weakArches: [],
      targets: [{ name, buildTag: `${name}-build`, destTag: name }],
      flavours: [],
      settings: {},
      ...words,
    },
    externals,
    keys,
  };
}

export function saidOfFlavour({
  externals = [],
  settings = {},
  priority = usualPriority,
}: Omit<NewFlavour, 'name'>): SaidFlavour {
  return { words: { settings, priority }, externals };
}

const byName = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const attachments = (said: readonly NewAttachment[]) =>
  said
    .map((one) => ({ priority: 50, mode: 'koji', arches: null, ...one }))
    .toSorted((a, b) => byName(a.external, b.external));

/** A form that is not said is the one that it is. */
const keysAs = (said: readonly NewTagKey[], now: readonly NewTagKey[]) =>
  said
    .map(({ key, form, arches = null, rpm = null }) => ({
      ...{ key, arches, rpm },
      form: form ?? now.find((one) => one.key === key)?.form,
    }))
    .toSorted((a, b) => byName(a.key ?? '', b.key ?? ''));

/** The words of which two platforms say different things. @param now the one that is there */
export function unlikePlatforms(said: Said, now: Said): string[] {
  return unlike(
    { ...said.words, externals: attachments(said.externals), keys: keysAs(said.keys, now.keys) },
    { ...now.words, externals: attachments(now.externals), keys: keysAs(now.keys, now.keys) },
  );
}

export function unlikeFlavours(said: SaidFlavour, now: SaidFlavour): string[] {
  return unlike(
    { ...said.words, externals: attachments(said.externals) },
    { ...now.words, externals: attachments(now.externals) },
  );
}

/** The keys under which two say different things. */
export function unlike(said: object, now: object): string[] {
  const [one, other] = [said, now].map((each) => new Map<string, unknown>(Object.entries(each)));
  const keys = new Set([...(one?.keys() ?? []), ...(other?.keys() ?? [])]);
  return [...keys].filter((key) => !isDeepStrictEqual(one?.get(key), other?.get(key))).toSorted();
}
