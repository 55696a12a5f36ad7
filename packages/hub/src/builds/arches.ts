/**
 * On which architectures a source package is built.
 *
 * Invariant: pure. Every architecture that was asked for is in the plan, as a build or as excluded with its reason; a
 * package that is only noarch is built once, where it is permitted.
 */
export interface SourceArches {
  buildArchs: readonly string[];
  exclusiveArch: readonly string[];
  excludeArch: readonly string[];
}

export interface WantedArches {
  /** Of the target, in its order; every package is built for them. */
  base: readonly string[];
  /** Of the target too, but only for packages whose ExclusiveArch names them. */
  optional: readonly string[];
  /** Of this package beside those; `noarch` is one more build with that target. */
  additional: readonly string[];
  /** Only these, where the submitter said so. */
  only?: readonly string[] | undefined;
}

export interface PlannedArch {
  /** Of the root. */
  arch: string;
  /** What rpmbuild is told to build for, where that is another. */
  target: 'noarch' | null;
  /** Why it is not built there, in a sentence; null where it is. */
  excluded: string | null;
  /** All that comes of it is noarch. */
  noarch: boolean;
}

/** Which architecture's builder has the same source package and often the same layer at hand: x86_64 for i686. */
export const pairs: Readonly<Record<string, string>> = {
  i686: 'x86_64',
  i386: 'x86_64',
  ppc: 'ppc64',
  armv7hl: 'aarch64',
};

/** @param able whether some enabled builder takes an architecture; of equal places one that has is better */
export function planArches(
  source: SourceArches,
  wanted: WantedArches,
  able: (arch: string) => boolean = () => true,
): PlannedArch[] {
  const onlyNoarch = source.buildArchs.length > 0 && source.buildArchs.every((arch) => arch === 'noarch');
  const named = exclusive(source);
  const asked = [
    ...wanted.base,
    ...wanted.optional.filter((arch) => named.includes(arch)),
    ...wanted.additional.filter((arch) => arch !== 'noarch'),
  ].filter((arch) => wanted.only === undefined || wanted.only.includes(arch));
  const plan = [...new Set(asked)].map((arch) => ({
    arch,
    target: null,
    excluded: whyExcluded(source, arch),
    noarch: onlyNoarch,
  }));
  const places = plan.filter((one) => one.excluded === null);
  const place = places.find((one) => able(one.arch)) ?? places[0];
  if (place === undefined) return plan;
  if (onlyNoarch) return [place];
  if (!wanted.additional.includes('noarch')) return plan;
  return [...plan, { arch: place.arch, target: 'noarch', excluded: null, noarch: true }];
}

function whyExcluded(source: SourceArches, arch: string): string | null {
  const named = exclusive(source);
  if (named.length > 0 && !named.includes(arch))
    return `ExclusiveArch has ${named.join(' ')} and not ${arch}`;
  if (source.excludeArch.includes(arch)) return `ExcludeArch has ${arch}`;
  return null;
}

/** "noarch" in ExclusiveArch speaks of what is made, not of where. */
function exclusive(source: SourceArches): string[] {
  return source.exclusiveArch.filter((one) => one !== 'noarch');
}
