/** The real clients of a repository: dnf and rpm. */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { System } from './system.ts';

let roots = 0;

/** Installs packages of a tag and what they need with dnf, over HTTP. @returns the root */
export function installed(
  system: System,
  arch: 'x86_64' | 'i686' | 'aarch64',
  packages: readonly string[],
  tag = 'el9',
): string {
  roots += 1;
  const root = join(system.dir, `root-${roots}`);
  mkdirSync(`${system.dir}/dnf-log`, { recursive: true });
  const done = spawnSync(
    'dnf',
    [
      '--assumeyes',
      // It would offer what other clients of this machine have fetched.
      '--disableplugin=local',
      `--installroot=${root}`,
      '--releasever=9',
      `--forcearch=${arch}`,
      `--setopt=reposdir=${system.dir}/none`,
      `--setopt=cachedir=${system.dir}/dnf-${arch}`,
      `--setopt=logdir=${system.dir}/dnf-log`,
      '--setopt=gpgcheck=0',
      '--setopt=install_weak_deps=0',
      `--repofrompath=base,${system.externalUrl().replace('$arch', arch)}`,
      `--repofrompath=moromi,${system.url}/repos/${tag}/latest/${arch}/`,
      '--setopt=moromi.metadata_expire=0',
      'install',
      ...packages,
    ],
    { encoding: 'utf8', env: { ...process.env, HOME: system.dir } },
  );
  if (done.status !== 0) throw new Error(`dnf ended with ${done.status}:\n${done.stdout}\n${done.stderr}`);
  return root;
}

/** What rpm itself reads from a package file. */
export function rpmQuery(file: string, format: string): string {
  const done = spawnSync(
    'rpm',
    ['--query', '--package', '--nosignature', '--queryformat', format, '--', file],
    {
      encoding: 'utf8',
    },
  );
  if (done.status !== 0) throw new Error(`rpm cannot read ${file}: ${done.stderr}`);
  return done.stdout;
}
