/**
 * What a platform or a flavour says, as options.
 *
 * Invariant: what is not named is not sent. A list that is given empty is sent empty: so is the last of it taken away.
 */
import {
  type FlavourEdit,
  type NewAttachment,
  type NewTagKey,
  type PlatformEdit,
  SignatureForm,
} from '@moromi/contract';
import { tagOptions, tagSettings } from './tag-options.ts';
import { usage } from './trouble.ts';
import { type Option, type Options, wholeNumber } from './verb.ts';
import { commaList, macros } from './words.ts';

const externalOption: Option = {
  flags: '--external-repo <repo>',
  summary: 'NAME, NAME@PRIORITY or NAME@PRIORITY:MODE: an external repository that it merges',
  many: true,
};

/** What a platform says in words of its own. */
const otherwise = ['--arch', '--tolerate-arch', '--external', '--dist'];
const ofTags = tagOptions.filter((one) => !otherwise.includes(one.flags.split(' ')[0] ?? ''));

export const platformOptions: Option[] = [
  { flags: '--dist <dist>', summary: 'the macro %dist; empty: none' },
  { flags: '--vendor <vendor>', summary: 'the vendor of its packages; empty: none' },
  { flags: '--packager <packager>', summary: 'the packager; empty: none' },
  { flags: '--arch <arch>', summary: 'strong architectures: a failure on one is a failure', many: true },
  { flags: '--weak-arch <arch>', summary: 'weak ones: built too, and a failure is tolerated', many: true },
  { flags: '--target <target>', summary: 'NAME or NAME=BUILD-TAG:DESTINATION-TAG', many: true },
  externalOption,
  {
    flags: '--key <key>',
    summary:
      'NAME[:FORM][@RPM]: whose signatures its packages want, and the oldest rpm that must verify them',
    many: true,
  },
  { flags: '--flavour <flavour>', summary: 'flavours that builds may ask for', many: true },
  ...ofTags,
];

/** Settings of tags that roots and builds have, and repositories have not. */
const rootOptions = ['group', 'package', 'timeout', 'stuck', 'macro', 'module', 'mock-option'];
const rootFlags = ['with', 'without', 'network', 'no-network', 'for-arch', 'for-build'];

export const flavourOptions: Option[] = [
  externalOption,
  { flags: '--dnf-priority <number>', summary: "of its repository; the target's own is 10, and 20 is usual" },
  ...tagOptions.filter((one) =>
    [...rootOptions, ...rootFlags].includes(one.flags.split(' ')[0]?.slice(2) ?? ''),
  ),
];

export function platformSaid(options: Options): PlatformEdit {
  if (Object.hasOwn(given(options, 'macro', (texts) => macros(texts, '--macro')) ?? {}, 'dist'))
    throw usage('--macro does not say %dist of a platform', 'Say it with --dist, as --dist .el9.');
  const { arches: _, macros: all, ...settings } = tagSettings(options);
  const { dist: __, ...more } = all ?? {};
  const said = {
    ...(Object.keys(more).length > 0 || options.list('macro').length > 0 ? { macros: more } : {}),
    ...settings,
  };
  return defined({
    dist: word(options, 'dist'),
    vendor: word(options, 'vendor'),
    packager: word(options, 'packager'),
    arches: given(options, 'arch', commaList),
    weakArches: given(options, 'weak-arch', commaList),
    targets: given(options, 'target', (texts) => texts.map(target)),
    externals: given(options, 'external-repo', (texts) => texts.map(external)),
    keys: given(options, 'key', (texts) => texts.map(key)),
    flavours: given(options, 'flavour', commaList),
    settings: Object.keys(said).length > 0 ? said : undefined,
  });
}

export function flavourSaid(options: Options): FlavourEdit {
  const settings = tagSettings(options);
  return defined({
    externals: given(options, 'external-repo', (texts) => texts.map(external)),
    priority: options.integer('dnf-priority', 1, 99),
    settings: Object.keys(settings).length > 0 ? settings : undefined,
  });
}

/** As `--external-repo` takes it. */
export function externalWords({ external: name, priority = 50, mode = 'koji' }: NewAttachment): string {
  return `${name}@${priority}${mode === 'koji' ? '' : `:${mode}`}`;
}

function target(text: string): { name: string; buildTag: string; destTag: string } {
  const [, name = '', buildTag = `${name}-build`, destTag = name] =
    /^([^=:]+)(?:=([^:]+):(.+))?$/.exec(text) ?? [];
  if (name === '') throw usage(`--target wants NAME or NAME=BUILD-TAG:DESTINATION-TAG, not "${text}"`);
  return { name, buildTag, destTag };
}

function external(text: string): NewAttachment {
  const [, name, priority, mode] = /^([^@:]+)(?:@(\d+))?(?::(koji|simple|bare))?$/.exec(text) ?? [];
  if (name === undefined)
    throw usage(`--external-repo wants NAME@PRIORITY:MODE, mode koji, simple or bare; not "${text}"`);
  return {
    external: name,
    ...(priority === undefined ? {} : { priority: wholeNumber(priority, 'the priority', 0, 10_000) }),
    ...(mode === undefined ? {} : { mode: mode as 'koji' | 'simple' | 'bare' }),
  };
}

const forms = SignatureForm.anyOf.map((one) => one.const);

function key(text: string): NewTagKey {
  const [, name, said, rpm] = /^([^:@]+)(?::([^@]*))?(?:@(.*))?$/.exec(text) ?? [];
  if (name === undefined) throw usage(`--key wants NAME[:FORM][@RPM], not "${text}"`);
  const form = forms.find((one) => one === said);
  if (said !== undefined && form === undefined)
    throw usage(`--key knows the forms ${forms.join(' and ')}, not "${said}"`);
  if (rpm !== undefined && !/^[1-9]\d?\.\d{1,3}$/.test(rpm))
    throw usage(`--key wants a version of rpm such as 4.14 after @, not "${rpm}"`);
  return { key: name, ...(form === undefined ? {} : { form }), ...(rpm === undefined ? {} : { rpm }) };
}

function word(options: Options, name: string): string | null | undefined {
  const text = options.text(name);
  return text === '' ? null : text;
}

function given<T>(options: Options, name: string, read: (texts: string[]) => T): T | undefined {
  const texts = options.list(name);
  return texts.length === 0 ? undefined : read(texts.filter((text) => text !== ''));
}

/** What was named, and nothing else. */
function defined<T extends object>(said: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
