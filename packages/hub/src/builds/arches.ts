/**
 * On which architectures a source package is built.
 *
 * Invariant: pure. Every architecture that was asked for is in the plan, as a build or as excluded with its reason; a
 * package that is only noarch is built once.
 */
export interface SourceArches {
  buildArchs: readonly string[];
  exclusiveArch: readonly string[];
  excludeArch: readonly string[];
}

export interface PlannedArch {
  arch: string;
  /** Why it is not built there, in a sentence; null where it is. */
  excluded: string | null;
  noarch: boolean;
}

/** @param wanted architectures of the target that the build asks for, in the target's order */
export function planArches(source: SourceArches, wanted: readonly string[]): PlannedArch[] {
  const noarch = source.buildArchs.length > 0 && source.buildArchs.every((arch) => arch === 'noarch');
  const plan = wanted.map((arch) => ({ arch, excluded: whyExcluded(source, arch), noarch }));
  if (!noarch) return plan;
  const place = plan.find((one) => one.excluded === null);
  return place === undefined ? plan : [place];
}

function whyExcluded(source: SourceArches, arch: string): string | null {
  // "noarch" in ExclusiveArch speaks of what is made, not of where.
  const exclusive = source.exclusiveArch.filter((one) => one !== 'noarch');
  if (exclusive.length > 0 && !exclusive.includes(arch))
    return `ExclusiveArch has ${exclusive.join(' ')} and not ${arch}`;
  if (source.excludeArch.includes(arch)) return `ExcludeArch has ${arch}`;
  return null;
}
