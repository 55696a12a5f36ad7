/** Installs what was built into a root of its own, with dnf over HTTP, and runs programs there. */
import { spawn } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const installLimitMs = 10 * 60_000;
const runLimitMs = 60_000;

export interface Installation {
  root: string;
  /** Architecture of the root, where it is not the machine's own. */
  arch?: string;
  /** The hub's own `.repo` file of the tag. */
  repoFile: string;
  /** Repositories of the distribution: name → base URL. */
  base: Readonly<Record<string, string>>;
  packages: readonly string[];
}

/** Makes the root anew and installs into it. Throws with dnf's own words where that fails. */
export async function install({ root, arch, repoFile, base, packages }: Installation): Promise<void> {
  await rm(root, { recursive: true, force: true });
  const folder = join(root, 'etc/yum.repos.d');
  await mkdir(folder, { recursive: true });
  const reply = await fetch(repoFile);
  if (!reply.ok) throw new Error(`${repoFile} answers ${reply.status}`);
  await writeFile(join(folder, 'moromi.repo'), await reply.text());
  const others = Object.entries(base).map(
    ([name, url]) => `[${name}]\nname=${name}\nbaseurl=${url}\ngpgcheck=0\n`,
  );
  await writeFile(join(folder, 'base.repo'), others.join('\n'));
  // Debian's rpm keeps its database below the home of whoever calls it; the root's own rpm would not find it there.
  const home = homeOf(root);
  await mkdir(home, { recursive: true });
  await writeFile(join(home, '.rpmmacros'), '%_dbpath /var/lib/rpm\n');
  const options = Object.entries({
    reposdir: folder,
    cachedir: `${root}.cache`,
    install_weak_deps: '0',
    keepcache: '0',
  });
  const args = [
    '-q',
    '-y',
    '--noplugins',
    `--installroot=${root}`,
    ...forced(arch),
    '--releasever=1',
    ...options.map(([key, value]) => `--setopt=${key}=${value}`),
    'install',
    '--',
    ...packages,
  ];
  console.log(`$ ${installCommand(root, packages, arch)}`);
  await program('dnf', args, installLimitMs, 'inherit', home);
}

/** How to install more into the root by hand. Some of the plugins that Debian's dnf has end it in the middle. */
export function installCommand(root: string, packages: readonly string[], arch?: string): string {
  const options = ['-y', '--noplugins', `--installroot=${root}`, ...forced(arch)];
  return `HOME=${homeOf(root)} dnf ${options.join(' ')} install ${packages.join(' ')}`;
}

function forced(arch: string | undefined): string[] {
  return arch === undefined ? [] : [`--forcearch=${arch}`];
}

function homeOf(root: string): string {
  return `${root}.home`;
}

/** Runs a program of the root in it. @returns what it printed */
export async function runInstalled(root: string, args: readonly string[]): Promise<string> {
  console.log(`$ chroot ${root} ${args.join(' ')}`);
  const text = await program('chroot', [root, ...args], runLimitMs, 'pipe');
  console.log(text.trimEnd());
  return text;
}

function program(
  name: string,
  args: string[],
  limitMs: number,
  output: 'inherit' | 'pipe',
  home = '/root',
): Promise<string> {
  const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8', HOME: home };
  const child = spawn(name, args, { env, stdio: ['ignore', output, 'pipe'], timeout: limitMs });
  let text = '';
  let complaint = '';
  child.stdout?.setEncoding('utf8').on('data', (piece: string) => {
    text += piece;
  });
  child.stderr?.setEncoding('utf8').on('data', (piece: string) => {
    complaint = (complaint + piece).slice(-4000);
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0
        ? resolve(text)
        : reject(new Error(`${name} ${args.at(-1) ?? ''} ended with ${code}:\n${complaint}`)),
    );
  });
}
