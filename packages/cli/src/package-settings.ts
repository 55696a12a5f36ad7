/**
 * `'GLOB key=value,…'`: what a tag says of some of its packages.
 *
 * Invariant: of a glob that is given twice both words count; a key that is not known, or a value in another form than its
 * own, is refused with the form that it wants.
 */
import type { ArchSettings, PackageSettings } from '@moromi/contract';
import { mockOption, mockWords } from './mock-options.ts';
import { usage } from './trouble.ts';
import { wholeNumber } from './verb.ts';
import { commaList, duration, glob, mebibytes, packageNames, quantity } from './words.ts';

type Reader = (value: string, what: string) => PackageSettings;

const keys: Record<string, Reader> = {
  channel: (channel) => ({ channel }),
  memory: (value, what) => ({ memoryMb: mebibytes(value, what) }),
  disk: (value, what) => ({ diskMb: mebibytes(value, what) }),
  cores: (value, what) => ({ cores: wholeNumber(value, what, 0, 100_000) }),
  weight: (value, what) => ({ weight: quantity(value, what, 1000) }),
  arches: (value) => ({ additionalArches: value.split('+').filter((arch) => arch !== '') }),
  timeout: (value, what) => ({ timeoutSeconds: duration(value, what) }),
  stuck: (value, what) => ({ stuckSeconds: duration(value, what) }),
  with: (value) => ({ with: several(value) }),
  without: (value) => ({ without: several(value) }),
  network: (value, what) => ({ network: yesOrNo(value, what) }),
  module: (value) => ({ modules: several(value) }),
  group: (value) => ({ groups: { srpmBuild: packageNames(value), build: packageNames(value) } }),
};

/** What is said of one name among several: `macro.dist=.x`. */
const named: Record<string, (name: string, value: string, option: string) => PackageSettings> = {
  macro: (name, value) => ({ macros: { [name]: value } }),
  group: (name, value, option) => {
    if (name !== 'build' && name !== 'srpm')
      throw usage(`${option} knows group.build and group.srpm, not group.${name}`);
    const own = packageNames(value);
    return { groups: { srpmBuild: name === 'srpm' ? own : [], build: name === 'build' ? own : [] } };
  },
  mock: (name, value, option) => ({ mock: mockOption(name, value, option) }),
};

const byName = ['macro.NAME', 'mock.NAME', 'group.NAME'];
const known = [...Object.keys(keys), ...byName];
const onArches = ['with', 'without', 'network', 'module', 'group', ...byName];

const several = (value: string): string[] => value.split('+').filter((one) => one !== '');

function yesOrNo(value: string, what: string): boolean {
  if (value !== 'yes' && value !== 'no') throw usage(`${what} wants yes or no, not "${value}"`);
  return value === 'yes';
}

/** @param option whose texts these are */
export function packageSettings(texts: string[], option = '--package'): Record<string, PackageSettings> {
  const said = new Map<string, PackageSettings>();
  for (const text of texts) {
    const match = /^\s*(\S+)\s+(\S.*)$/.exec(text);
    if (match?.[1] === undefined || match[2] === undefined)
      throw usage(`${option} wants 'GLOB key=value,…' such as 'kernel* memory=16G,cores=8', not "${text}"`);
    const name = glob(match[1], option);
    said.set(name, merged([said.get(name) ?? {}, ...settingsIn(match[2], option, known)]));
  }
  return Object.fromEntries(said);
}

/** `'ARCH key=value,…'`: what is different on an architecture. */
export function archSettings(texts: string[]): Record<string, ArchSettings> {
  const said = new Map<string, ArchSettings>();
  for (const text of texts) {
    const match = /^\s*([a-z0-9_]{1,32})\s+(\S.*)$/.exec(text);
    if (match?.[1] === undefined || match[2] === undefined)
      throw usage(`--for-arch wants 'ARCH key=value,…' such as 's390x without=doc', not "${text}"`);
    const before = said.get(match[1]) ?? {};
    said.set(match[1], merged([before, ...settingsIn(match[2], '--for-arch', onArches)]));
  }
  return Object.fromEntries(said);
}

/** Later words win; macros and options of mock add up by their names. */
function merged(parts: PackageSettings[]): PackageSettings {
  const macros = Object.assign({}, ...parts.map((one) => one.macros));
  const mock = Object.assign({}, ...parts.map((one) => one.mock));
  const groups = parts.flatMap((one) => one.groups ?? []);
  const group = (which: 'srpmBuild' | 'build') =>
    groups.findLast((one) => one[which].length > 0)?.[which] ?? [];
  return {
    ...Object.assign({}, ...parts),
    ...(Object.keys(macros).length > 0 ? { macros } : {}),
    ...(Object.keys(mock).length > 0 ? { mock } : {}),
    ...(groups.length > 0 ? { groups: { srpmBuild: group('srpmBuild'), build: group('build') } } : {}),
  };
}

function settingsIn(text: string, option: string, only: readonly string[]): PackageSettings[] {
  return commaList([text]).map((part) => {
    const [, key = '', name, value = ''] = /^([a-z]+)(?:\.([A-Za-z_][A-Za-z0-9_]*))?=(.+)$/.exec(part) ?? [];
    const isKnown = only.includes(name === undefined ? key : `${key}.NAME`);
    if (!isKnown) throw usage(`${option} knows ${only.join(', ')}, each as key=value; not "${part}"`);
    const settings =
      name === undefined ? keys[key]?.(value, `${key} of ${option}`) : named[key]?.(name, value, option);
    return settings ?? {};
  });
}

/** The same form again, for reading. */
export function packageWords(settings: PackageSettings): string {
  const { channel, memoryMb, diskMb, cores, weight, additionalArches, timeoutSeconds, stuckSeconds } =
    settings;
  const { with: on, without, network, macros, modules, mock, groups } = settings;
  const parts: [string, string | number | undefined][] = [
    ['channel', channel],
    ['memory', size(memoryMb)],
    ['disk', size(diskMb)],
    ['cores', cores],
    ['weight', weight],
    ['arches', additionalArches?.join('+')],
    ['timeout', time(timeoutSeconds)],
    ['stuck', time(stuckSeconds)],
    ['with', on?.join('+')],
    ['without', without?.join('+')],
    ['network', network === undefined ? undefined : network ? 'yes' : 'no'],
    ['module', modules?.join('+')],
    ['group.srpm', groups?.srpmBuild.join(';') || undefined],
    ['group.build', groups?.build.join(';') || undefined],
    ...mockWords(mock ?? {}).map(([name, value]): [string, string] => [`mock.${name}`, value]),
    ...Object.entries(macros ?? {}).map(([name, value]): [string, string] => [`macro.${name}`, value]),
  ];
  return parts
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
}

function size(mebibytesOf: number | undefined): string | undefined {
  if (mebibytesOf === undefined) return undefined;
  return mebibytesOf > 0 && mebibytesOf % 1024 === 0 ? `${mebibytesOf / 1024}G` : `${mebibytesOf}M`;
}

function time(secondsOf: number | undefined): string | undefined {
  if (secondsOf === undefined) return undefined;
  const unit = [86_400, 3600, 60].find((one) => secondsOf % one === 0) ?? 1;
  return `${secondsOf / unit}${{ 86400: 'd', 3600: 'h', 60: 'm', 1: 's' }[unit]}`;
}
