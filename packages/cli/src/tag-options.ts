/**
 * What a tag says, as options: the same for a new tag and for one that is edited.
 *
 * Invariant: what is not named is not sent, so the tag goes on saying what it said. A name that is given with an empty
 * value is sent as empty: so is the last of a list taken away.
 */
import type { TagSettings } from '@moromi/contract';
import { mockOptions } from './mock-options.ts';
import { archSettings, packageSettings } from './package-settings.ts';
import { priority } from './priority.ts';
import { usage } from './trouble.ts';
import { type Option, type Options, wholeNumber } from './verb.ts';
import { commaList, duration, externalRepo, hours, macros } from './words.ts';

export const tagOptions: Option[] = [
  { flags: '--arch <arch>', summary: 'architectures that are built in it', many: true },
  {
    flags: '--optional-arch <arch>',
    summary: 'those built only for packages that name them in ExclusiveArch',
    many: true,
  },
  { flags: '--tolerate-arch <arch>', summary: 'those on which a build may fail', many: true },
  { flags: '--external <repo>', summary: 'NAME=URL or NAME=URL@PRIORITY; $arch in the URL', many: true },
  { flags: '--dist <dist>', summary: 'the macro %dist' },
  { flags: '--macro <macro>', summary: "a macro: 'NAME VALUE'", many: true },
  {
    flags: '--group <list>',
    summary: 'build=PKG,… or srpm-build=PKG,…: what stands in the root; PKG,… for both',
    many: true,
  },
  {
    flags: '--package <settings>',
    summary:
      "what is different for packages: 'GLOB key=value,…'; keys: channel, memory, disk, cores, weight, arches, timeout, stuck, with, without, network, module, group, macro.NAME, mock.NAME",
    many: true,
  },
  { flags: '--cpu-level <level>', summary: 'ARCH=N: the x86-64 level, 1 to 4, of its builders', many: true },
  { flags: '--timeout <duration>', summary: 'wall time of one step of a build' },
  { flags: '--stuck <duration>', summary: 'without a line in its logs for so long, a build is ended' },
  { flags: '--priority <priority>', summary: 'of builds that say none: now, background, 0 to 100; or none' },
  { flags: '--fail-fast', summary: 'the first architecture that fails ends the others' },
  { flags: '--no-fail-fast', summary: 'the others are built to their end' },
  {
    flags: '--latest <how>',
    summary: "which of a package's builds is the latest: the one tagged last, or the highest version",
    choices: ['tagged', 'evr'],
  },
  {
    flags: '--pkg-list <how>',
    summary: 'open: all packages are taken; closed: only those of its list, as in Koji',
    choices: ['open', 'closed'],
  },
  {
    flags: '--keep <number>',
    summary: "newest revisions of its repository that stay; 'hub': as the hub is set",
  },
  { flags: '--keep-for <time>', summary: 'how long a superseded one stays beside them, such as 30d' },
  { flags: '--with <option>', summary: 'switch a %bcond on', many: true },
  { flags: '--without <option>', summary: 'switch a %bcond off', many: true },
  { flags: '--module <stream>', summary: 'NAME:STREAM: a module that is enabled in the root', many: true },
  {
    flags: '--mock-option <option>',
    summary:
      'NAME=VALUE: check=no, chroot_additional_packages=A+B, excludepkgs=GLOB+GLOB, module_platform_id=platform:el9, …',
    many: true,
  },
  { flags: '--network', summary: 'builds may reach the network' },
  { flags: '--no-network', summary: 'they may not' },
  {
    flags: '--for-arch <settings>',
    summary: "what is different on an architecture: 'ARCH key=value,…'",
    many: true,
  },
  {
    flags: '--for-build <settings>',
    summary: "what is different for builds: 'GLOB key=value,…' with a glob of name-version-release",
    many: true,
  },
];

export const packageNote =
  "A package's settings: --package 'kernel* memory=16G,disk=50G,cores=8,arches=noarch+i686,channel=large,weight=2,timeout=2d,stuck=6h'.";

/** @returns what was named, and nothing else */
export function tagSettings(options: Options): Partial<TagSettings> {
  const dist = options.text('dist');
  const usual = options.text('priority');
  const said: Partial<TagSettings> = {
    arches: given(options, 'arch', commaList),
    optionalArches: given(options, 'optional-arch', commaList),
    toleratedArches: given(options, 'tolerate-arch', commaList),
    externalRepos: given(options, 'external', (texts) => texts.map(externalRepo)),
    macros: withDist(
      given(options, 'macro', (texts) => macros(texts, '--macro')),
      dist,
    ),
    groups: given(options, 'group', groupsOf),
    packages: given(options, 'package', (texts) => packageSettings(texts)),
    cpuLevels: given(options, 'cpu-level', cpuLevels),
    timeoutSeconds: seconds(options, 'timeout'),
    stuckSeconds: seconds(options, 'stuck'),
    priority: usual === undefined ? undefined : usual === 'none' ? null : priority(usual, '--priority'),
    latest: options.text('latest') as TagSettings['latest'] | undefined,
    packageList: options.text('pkg-list') as TagSettings['packageList'] | undefined,
    ...keptRevisions(options),
    with: given(options, 'with', commaList),
    without: given(options, 'without', commaList),
    network: options.flag('network') ? true : options.off('network') ? false : undefined,
    modules: given(options, 'module', commaList),
    mock: given(options, 'mock-option', mockOptions),
    perArch: given(options, 'for-arch', archSettings),
    builds: given(options, 'for-build', (texts) => packageSettings(texts, '--for-build')),
    failFast: options.flag('fail-fast') ? true : options.off('fail-fast') ? false : undefined,
  };
  return Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined));
}

function given<T>(options: Options, name: string, read: (texts: string[]) => T): T | undefined {
  const texts = options.list(name);
  return texts.length === 0 ? undefined : read(texts.filter((text) => text !== ''));
}

function seconds(options: Options, name: string): number | undefined {
  const text = options.text(name);
  return text === undefined ? undefined : duration(text, `--${name}`);
}

/** Of tags and of repositories that are shipped; `hub` gives the word back. */
function keptRevisions(options: Options): Pick<Partial<TagSettings>, 'keepRevisions' | 'keepHours'> {
  const keep = options.text('keep');
  return {
    ...(keep === undefined ? {} : { keepRevisions: keep === 'hub' ? null : wholeNumber(keep, '--keep') }),
    ...(options.text('keep-for') === undefined ? {} : { keepHours: hours(options, 'keep-for') }),
  };
}

function withDist(
  set: Record<string, string> | undefined,
  dist: string | undefined,
): Record<string, string> | undefined {
  return dist === undefined ? set : { ...set, dist };
}

function cpuLevels(texts: string[]): Record<string, number> {
  return Object.fromEntries(
    commaList(texts).map((text) => {
      const match = /^([a-z0-9_]{1,32})=([1-4])$/.exec(text);
      if (match?.[1] === undefined)
        throw usage(`--cpu-level wants ARCH=N (1 to 4) such as x86_64=3, not "${text}"`);
      return [match[1], Number(match[2])];
    }),
  );
}

function groupsOf(texts: string[]): TagSettings['groups'] {
  const groups = { srpmBuild: [] as string[], build: [] as string[] };
  for (const text of texts) {
    const match = /^(?:([a-z-]+)=)?(.+)$/.exec(text);
    const packages = commaList([match?.[2] ?? '']);
    const which = match?.[1];
    if (which !== undefined && which !== 'build' && which !== 'srpm-build') {
      throw usage(`--group knows build and srpm-build, not "${which}"`);
    }
    if (which !== 'srpm-build') groups.build.push(...packages);
    if (which !== 'build') groups.srpmBuild.push(...packages);
  }
  return groups;
}
