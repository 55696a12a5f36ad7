/** Which Debian packages the distribution is made of, per architecture, and what its comps groups hold. */
import type { Arch } from './arch.ts';
import type { CompsGroup } from './comps.ts';

/** The Debian release that the packages come from: pinned, so that every machine makes the same distribution. */
export const SUITE = 'bookworm';

/** What a buildroot needs at least, and the few -dev packages that the demo's specs build against. */
const BASE = words(`
  base-files bash binutils bzip2 coreutils cpio debianutils debugedit diffutils elfutils file findutils g++ gawk gcc
  grep gzip hostname libc-bin libc6-dev login make mount passwd patch perl pkgconf procps rpm sed tar unzip
  util-linux usr-is-merged xz-utils zlib1g-dev zstd`);

/** What other people's packages often need: only for the architecture that most will try. */
const EXTRA = words(`
  autoconf automake bison ca-certificates cmake curl flex gettext git libcurl4-openssl-dev libncurses-dev libpopt-dev
  libreadline-dev libsqlite3-dev libssl-dev libtool libxml2-dev m4 python3 python3-dev python3-setuptools`);

export const WANTED: Record<Arch, readonly string[]> = {
  x86_64: [...BASE, ...EXTRA],
  i686: BASE,
  aarch64: BASE,
};

/** Debian's own plumbing: not converted, and dependencies on it are dropped. */
export const LEFT_OUT: ReadonlySet<string> = new Set([
  'dash',
  'debconf',
  'mawk',
  'usr-is-merged',
  'usrmerge',
]);

const SRPM_BUILD = words(`
  bash bzip2 coreutils cpio demo-release diffutils file filesystem findutils gawk grep gzip hostname libc-bin login
  passwd patch rpm sed setup tar unzip util-linux xz-utils zstd`);

const BUILD = [
  ...SRPM_BUILD,
  ...words('binutils debianutils debugedit elfutils g++ gcc libc6-dev make perl procps'),
];

export const GROUPS: readonly CompsGroup[] = [
  { id: 'buildsys-build', name: 'Buildsystem building group', packages: BUILD },
  { id: 'build', name: 'What every buildroot holds', packages: BUILD },
  { id: 'srpm-build', name: 'What a source package is made with', packages: SRPM_BUILD },
];

function words(text: string): string[] {
  return text.trim().split(/\s+/);
}
