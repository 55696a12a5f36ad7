/**
 * Makes the small distribution: real RPMs out of Debian's packages, with metadata and package groups, so that
 * BuildRequires resolve for real where no RPM distribution is to be had. Nothing is installed on this machine.
 */
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { closureOf, downloadClosure, openAptState, tidyAptState } from './aptState.ts';
import { ARCHES, type Arch } from './arch.ts';
import { commonFolders, makeBasePackages } from './basePackages.ts';
import { compsXml } from './comps.ts';
import { convertDeb } from './conversion.ts';
import {
  adopt,
  asideFolder,
  currentDistro,
  distroCacheFolder,
  distroKey,
  generatorHash,
  type Manifest,
} from './distroCache.ts';
import { withFileLock } from './fileLock.ts';
import { cores } from './lanes.ts';
import { GROUPS, LEFT_OUT, SUITE, WANTED } from './packageSets.ts';
import { runTool } from './tool.ts';

export type Distro = {
  arch: Arch;
  /** The repository: give it to dnf, or serve it. Its bytes never change; a newer distribution gets another path. */
  repo: string;
  comps: string;
  key: string;
  rpms: number;
  /** Whether it was there already. */
  reused: boolean;
};

export type DistroWish = {
  arch: Arch;
  /** The cache folder of this architecture. */
  dir?: string;
  /** Called with one line for each step that is really done. */
  progress?: (line: string) => void;
  /** Looks for newer packages although there is a finished distribution. */
  refresh?: boolean;
  signal?: AbortSignal;
};

export async function makeDistro({
  arch,
  dir,
  progress = () => {},
  refresh = false,
  signal,
}: DistroWish): Promise<Distro> {
  const folder = resolve(dir ?? join(distroCacheFolder(), arch));
  const generator = await generatorHash();
  const ready = async () => {
    const found = await currentDistro(folder);
    return found?.manifest.generator === generator ? describe(found.path, found.manifest, true) : undefined;
  };
  const there = refresh ? undefined : await ready();
  if (there) return there;
  await mkdir(folder, { recursive: true });
  return withFileLock(join(folder, 'lock'), async () => {
    // Another process may have made it while this one waited for the lock.
    const made = refresh ? undefined : await ready();
    return made ?? build({ arch, folder, generator, progress, signal });
  });
}

async function build(wish: {
  arch: Arch;
  folder: string;
  generator: string;
  progress: (line: string) => void;
  signal?: AbortSignal;
}): Promise<Distro> {
  const { arch, folder, generator, signal } = wish;
  const say = (line: string) => wish.progress(`${arch}: ${line}`);
  const started = performance.now();
  say(`asks Debian's archive for ${SUITE}'s packages`);
  const architecture = ARCHES[arch].debian;
  const aptFolder = join(folder, 'apt');
  const apt = await openAptState(aptFolder, { kind: 'deb', suite: SUITE, architecture, signal });
  const closure = await closureOf(apt, WANTED[arch], signal);
  const packages = closure.map((each) => `${each.name} ${each.version} ${each.architecture}`);
  const key = distroKey(generator, packages);
  const current = await currentDistro(folder);
  if (current?.manifest.key === key) return describe(current.path, current.manifest, true);

  say(`downloads ${closure.length} packages`);
  await downloadClosure(apt, WANTED[arch], signal);
  const aside = await asideFolder(folder);
  const repo = join(aside, 'repo');
  const place = { arch, work: join(aside, 'work'), packages: join(repo, 'Packages'), signal };
  await mkdir(place.packages, { recursive: true });
  await mkdir(place.work);

  say(`turns them into RPMs`);
  await makeBasePackages(place);
  const foldersOwnedElsewhere = new Set(commonFolders(arch));
  let done = 0;
  // The largest first, so that no core ends up with a large one alone.
  const wanted = await bySize(closure.filter((each) => !LEFT_OUT.has(each.name)));
  await Promise.all(
    wanted.map(({ name, file }) =>
      cores.run(async () => {
        signal?.throwIfAborted();
        await convertDeb(file, { ...place, work: join(place.work, name), foldersOwnedElsewhere });
        done += 1;
        if (done % 50 === 0) say(`${done} of ${wanted.length} RPMs`);
      }),
    ),
  );

  const comps = join(aside, 'comps.xml');
  await writeFile(comps, compsXml(GROUPS));
  await runTool('createrepo_c', ['--quiet', '--no-database', '--groupfile', comps, '--', repo], { signal });
  const manifest: Manifest = { arch, key, generator, packages, rpms: (await readdir(place.packages)).length };
  await writeFile(join(aside, 'manifest.json'), `${JSON.stringify(manifest, null, 1)}\n`);
  await tidyAptState(aptFolder, apt, closure);
  const path = await adopt(folder, aside, key);
  say(`${manifest.rpms} RPMs in ${((performance.now() - started) / 1000).toFixed(0)} s`);
  return describe(path, manifest, false);
}

function describe(path: string, manifest: Manifest, reused: boolean): Distro {
  const { arch, key, rpms } = manifest;
  return { arch, repo: join(path, 'repo'), comps: join(path, 'comps.xml'), key, rpms, reused };
}

async function bySize<T extends { file: string }>(all: readonly T[]): Promise<T[]> {
  const sized = await Promise.all(all.map(async (each) => ({ each, size: (await stat(each.file)).size })));
  return sized.sort((a, b) => b.size - a.size).map(({ each }) => each);
}
