/**
 * Which packages of the smaller architecture are shipped beside those of the larger one.
 *
 * Invariant: pure; a package is judged by its name, its files and what it provides, never by what others need, so one
 * package's change never moves another. What a chosen one requires may be missing: repoclosure tells, and the list of
 * those that are always taken helps.
 *
 * Source of the rules: what python-multilib calls `runtime` (libraries and plugins that programs of that architecture
 * load) and `devel` (that, and what is compiled against).
 */

/** What a package's header says about this, told once. */
export type Trait = 'runtime' | 'kernel' | 'kernel-devel';

export interface MultilibRules {
  method: 'none' | 'runtime' | 'devel' | 'all';
  /** Names that are always taken, and names that never are; the latter win. */
  white: readonly string[];
  black: readonly string[];
}

/** Debuggers and tracers, of which the larger architecture's own does both. */
const preferLarger = new Set([
  'gdb',
  'frysk',
  'systemtap',
  'systemtap-runtime',
  'ltrace',
  'strace',
  'valgrind',
]);

export function isMultilib(name: string, traits: readonly Trait[], rules: MultilibRules): boolean {
  const { method, white, black } = rules;
  if (method === 'none' || black.includes(name)) return false;
  if (method === 'all' || white.includes(name)) return true;
  if (preferLarger.has(name) || traits.includes('kernel')) return false;
  if (traits.includes('runtime')) return true;
  if (method === 'runtime' || traits.includes('kernel-devel') || name.startsWith('ghc-')) return false;
  return name.endsWith('-devel') || name.endsWith('-static');
}

const rootDirs = new Set(['/lib', '/lib64']);
const libDirs = new Set([...rootDirs, '/usr/lib', '/usr/lib64']);
const pluginDirs = new Set(
  ['alsa-lib', 'dri', 'gtk-2.0/modules', 'gtk-2.0/immodules', 'krb5/plugins', 'sasl2', 'vdpau'].flatMap(
    (one) => [`/usr/lib/${one}`, `/usr/lib64/${one}`],
  ),
);
/** Below `/usr/lib` or `/usr/lib64`. */
const pluginPatterns = [
  /^gtk-[234]\.0\/.+\/(engines|modules|immodules|loaders|printbackends|filesystems)$/,
  /^gstreamer-/,
  /^qt[^/]*\/plugins\//,
  /^kde[^/]*\/plugins\//,
  /^qt[56]\/qml\//,
  /^gdk-pixbuf-2\.0\/.+\/loaders$/,
  /^xine\/plugins\//,
];

/** Whether programs of its architecture load something of these files. */
export function isRuntime(files: Iterable<{ dir: string; name: string }>): boolean {
  for (const { dir, name } of files) if (isLoaded(dir, name)) return true;
  return false;
}

function isLoaded(dir: string, name: string): boolean {
  const versioned = name.includes('.so.');
  if (libDirs.has(dir)) {
    if (versioned) return true;
    return rootDirs.has(dir) && /^(libnss_|libdb-)/.test(name);
  }
  if (
    pluginDirs.has(dir) ||
    dir === '/etc/lsb-release.d' ||
    dir === '/lib/security' ||
    dir === '/lib64/security'
  )
    return true;
  if (dir === '/etc/ld.so.conf.d') return name.endsWith('.conf');
  const below = /^\/usr\/lib(?:64)?\/(.+)$/.exec(dir)?.[1];
  if (below === undefined) return false;
  if (below === 'oprofile') return versioned;
  if (below === 'wine') return name.endsWith('.so');
  if (below === 'sane') return name.startsWith('libsane-');
  return pluginPatterns.some((pattern) => pattern.test(below));
}
