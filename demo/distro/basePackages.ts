/** The packages that an RPM distribution needs and Debian has no counterpart of: filesystem, setup, demo-release. */
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ARCHES, type Arch } from './arch.ts';
import { entriesOf, filesList } from './fileTree.ts';
import { buildArchitectures, DISTRIBUTION, distributionMacros, pathMacros } from './releaseMacros.ts';
import { makeRpm } from './rpmPackage.ts';

const FOLDERS = `
  /boot /dev /etc /etc/rpm /home /media /mnt /opt /proc /root /run /srv /sys /tmp /usr /usr/bin /usr/include /usr/lib
  /usr/lib/pkgconfig /usr/lib/rpm /usr/lib/rpm/macros.d /usr/lib64 /usr/libexec /usr/local /usr/sbin /usr/share
  /usr/share/doc /usr/share/info /usr/share/licenses /usr/share/locale /usr/share/man /usr/share/man/man1
  /usr/share/man/man3 /usr/share/man/man5 /usr/share/man/man8 /usr/share/pkgconfig /usr/src /usr/src/debug /var
  /var/cache /var/lib /var/lib/rpm /var/log /var/spool /var/tmp`
  .trim()
  .split(/\s+/);

/** The folders that the package `filesystem` owns, and so no other does. */
export function commonFolders(arch: Arch): string[] {
  const libraries = `/usr/lib/${ARCHES[arch].multiarch}`;
  return [...FOLDERS, libraries, `${libraries}/pkgconfig`];
}

export async function makeBasePackages(place: {
  arch: Arch;
  work: string;
  packages: string;
  signal?: AbortSignal;
}): Promise<void> {
  const { arch } = place;
  const all: [string, string[], (root: string) => Promise<void>][] = [
    ['filesystem', [], (root) => layFilesystem(root, arch)],
    ['setup', ['Requires(pre): filesystem'], laySetup],
    [
      'demo-release',
      [
        'Requires(pre): filesystem',
        'Requires: setup',
        `Provides: system-release = ${DISTRIBUTION.version}`,
        `Provides: system-release(releasever) = ${DISTRIBUTION.version}`,
        `Provides: redhat-rpm-config = 300`,
        `Provides: demo-rpm-config = ${DISTRIBUTION.version}`,
      ],
      (root) => layRelease(root, arch),
    ],
  ];
  for (const [name, head, lay] of all) {
    const work = join(place.work, name);
    const root = join(work, 'root');
    await mkdir(root, { recursive: true });
    await lay(root);
    const owned = new Set(name === 'filesystem' ? [] : commonFolders(arch));
    const files = filesList(await entriesOf(root), { configs: new Set(), foldersOwnedElsewhere: owned });
    const description = `${name} of ${DISTRIBUTION.name}`;
    const identity = [`Name: ${name}`, `Version: ${DISTRIBUTION.version}`, `Release: 1${DISTRIBUTION.dist}`];
    const rest = [`Summary: ${description}`, 'License: Apache-2.0', 'AutoReqProv: no'];
    await makeRpm(
      { name, head: [...identity, ...rest, ...head], description, root, files },
      { ...place, work, arch: name === 'setup' ? 'noarch' : arch },
    );
  }
}

async function layFilesystem(root: string, arch: Arch): Promise<void> {
  for (const folder of commonFolders(arch)) await mkdir(root + folder, { recursive: true });
  for (const folder of ['/tmp', '/var/tmp']) await chmod(root + folder, 0o1777);
  await chmod(`${root}/root`, 0o700);
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) await symlink(`usr/${name}`, join(root, name));
}

async function laySetup(root: string): Promise<void> {
  const passwd = ['root:x:0:0:root:/root:/bin/bash', 'bin:x:1:1:bin:/bin:/usr/sbin/nologin'];
  await put(root, '/etc/passwd', lines(...passwd, 'nobody:x:65534:65534:nobody:/:/usr/sbin/nologin'));
  const groups = [
    'root:x:0:',
    'bin:x:1:',
    'tty:x:5:',
    'mail:x:8:',
    'utmp:x:22:',
    'shadow:x:42:',
    'users:x:100:',
  ];
  await put(root, '/etc/group', lines(...groups, 'nogroup:x:65533:', 'nobody:x:65534:'));
  await put(root, '/etc/shadow', lines('root:*:19000:0:99999:7:::'), 0o640);
  await put(root, '/etc/gshadow', lines('root:*::'), 0o640);
  await put(root, '/etc/hosts', lines('127.0.0.1 localhost', '::1 localhost'));
  await put(root, '/etc/shells', lines('/bin/sh', '/bin/bash'));
}

async function layRelease(root: string, arch: Arch): Promise<void> {
  const { name, id, version } = DISTRIBUTION;
  const release = `${name} release ${version}`;
  await put(root, '/etc/demo-release', lines(release));
  await symlink('demo-release', `${root}/etc/system-release`);
  const fields = [`NAME="${name}"`, `ID=${id}`, `VERSION_ID=${version}`, `PRETTY_NAME="${name} ${version}"`];
  await put(root, '/usr/lib/os-release', lines(...fields, 'ANSI_COLOR="0;36"'));
  await symlink('../usr/lib/os-release', `${root}/etc/os-release`);
  await put(root, '/usr/lib/rpm/macros.d/macros.demo', distributionMacros());
  await put(root, '/etc/rpmrc', buildArchitectures(arch));
  await put(root, '/etc/rpm/macros.demo-paths', pathMacros(arch));
}

async function put(root: string, path: string, text: string, mode = 0o644): Promise<void> {
  await mkdir(dirname(root + path), { recursive: true });
  await writeFile(root + path, text, { mode });
  await chmod(root + path, mode);
}

function lines(...all: string[]): string {
  return `${all.join('\n')}\n`;
}
