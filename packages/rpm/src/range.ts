/**
 * Ranges of versions and whether two have a version in common: the question behind "does this provide satisfy that
 * requirement". `overlap` gives rpm's answer (rpmdsCompare of lib/rpmds.c, rpmverOverlap of rpmio/rpmver.c) for every
 * pair; libsolv and so dnf answer alike. It is symmetric.
 */

import type { SimpleDependency } from './dependency.ts';
import { compareEvr, type Evr } from './evr.ts';
import type { Operator } from './sense.ts';

export interface VersionRange {
  /** null where any version is meant; then `evr` is null too. */
  readonly operator: Operator | null;
  readonly evr: Evr | null;
}

const ANY: VersionRange = { operator: null, evr: null };

/**
 * The range that a dependency states. Its version is taken apart as rpm does (parseEVR), without `parseEvr`'s
 * strictness, since headers may say anything: what is not a version still has an order.
 */
export function rangeOf(dependency: Pick<SimpleDependency, 'operator' | 'version'>): VersionRange {
  const { operator, version } = dependency;
  if (operator === null || version === null || version === '') return ANY;
  const colon = /^[0-9]*:/.exec(version)?.[0] ?? '';
  const dash = version.lastIndexOf('-');
  const end = dash < 0 ? version.length : dash;
  const release = version.slice(end + 1);
  return {
    operator,
    evr: {
      epoch: colon === '' ? null : Number(colon.slice(0, -1)),
      version: version.slice(colon.length, end),
      release: release === '' ? null : release,
    },
  };
}

/**
 * Whether some version is in both. A range without a comparison holds every version. No epoch is epoch 0. Where one
 * side states no release, its `=`, `<=` and `>=` hold every release of that version, and its `<` and `>` hold none.
 */
export function overlap(a: VersionRange, b: VersionRange): boolean {
  if (a.operator === null || b.operator === null || a.evr === null || b.evr === null) return true;
  const [releaseA, releaseB] = [a.evr.release ?? '', b.evr.release ?? ''];
  const bothReleases = releaseA !== '' && releaseB !== '';
  const order = bothReleases
    ? compareEvr(a.evr, b.evr)
    : compareEvr({ ...a.evr, release: null }, { ...b.evr, release: null });
  // Two ranges that are open in one direction always meet there.
  if (a.operator.includes('<') && (order > 0 || b.operator.includes('<'))) return true;
  if (a.operator.includes('>') && (order < 0 || b.operator.includes('>'))) return true;
  if (order !== 0) return b.operator.includes(order < 0 ? '<' : '>');
  const [equalA, equalB] = [a.operator.includes('='), b.operator.includes('=')];
  if (bothReleases || releaseA === releaseB) return equalA && equalB;
  return releaseA === '' ? equalA : equalB;
}
