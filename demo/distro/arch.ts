/** The architectures that the small distribution can be made for, and what each is called by whom. */

export type Arch = 'x86_64' | 'i686' | 'aarch64';

export type ArchNames = {
  /** dpkg's name. */
  debian: string;
  /** Debian's multiarch folder below /usr/lib: the one that its linker, loader and pkg-config search by default. */
  multiarch: string;
  /** The `(…)` that rpm's `%{_isa}` adds to a dependency. */
  isa: string;
  /** What goes before a command so that `uname -m` is right for it. */
  personality: readonly string[];
};

export const ARCHES: Record<Arch, ArchNames> = {
  x86_64: { debian: 'amd64', multiarch: 'x86_64-linux-gnu', isa: 'x86-64', personality: [] },
  i686: { debian: 'i386', multiarch: 'i386-linux-gnu', isa: 'x86-32', personality: ['setarch', 'linux32'] },
  aarch64: { debian: 'arm64', multiarch: 'aarch64-linux-gnu', isa: 'aarch-64', personality: [] },
};

export function isArch(name: string): name is Arch {
  return Object.hasOwn(ARCHES, name);
}
