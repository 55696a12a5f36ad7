/**
 * mock as a peer, where there is one on the path that whoever runs the bench may call: a root that it has cached is
 * unpacked, brought up to the newest revision and given a package's BuildRequires.
 *
 * Invariant: nothing counts that mock does once, nor that it clears away what the build before has left.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { say } from './figure.ts';
import { timed } from './rusage.ts';

const root = 'bench';

export class WarmMock {
  readonly #config: string;
  readonly #results: string;

  private constructor(config: string, results: string) {
    this.#config = config;
    this.#results = results;
  }

  /** @param baseurl always the newest revision's @returns undefined where there is no mock */
  static async find(dir: string, baseurl: string, arch: string): Promise<WarmMock | undefined> {
    try {
      await timed(['mock', '--version']);
    } catch {
      say('there is no mock here that could stand beside it');
      return undefined;
    }
    const [base, cache] = [join(dir, 'roots'), join(dir, 'cache')];
    for (const folder of [dir, base, cache]) await mkdir(folder, { recursive: true });
    // mock gives up its rights for those of a user of this group, and makes folders as that.
    await timed(['chgrp', 'mock', base, cache]);
    await timed(['chmod', '2775', base, cache]);
    const config = join(dir, `${root}.cfg`);
    await writeFile(config, settings(base, cache, baseurl, arch));
    const mock = new WarmMock(config, join(base, root, 'result'));
    await mock.#run('--init');
    return mock;
  }

  /** @param source a package whose `%prep` writes "begins at" and nanoseconds since 1970 @returns seconds until then */
  async prepare(source: string): Promise<number> {
    await this.#run('--clean');
    const at = performance.timeOrigin + performance.now();
    await this.#run('--rebuild', source);
    return (begunAt(await readFile(join(this.#results, 'build.log'), 'utf8')) - at) / 1000;
  }

  async #run(...args: string[]): Promise<void> {
    await timed(['mock', '--quiet', '--root', this.#config, ...args]);
  }
}

/** @param log of a build whose `%prep` tells it @returns when that was, in milliseconds since 1970 */
export function begunAt(log: string): number {
  const begun = [...log.matchAll(/^begins at (\d+)$/gm)].at(-1)?.[1];
  if (begun === undefined) throw new Error('the build did not say when it began');
  return Number(BigInt(begun) / 1000n) / 1000;
}

/** What mock has by default, but for what this machine lacks: a bootstrap image, a system bus, SELinux, pigz. */
function settings(base: string, cache: string, baseurl: string, arch: string): string {
  return `config_opts['root'] = '${root}'
config_opts['target_arch'] = '${arch}'
config_opts['legal_host_arches'] = ('${arch}',)
config_opts['chroot_setup_cmd'] = 'install @buildsys-build'
config_opts['dist'] = 'bench'
config_opts['releasever'] = '1'
config_opts['package_manager'] = 'dnf4'
config_opts['basedir'] = '${base}'
config_opts['cache_topdir'] = '${cache}'
config_opts['use_bootstrap'] = False
config_opts['isolation'] = 'simple'
config_opts['plugin_conf']['selinux_enable'] = False
config_opts['plugin_conf']['root_cache_opts']['compress_program'] = 'zstd'
config_opts['plugin_conf']['root_cache_opts']['decompress_program'] = 'unzstd'
config_opts['plugin_conf']['root_cache_opts']['extension'] = '.zst'
config_opts['dnf.conf'] = '''
[main]
keepcache=1
reposdir=/dev/null
gpgcheck=0
assumeyes=1
best=1
install_weak_deps=0
metadata_expire=0
[bench]
name=bench
baseurl=${baseurl}
'''
`;
}
