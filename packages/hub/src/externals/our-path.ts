/**
 * Where a package of an external repository lies in ours: `external/NAME/` and its own path.
 *
 * Invariant: only what every client and server takes for the same path comes through; another one has its package's id.
 */

/** As `RepoServer` takes the parts of a path. */
const safe = /^[A-Za-z0-9][A-Za-z0-9._+~^-]*$/;

export function ourPath(name: string, { location, pkgid }: { location: string; pkgid: string }): string {
  return `external/${name}/${plain(location) ?? `by-id/${pkgid}.rpm`}`;
}

function plain(location: string): string | undefined {
  try {
    const path = decodeURIComponent(location);
    return path.split('/').every((part) => safe.test(part)) ? path : undefined;
  } catch {
    return undefined;
  }
}
