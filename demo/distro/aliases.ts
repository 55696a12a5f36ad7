/**
 * Names that specs written for RPM distributions use, by the Debian package that has the thing. Each becomes a
 * versioned Provides (and one with the architecture), so that `BuildRequires: zlib-devel` resolves.
 */
export const ALIASES: Record<string, readonly string[]> = {
  debianutils: ['which'],
  'g++': ['gcc-c++', 'libstdc++-devel'],
  gettext: ['gettext-devel'],
  git: ['git-core'],
  'libc-bin': ['glibc-common'],
  libc6: ['glibc', 'glibc-minimal-langpack'],
  'libc6-dev': ['glibc-devel', 'glibc-headers', 'kernel-headers'],
  'libcurl4-openssl-dev': ['curl-devel', 'libcurl-devel'],
  'libncurses-dev': ['ncurses-devel'],
  'libpopt-dev': ['popt-devel'],
  'libreadline-dev': ['readline-devel'],
  'libsqlite3-dev': ['sqlite-devel'],
  'libssl-dev': ['openssl-devel'],
  libtool: ['libtool-ltdl-devel'],
  'libxml2-dev': ['libxml2-devel'],
  passwd: ['shadow-utils'],
  perl: ['perl-devel', 'perl-generators', 'perl-interpreter', 'perl-macros'],
  pkgconf: ['pkgconf-pkg-config', 'pkgconfig'],
  procps: ['procps-ng'],
  'python3-dev': ['python3-devel'],
  rpm: ['rpm-build', 'rpm-sign'],
  'util-linux': ['util-linux-core'],
  'xz-utils': ['xz'],
  zlib1g: ['zlib'],
  'zlib1g-dev': ['zlib-devel'],
};

/** Provides that no file tells of. */
export const OTHER_PROVIDES: Record<string, readonly string[]> = {
  libc6: ['rtld(GNU_HASH)'],
  'python3-minimal': ['python(abi) = 3.11'],
};
