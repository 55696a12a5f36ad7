/**
 * The real clients of a repository that is shipped: dnf with its plugins and rpm, with nothing of this machine's own
 * configuration.
 */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { System } from '../harness/system.ts';

const run = promisify(execFile);
const bounds = { timeout: 120_000, maxBuffer: 64 * 1024 * 1024 };

export interface Client {
  /** Where it installs to. */
  root: string;
  dnf(...words: string[]): Promise<string>;
  /** Lets rpm believe a key. */
  trust(key: string): Promise<void>;
  /** `rpm --query …` in its root. */
  query(format: string, ...words: string[]): Promise<string[]>;
}

/**
 * A client of its own, without a cache.
 * @param repoFiles what stands in its `yum.repos.d`, beside the small distribution
 */
export async function newClient(system: System, ...repoFiles: string[]): Promise<Client> {
  const home = await mkdtemp(join(system.dir, 'client-'));
  const [repos, root] = [join(home, 'repos.d'), join(home, 'root')];
  await mkdir(repos);
  const base = [
    '[base]',
    'name=base',
    `baseurl=${system.externalUrl().replace('$arch', 'x86_64')}`,
    'gpgcheck=0',
  ];
  await writeFile(join(repos, 'all.repo'), [...repoFiles, base.join('\n'), ''].join('\n'));
  const env = { ...process.env, HOME: home, LC_ALL: 'C.UTF-8' };
  const where = [
    ...['--assumeyes', `--installroot=${root}`, '--releasever=9', '--forcearch=x86_64'],
    ...[`--setopt=reposdir=${repos}`, `--setopt=cachedir=${home}/cache`, `--setopt=logdir=${home}`],
    ...['--setopt=install_weak_deps=0', '--setopt=retries=1', '--setopt=skip_if_unavailable=0'],
    // It would offer what other clients of this machine have fetched.
    '--disableplugin=local',
  ];
  return {
    root,
    dnf: async (...words) => {
      const { stdout, stderr } = await run('dnf', [...where, ...words], { env, ...bounds });
      return `${stdout}${stderr}`;
    },
    trust: async (key) => {
      const file = join(home, 'key');
      await writeFile(file, key);
      await run('rpmkeys', ['--root', root, '--import', file], { env, ...bounds });
    },
    query: async (format, ...words) => {
      const what = ['--root', root, '--query', '--queryformat', `${format}\n`, ...words];
      return (await run('rpm', what, { env, ...bounds })).stdout.trim().split('\n').toSorted();
    },
  };
}

/** The .repo file that the hub gives. */
export async function repoFile(system: System, name: string): Promise<string> {
  const reply = await fetch(`${system.url}/dist/${name}/${name}.repo`);
  if (!reply.ok) throw new Error(`${name}.repo: ${reply.status}`);
  return await reply.text();
}
