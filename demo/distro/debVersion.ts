/**
 * A Debian version as an RPM epoch, version and release.
 *
 * Debian: `[epoch:]upstream[-revision]`, the revision after the last hyphen (deb-version(7)). RPM allows no hyphen
 * in a version or release, and neither ':' there: both become '_'. A native package has no revision: release 0.
 */

export type Evr = { epoch: string; version: string; release: string };

export function evrOfDebVersion(text: string): Evr {
  const colon = text.indexOf(':');
  const epoch = colon < 0 ? '' : text.slice(0, colon);
  const rest = text.slice(colon + 1);
  const hyphen = rest.lastIndexOf('-');
  const version = hyphen < 0 ? rest : rest.slice(0, hyphen);
  const release = hyphen < 0 ? '0' : rest.slice(hyphen + 1);
  return { epoch: epoch === '0' ? '' : epoch, version: clean(version), release: clean(release) };
}

/** `[epoch:]version[-release]` of a Debian version, for a dependency: the release is left out where there was none. */
export function boundOfDebVersion(text: string): string {
  const { epoch, version, release } = evrOfDebVersion(text);
  return `${epoch === '' ? '' : `${epoch}:`}${version}${text.includes('-') ? `-${release}` : ''}`;
}

export function evrText({ epoch, version, release }: Evr): string {
  return `${epoch === '' ? '' : `${epoch}:`}${version}-${release}`;
}

function clean(part: string): string {
  return part.replace(/[-:]/g, '_');
}
