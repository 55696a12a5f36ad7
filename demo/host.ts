/**
 * What the demonstration builds against: on Debian the small distribution made of Debian's packages, with the native
 * driver; on Fedora and EL the distribution's own repositories, with mock.
 *
 * The second way was written and reviewed, and has not been run: no such machine was to be had.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { tryArch } from '../packages/buildroot/src/index.ts';
import type { Arch } from './distro/arch.ts';
import { makeDistro } from './distro/distro.ts';
import { runAarch64 } from './emulation.ts';
import { makeSourcePackages } from './specs/sources.ts';

export interface Demonstration {
  /** The name of its tag and of its target. */
  tag: string;
  driver: 'native' | 'mock';
  arches: string[];
  /** What the builder has to be told to offer, for it does not by itself. */
  emulated?: string;
  /** Base repositories for builds: name → address, `$arch` for the architecture of the root. */
  externals: Record<string, string>;
  /** Where the packages are installed: one root for the machine's own architecture, one more for an emulated one. */
  roots: DemoRoot[];
  dist: string;
  groups?: { srpmBuild: string; build: string };
  /** Source packages in the order in which they are built; equal `order` at the same time. */
  sources: { name: string; srpm: string; order: number }[];
  install: string[];
  /** Programs to run once installed. */
  programs: string[][];
}

export interface DemoRoot {
  /** Its folder's name. */
  name: string;
  /** Where it is not the machine's own. */
  arch?: string;
  /** Base repositories: name → address. */
  base: Record<string, string>;
}

/** @param aarch64 also for aarch64, by emulation */
export async function demonstration(
  home: string,
  progress: (line: string) => void,
  aarch64 = false,
): Promise<Demonstration> {
  if (existsSync('/usr/bin/dpkg-deb')) return await onDebian(home, progress, aarch64);
  if (aarch64) throw new Error('--aarch64 needs the small distribution, which is made on Debian only');
  return await onRpm(home);
}

async function onDebian(
  home: string,
  progress: (line: string) => void,
  aarch64: boolean,
): Promise<Demonstration> {
  const emulated = aarch64 && process.arch !== 'arm64' ? 'aarch64' : undefined;
  if (emulated !== undefined) await runAarch64(home);
  const arches: Arch[] = process.arch === 'arm64' ? ['aarch64'] : ['x86_64'];
  if (process.arch !== 'arm64') {
    const { runs } = await tryArch('i686', home);
    if (runs === 'itself') arches.push('i686');
    else progress('i686 is left out: this machine does not run its programs by itself');
  }
  if (emulated !== undefined) arches.push(emulated);
  const distros = await Promise.all(arches.map((arch) => makeDistro({ arch, progress })));
  const [own] = distros;
  if (own === undefined) throw new Error('there is no distribution for this machine');
  const externals = await linkDistros(home, distros);
  const roots: DemoRoot[] = [{ name: 'root', base: { base: `file://${own.repo}` } }];
  for (const { arch, repo } of distros) {
    if (arch === emulated) roots.push({ name: `root-${arch}`, arch, base: { base: `file://${repo}` } });
  }
  return {
    driver: 'native',
    arches,
    externals: { base: externals },
    roots,
    // A tag of its own: what was built without it stays as it is, and a release is built only once.
    ...(emulated === undefined
      ? { tag: 'demo', dist: '.mdl1' }
      : { tag: `demo-${emulated}`, dist: '.mdl1e', emulated }),
    sources: await makeSourcePackages({ progress }),
    install: ['hello', 'lzop', 'gperf', 'demo-notes'],
    programs: [
      ['/usr/bin/hello', '--greeting=Hello from an RPM that Moromi built.'],
      ['/usr/bin/lzop', '--version'],
    ],
  };
}

/** One address for all architectures: a folder with a link to each. */
async function linkDistros(
  home: string,
  distros: readonly { arch: string; repo: string; key: string }[],
): Promise<string> {
  const folder = join(home, 'base');
  await mkdir(folder, { recursive: true });
  for (const { arch, repo } of distros) {
    const link = join(folder, arch);
    await rm(link, { recursive: true, force: true });
    await symlink(repo, link);
  }
  return `file://${folder}/$arch`;
}

async function onRpm(home: string): Promise<Demonstration> {
  const repos = ownRepositories();
  const folder = join(home, 'sources');
  await mkdir(folder, { recursive: true });
  const names = ['hello', 'jq'];
  run('dnf', ['-q', 'download', '--source', '--destdir', folder, '--', ...names]);
  const files = await readdir(folder);
  const sources = names.map((name) => ({
    name,
    order: 0,
    srpm: join(folder, files.find((file) => file.startsWith(`${name}-`) && file.endsWith('.src.rpm')) ?? ''),
  }));
  return {
    tag: 'demo',
    driver: 'mock',
    arches: [process.arch === 'arm64' ? 'aarch64' : 'x86_64'],
    externals: repos,
    roots: [{ name: 'root', base: repos }],
    dist: `${run('rpm', ['--eval', '%{?dist}']).trim()}.demo`,
    groups: { srpmBuild: '@buildsys-build', build: '@buildsys-build' },
    sources,
    install: ['hello', 'jq'],
    programs: [['/usr/bin/hello'], ['/usr/bin/jq', '--version']],
  };
}

/** The enabled repositories of this machine, by the first address that dnf chose for each. */
function ownRepositories(): Record<string, string> {
  const found: Record<string, string> = {};
  let id = '';
  for (const line of run('dnf', ['-q', 'repolist', '--enabled', '-v']).split('\n')) {
    const [key = '', ...rest] = line.split(' : ').map((part) => part.trim());
    if (key === 'Repo-id') id = rest[0]?.split('/')[0] ?? '';
    if (key === 'Repo-baseurl' && id !== '')
      found[id.replace(/[^A-Za-z0-9._-]/g, '-')] = (rest.join(' : ').split(/[ ,]/)[0] ?? '').trim();
  }
  if (Object.keys(found).length === 0) throw new Error('dnf repolist -v names no repository with an address');
  return found;
}

function run(name: string, args: string[]): string {
  const done = spawnSync(name, args, { encoding: 'utf8', timeout: 10 * 60_000, maxBuffer: 16 * 1024 * 1024 });
  if (done.status !== 0)
    throw new Error(`${name} ${args.join(' ')} ended with ${done.status}: ${done.stderr}`);
  return done.stdout;
}
