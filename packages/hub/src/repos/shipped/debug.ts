/**
 * Packages with debugging information, told by their names as rpm makes them.
 *
 * Invariant: pure. `kernel-debuginfo-common-x86_64` and `kernel-debug-debuginfo` are such packages; `kernel-debug` is not.
 */

const pattern = /-debug(?:info|source)(?:-|$)/;

export function isDebug(name: string): boolean {
  return pattern.test(name);
}

/**
 * The package that a debug package is about: `foo-libs` of `foo-libs-debuginfo`; null where it is about all packages of
 * its build, as `foo-debugsource` and `kernel-debuginfo-common-x86_64` are.
 */
export function debugged(name: string): string | null {
  return name.endsWith('-debuginfo') ? name.slice(0, -'-debuginfo'.length) : null;
}
