/**
 * A private apt: its own sources, lists, package state and downloads in one folder. It asks the archive that this
 * machine's own apt is set up with, checks signatures as that does, and installs nothing anywhere.
 */
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { runTool } from './tool.ts';

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

export type AptState = {
  /** The folder that downloads go to. */
  archives: string;
  /** apt's options for this state; to be followed by a command of apt-get. */
  options: readonly string[];
};

export type DebPackage = { name: string; version: string; architecture: string; file: string };

/** @param kind 'deb' for binary packages of the suite, 'deb-src' for source packages. */
export async function openAptState(
  folder: string,
  {
    kind,
    suite,
    architecture,
    signal,
  }: { kind: 'deb' | 'deb-src'; suite: string; architecture: string; signal?: AbortSignal },
): Promise<AptState> {
  const archives = join(folder, 'archives');
  const lists = join(folder, 'lists');
  await mkdir(join(archives, 'partial'), { recursive: true });
  await mkdir(join(lists, 'partial'), { recursive: true });
  await writeFile(join(folder, 'status'), '');
  await writeFile(
    join(folder, 'sources.list'),
    `${kind} [signed-by=${KEYRING}] ${await debianMirror(suite, signal)} ${suite} main\n`,
  );
  const settings: Record<string, string> = {
    'Dir::State': folder,
    'Dir::State::status': join(folder, 'status'),
    'Dir::State::lists': lists,
    'Dir::Cache': folder,
    'Dir::Cache::archives': archives,
    'Dir::Etc::sourcelist': join(folder, 'sources.list'),
    'Dir::Etc::sourceparts': '-',
    'Dir::Etc::preferences': '-',
    'Dir::Etc::preferencesparts': '-',
    'APT::Architecture': architecture,
    'APT::Architectures::': architecture,
    'APT::Install-Recommends': 'false',
    'APT::Sandbox::User': 'root',
    // Lists that could not be fetched are an error here: without them packages only seem not to exist.
    'APT::Update::Error-Mode': 'any',
    'APT::Update::Post-Invoke': '',
    'APT::Update::Post-Invoke-Success': '',
    'Acquire::Languages': 'none',
    'Acquire::Retries': '3',
  };
  const options = Object.entries(settings).flatMap(([key, value]) => ['-o', `${key}=${value}`]);
  const state = { archives, options };
  await runTool('apt-get', [...options, '-qq', 'update'], { signal });
  return state;
}

/** Forgets the lists (a hundred megabytes), and the downloads that are not of `kept`. */
export async function tidyAptState(
  folder: string,
  state: AptState,
  kept: readonly DebPackage[],
): Promise<void> {
  const files = new Set(kept.map(({ file }) => basename(file)));
  for (const name of await readdir(state.archives)) {
    if (name.endsWith('.deb') && !files.has(name)) await rm(join(state.archives, name), { force: true });
  }
  for (const name of ['lists', 'pkgcache.bin', 'srcpkgcache.bin']) {
    await rm(join(folder, name), { recursive: true, force: true });
  }
}

/** The packages that installing `names` on an empty machine takes, `names` included. */
export async function closureOf(
  state: AptState,
  names: readonly string[],
  signal?: AbortSignal,
): Promise<DebPackage[]> {
  const plan = await runTool('apt-get', [...state.options, '--simulate', 'install', '--', ...names], {
    signal,
  });
  const packages: DebPackage[] = [];
  for (const [, qualified = '', version = '', architecture = ''] of plan.matchAll(
    /^Inst (\S+) \((\S+) .*?\[(\w+)\]\)/gm,
  )) {
    const name = qualified.replace(/:.*/, '');
    const file = join(state.archives, `${name}_${version.replaceAll(':', '%3a')}_${architecture}.deb`);
    packages.push({ name, version, architecture, file });
  }
  return packages.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Fetches what is not there yet, checked by apt against the archive's signed indexes. */
export async function downloadClosure(
  state: AptState,
  names: readonly string[],
  signal?: AbortSignal,
): Promise<void> {
  const options = [...state.options, '-qq', '--yes', '--download-only'];
  await runTool('apt-get', [...options, 'install', '--', ...names], { signal, timeLimit: 1_800_000 });
}

/** Fetches the upstream tarball of a source package into `folder`. */
export async function downloadTarball(
  state: AptState,
  source: string,
  folder: string,
  signal?: AbortSignal,
): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const options = [...state.options, '-qq', '--download-only', '--tar-only'];
  await runTool('apt-get', [...options, 'source', '--', source], { cwd: folder, signal });
}

/** The Debian archive that this machine's own apt uses; MOROMI_DEBIAN_MIRROR goes before it. */
async function debianMirror(suite: string, signal?: AbortSignal): Promise<string> {
  const given = process.env['MOROMI_DEBIAN_MIRROR'];
  if (given) return given;
  const format = ['--format', '$(REPO_URI) $(RELEASE) $(COMPONENT)', 'Created-By: Packages'];
  const rows = (await runTool('apt-get', ['indextargets', ...format], { signal }))
    .split('\n')
    .map((row) => row.split(' '));
  const main = rows.filter((row) => row[2] === 'main');
  const debian = main.filter((row) => /debian\/?$|\/debian\./.test(row[0] ?? ''));
  const mirror = (debian.find((row) => row[1] === suite) ??
    main.find((row) => row[1] === suite) ??
    debian[0])?.[0];
  if (mirror) return mirror;
  throw new Error(
    `apt on this machine names no Debian archive to make the small distribution from. ` +
      `Set MOROMI_DEBIAN_MIRROR to the address of one that has ${suite}.`,
  );
}
