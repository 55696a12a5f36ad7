/** Packages as a closure sees them, from a few words. */
import { parseDependency, parseEvr } from '@moromi/rpm';
import { type Capability, type ClosedPackage, Requirements } from '../index.ts';

const requirements = new Requirements();

/** `name`, or `name >= 1:2-3`, or an expression in parentheses. */
export function capability(text: string): Capability {
  const [, name = '', operator, version = ''] = /^([^ (][^ ]*) ([<=>]+) (.+)$/.exec(text) ?? [];
  return operator === undefined
    ? { name: text, operator: null, evr: null }
    : { name, operator: operator as '=', evr: parseEvr(version) };
}

/** @param nevra `name-version-release.arch` */
export function closed(
  nevra: string,
  has: { provides?: string[]; requires?: string[]; files?: string[] } = {},
): ClosedPackage {
  const [, name = '', evr = '', arch = ''] = /^(.+)-([^-]+-[^-]+)\.([^.]+)$/.exec(nevra) ?? [];
  const { epoch, version, release } = parseEvr(evr);
  return {
    ...{ name, arch, epoch: epoch ?? 0, version, release: release ?? '', size: 1, location: `${nevra}.rpm` },
    ...{ sha256: 'a'.repeat(64), sourceRpm: null, files: has.files ?? [] },
    provides: (has.provides ?? []).map(capability),
    requirements: [...new Set((has.requires ?? []).map((one) => requirements.of(capability(one))))],
  };
}

export function isReadable(text: string): boolean {
  try {
    return parseDependency(text) !== undefined;
  } catch {
    return false;
  }
}
