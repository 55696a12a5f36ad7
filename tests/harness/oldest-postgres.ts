/**
 * Debian's PostgreSQL 15, the oldest that a hub takes, for tests: the installed one, or one that is fetched from
 * Debian's archive and unpacked with its libraries. Nothing is installed: that would start a server of the machine's.
 *
 * Invariant: the folder in the cache is whole; it is made aside and renamed.
 */
import { chmod, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { closureOf, openAptState } from '../../demo/distro/aptState.ts';
import { runTool } from '../../demo/distro/tool.ts';
import { exists } from '../../packages/hub/src/ledger/files.ts';

const installed = '/usr/lib/postgresql/15/bin';
const cache = '/var/cache/moromi/postgresql-15';
/** Of what the server depends on, libraries are enough; libc is the machine's, and nothing here is compiled at run time. */
const unneeded = /^(libc6|libc-.*|libcrypt1|libllvm.*|libperl.*)$/;

/** @returns a folder with `postgres` and `initdb`, or undefined on a machine without apt */
export async function oldestPostgres(): Promise<string | undefined> {
  if (await exists(join(installed, 'postgres'))) return installed;
  if (await exists(join(cache, 'bin/postgres'))) return join(cache, 'bin');
  if (!(await exists('/usr/bin/apt-get'))) return undefined;
  await mkdir('/var/cache/moromi', { recursive: true });
  const aside = await mkdtemp(`${cache}.`);
  try {
    await unpack(aside);
    await rm(cache, { recursive: true, force: true });
    await rename(aside, cache);
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
  return join(cache, 'bin');
}

async function unpack(folder: string): Promise<void> {
  const apt = join(folder, 'apt');
  const architecture = (await runTool('dpkg', ['--print-architecture'])).trim();
  const state = await openAptState(apt, { kind: 'deb', suite: 'bookworm', architecture });
  const names = (await closureOf(state, ['postgresql-15']))
    .map(({ name }) => name)
    .filter((name) => name === 'postgresql-15' || (/^lib/.test(name) && !unneeded.test(name)));
  await runTool('apt-get', [...state.options, '-qq', 'download', '--', ...names], { cwd: state.archives });
  const root = join(folder, 'root');
  await mkdir(root);
  for (const file of await readdir(state.archives)) {
    if (file.endsWith('.deb')) await runTool('dpkg-deb', ['--extract', join(state.archives, file), root]);
  }
  await rm(apt, { recursive: true });
  await mkdir(join(folder, 'bin'));
  const libraries = ['usr/lib', 'lib']
    .map((lib) => join(cache, 'root', lib, `${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu`))
    .join(':');
  for (const program of ['postgres', 'initdb']) {
    const real = join(cache, 'root/usr/lib/postgresql/15/bin', program);
    const script = `#!/bin/sh\nexport LD_LIBRARY_PATH=${libraries}\nexec ${real} "$@"\n`;
    await writeFile(join(folder, 'bin', program), script, { mode: 0o755 });
  }
  // mkdtemp made it for its owner alone, and the server runs as nobody.
  await chmod(folder, 0o755);
}
