/** Options of repositories that are shipped, and what they say of them. */
import type { DistDefinition, Multilib } from '@moromi/contract';
import { usage } from './trouble.ts';
import type { Option, Options } from './verb.ts';
import { commaList, hours } from './words.ts';

const unsigned = ['wait', 'skip', 'allow', 'refuse'] as const;

export const distOptions: Option[] = [
  { flags: '-a, --arch <arch>', summary: "architectures (those of the tag's builds)", many: true },
  {
    flags: '--unsigned <what>',
    summary: 'what becomes of builds that are not signed whole (wait)',
    choices: unsigned,
  },
  { flags: '--allow-missing-signatures', summary: 'as --unsigned allow' },
  { flags: '--skip-missing-signatures', summary: 'as --unsigned skip' },
  { flags: '--repo-key <key>', summary: "signs repomd.xml; '' leaves it unsigned" },
  {
    flags: '--layout <layout>',
    summary: 'Packages/<initial>/ (hashed) or Packages/ (plain)',
    choices: ['hashed', 'plain'],
  },
  { flags: '--compress <how>', summary: 'how the metadata is packed (gzip)', choices: ['gzip', 'zstd'] },
  { flags: '--zck', summary: 'the lists of packages as zchunk too, of which clients fetch what has changed' },
  { flags: '--no-zck', summary: 'without them (so it is usually)' },
  { flags: '--filelists-ext', summary: 'lists the files with their digests too' },
  { flags: '--no-filelists-ext', summary: 'without the digests of files (so it is usually)' },
  { flags: '--split-debuginfo', summary: 'a tree of its own for debugging packages (so it is usually)' },
  { flags: '--no-split-debuginfo', summary: 'without debugging packages' },
  { flags: '--with-src', summary: 'a tree of source packages (so it is usually)' },
  { flags: '--no-with-src', summary: 'without source packages' },
  {
    flags: '--multilib <rule>',
    summary: 'ARCH=SMALLER:METHOD, as x86_64=i686:devel; methods: runtime, devel, all, none',
    many: true,
  },
  {
    flags: '--multilib-white <names>',
    summary: 'packages that are always taken beside the larger architecture',
    many: true,
  },
  { flags: '--multilib-black <names>', summary: 'packages that never are', many: true },
  { flags: '--include <globs>', summary: 'these packages only: NAME-*, [i686]NAME', many: true },
  { flags: '--exclude <globs>', summary: 'without these packages', many: true },
  { flags: '--keep <number>', summary: 'newest revisions that stay (as the hub is set)' },
  { flags: '--keep-for <time>', summary: 'how long a superseded one stays beside them, such as 30d' },
  { flags: '--follow', summary: 'each change of the tag brings a new revision (so it is usually)' },
  { flags: '--no-follow', summary: 'revisions are made when somebody asks' },
];

/**
 * What is said; nothing of what is not.
 *
 * @param before the rules that the repository has
 */
export function distDefinition(
  options: Options,
  before: DistDefinition['multilib'] = {},
): Partial<DistDefinition> {
  const arches = commaList(options.list('arch'));
  const said = unsignedOf(options);
  const repoKey = options.text('repo-key');
  const layout = options.text('layout') as DistDefinition['layout'] | undefined;
  const compression = options.text('compress') as DistDefinition['compression'] | undefined;
  const multilib = multilibOf(options, before);
  const debug = either(options, 'split-debuginfo');
  const source = either(options, 'with-src');
  const automatic = either(options, 'follow');
  const zchunk = either(options, 'zck');
  const filelistsExt = either(options, 'filelists-ext');
  const keep = options.integer('keep', 1, 100_000);
  const keepHours = options.text('keep-for') === undefined ? undefined : hours(options, 'keep-for');
  const [include, exclude] = [options.list('include'), options.list('exclude')];
  return {
    ...(arches.length === 0 ? {} : { arches }),
    ...(said === undefined ? {} : { unsigned: said }),
    ...(repoKey === undefined ? {} : { repoKey: repoKey === '' ? null : repoKey }),
    ...(layout === undefined ? {} : { layout }),
    ...(compression === undefined ? {} : { compression }),
    ...(multilib === undefined ? {} : { multilib }),
    ...(debug === undefined ? {} : { debug }),
    ...(source === undefined ? {} : { source }),
    ...(automatic === undefined ? {} : { automatic }),
    ...(zchunk === undefined ? {} : { zchunk }),
    ...(filelistsExt === undefined ? {} : { filelistsExt }),
    ...(keep === undefined ? {} : { keepRevisions: keep }),
    ...(keepHours === undefined ? {} : { keepHours }),
    ...(include.length === 0 ? {} : { include: commaList(include) }),
    ...(exclude.length === 0 ? {} : { exclude: commaList(exclude) }),
  };
}

function either(options: Options, name: string): boolean | undefined {
  if (options.off(name)) return false;
  return options.flag(name) ? true : undefined;
}

function unsignedOf(options: Options): DistDefinition['unsigned'] | undefined {
  const said = [
    ...(options.flag('allow-missing-signatures') ? ['allow' as const] : []),
    ...(options.flag('skip-missing-signatures') ? ['skip' as const] : []),
    ...unsigned.filter((one) => one === options.text('unsigned')),
  ];
  if (said.length > 1) throw usage('say once what becomes of builds that are not signed');
  return said[0];
}

/** Rules take the place of those before, and so do lists; rules without lists keep those of their architecture. */
function multilibOf(
  options: Options,
  before: DistDefinition['multilib'],
): DistDefinition['multilib'] | undefined {
  const said = options.list('multilib');
  const [white, black] = [listOf(options, 'multilib-white'), listOf(options, 'multilib-black')];
  if (said.length === 0 && white === undefined && black === undefined) return undefined;
  const rules = said.length === 0 ? before : Object.fromEntries(said.filter((one) => one !== '').map(ruleOf));
  if (Object.keys(rules).length === 0 && (white !== undefined || black !== undefined))
    throw usage(
      '--multilib-white and --multilib-black want a rule that they are about',
      'Give one with --multilib, as x86_64=i686:devel.',
    );
  return Object.fromEntries(
    Object.entries(rules).map(([larger, { arch, method }]) => [
      larger,
      {
        ...{ arch, method },
        white: white ?? before[larger]?.white ?? [],
        black: black ?? before[larger]?.black ?? [],
      },
    ]),
  );
}

function ruleOf(rule: string): [string, Pick<Multilib, 'arch' | 'method'>] {
  const [, larger = '', arch = '', method = ''] = /^([a-z0-9_]+)=([a-z0-9_]+):([a-z]+)$/.exec(rule) ?? [];
  if (method !== 'runtime' && method !== 'devel' && method !== 'all' && method !== 'none')
    throw usage(`--multilib wants ARCH=SMALLER:METHOD, as x86_64=i686:devel, not "${rule}"`);
  return [larger, { arch, method }];
}

/** Undefined where it is not said; empty where it is said to be. */
function listOf(options: Options, name: string): string[] | undefined {
  const texts = options.list(name);
  return texts.length === 0 ? undefined : commaList(texts);
}
