/**
 * What a package provides by the files that it holds, in the words that rpm's own generators use for Requires:
 * `pkgconfig(x)`, `perl(A::B)`, `python3dist(x)`, and the old place of what was merged from /bin and /sbin.
 * Sonames are not here: rpm's ELF generator finds those itself.
 */

const PERL_MODULE = /^\/usr\/(?:share|lib\/[^/]+)\/(?:perl-base|perl5?\/5\.[\d.]+|perl5)\/(.+)\.pm$/;
const PYTHON_DIST =
  /^\/usr\/lib\/python3\/dist-packages\/([A-Za-z0-9._]+?)-([0-9][A-Za-z0-9.]*?)(?:-py[\d.]+)?\.(?:dist|egg)-info$/;
const PKGCONFIG = /\/pkgconfig\/([^/]+)\.pc$/;

/** @param version the package's RPM version, given to `pkgconfig()`. @param merged paths before the merge into /usr. */
export function providesOfFiles(
  paths: readonly string[],
  version: string,
  merged: readonly string[],
): string[] {
  const found = new Set<string>();
  for (const path of paths) {
    const pc = PKGCONFIG.exec(path)?.[1];
    if (pc !== undefined) found.add(`pkgconfig(${pc}) = ${version}`);
    const module = PERL_MODULE.exec(path)?.[1];
    if (module !== undefined && /^[A-Za-z0-9_/]+$/.test(module))
      found.add(`perl(${module.replaceAll('/', '::')})`);
    const [, dist, distVersion] = PYTHON_DIST.exec(path) ?? [];
    if (dist !== undefined) {
      const name = dist.toLowerCase().replace(/[-_.]+/g, '-');
      for (const python of ['python3dist', 'python3.11dist'])
        found.add(`${python}(${name}) = ${distVersion}`);
    }
  }
  for (const path of merged) if (/^\/s?bin\/[^/\s]+$/.test(path)) found.add(path);
  return [...found].sort();
}
