/**
 * The packages of a root as one hash, by which a hub names a root that is not to be built in again.
 *
 * Invariant: pure, and the same as the hub's: the SHA-256 of the sorted lines `NEVRA SHA256\n`. Which repository a
 * package came from is not in it.
 */
import { createHash } from 'node:crypto';
import type { InstalledPackage } from './driver.ts';

export function rootHash(packages: readonly Pick<InstalledPackage, 'nevra' | 'sha256'>[]): string {
  const lines = packages.map(({ nevra, sha256 }) => `${nevra} ${sha256}\n`);
  return createHash('sha256').update(lines.toSorted().join('')).digest('hex');
}

/** The root comes out with the packages that the order named: nothing was built, and that is no failure. */
export class SameRoot extends Error {
  constructor() {
    super('the root comes out as it did, and nothing was to be built then');
    this.name = 'SameRoot';
  }
}
