/**
 * `'GLOB key=value,…'`: what a tag says of some of its packages.
 *
 * Invariant: of a glob that is given twice both words count; a key that is not known, or a value in another form than its
 * own, is refused with the form that it wants.
 */
import type { PackageSettings } from '@moromi/contract';
import { usage } from './trouble.ts';
import { wholeNumber } from './verb.ts';
import { commaList, duration, glob, mebibytes, quantity } from './words.ts';

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
};

export function packageSettings(texts: string[]): Record<string, PackageSettings> {
  const said = new Map<string, PackageSettings>();
  for (const text of texts) {
    const match = /^\s*(\S+)\s+(\S.*)$/.exec(text);
    if (match?.[1] === undefined || match[2] === undefined)
      throw usage(`--package wants 'GLOB key=value,…' such as 'kernel* memory=16G,cores=8', not "${text}"`);
    const name = glob(match[1], '--package');
    said.set(name, Object.assign({}, said.get(name), ...commaList([match[2]]).map(setting)));
  }
  return Object.fromEntries(said);
}

function setting(text: string): PackageSettings {
  const [, key = '', value = ''] = /^([a-z]+)=(.+)$/.exec(text) ?? [];
  const read = Object.hasOwn(keys, key) ? keys[key] : undefined;
  if (read === undefined)
    throw usage(`--package knows ${Object.keys(keys).join(', ')}, each as key=value; not "${text}"`);
  return read(value, `${key} of --package`);
}

/** The same form again, for reading. */
export function packageWords(settings: PackageSettings): string {
  const { channel, memoryMb, diskMb, cores, weight, additionalArches, timeoutSeconds, stuckSeconds } =
    settings;
  const parts: [string, string | number | undefined][] = [
    ['channel', channel],
    ['memory', size(memoryMb)],
    ['disk', size(diskMb)],
    ['cores', cores],
    ['weight', weight],
    ['arches', additionalArches?.join('+')],
    ['timeout', time(timeoutSeconds)],
    ['stuck', time(stuckSeconds)],
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
