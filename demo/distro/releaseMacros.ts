/** The rpm macros that make builds of this distribution its own; installed by the package `demo-release`. */
import { ARCHES, type Arch } from './arch.ts';

export const DISTRIBUTION = { name: 'Moromi Demo Linux', id: 'moromi-demo', version: '1', dist: '.mdl1' };

/** For /usr/lib/rpm/macros.d: read after rpm's own macros and before those of the platform. */
export function distributionMacros(): string {
  return `# ${DISTRIBUTION.name}
%dist ${DISTRIBUTION.dist}
%mdl ${DISTRIBUTION.version}
%vendor ${DISTRIBUTION.name}
%distribution ${DISTRIBUTION.name}

# Debian's rpm keeps its database in the home folder and looks for gpg under another name.
%_dbpath /var/lib/rpm
%__gpg /usr/bin/gpg

# Every package that has a build folder and is not noarch gets its debuginfo and debugsource packages.
%_enable_debug_packages 1
%_debugsource_packages 1
%_build_id_links alldebug
%install %{?_enable_debug_packages:%{?buildsubdir:%{debug_package}}}\\
%%install\\
%{nil}
`;
}

/**
 * For /etc/rpm: read last, because the platform's macros say lib64, where neither Debian's linker nor its loader
 * looks. Libraries go where both look with no further configuration, and no cache of ldconfig's is needed.
 */
export function pathMacros(arch: Arch): string {
  return `# ${DISTRIBUTION.name}: the linker, the loader and pkg-config search this folder by default.
%_lib lib/${ARCHES[arch].multiarch}
%_libdir %{_prefix}/%{_lib}
`;
}

/** For /etc/rpmrc: packages are built for the architecture that the distribution is called by, not for rpm's i386. */
export function buildArchitectures(arch: Arch): string {
  const machines = arch === 'i686' ? ['i386', 'i486', 'i586', 'i686', 'athlon', 'x86_64'] : [arch];
  return machines.map((machine) => `buildarchtranslate: ${machine}: ${arch}\n`).join('');
}
