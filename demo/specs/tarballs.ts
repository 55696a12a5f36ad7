/**
 * Upstream release tarballs, fetched as the upstream part of Debian's source packages.
 *
 * Invariant: a tarball in the cache has the SHA-256 that stands beside the spec. apt checks it against the archive's
 * signed index while fetching; the hash here holds it to what the spec was written for.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type AptState, downloadTarball, openAptState } from '../distro/aptState.ts';
import { withFileLock } from '../distro/fileLock.ts';
import { SUITE } from '../distro/packageSets.ts';
import { runTool } from '../distro/tool.ts';

export type Tarball = {
  /** The name of Debian's source package. */
  debianSource: string;
  /** The tarball's name as upstream has it, and as the spec says. */
  file: string;
  sha256: string;
};

/** @returns the tarball that belongs to the spec in `folder`; undefined where it needs none. */
export async function tarballOf(folder: string): Promise<Tarball | undefined> {
  const text = await readFile(join(folder, 'tarball.json'), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : JSON.parse(text);
}

/** Fetches what is not in `cache` yet. @returns the paths, in the order asked for. @throws Error on a wrong hash. */
export async function fetchTarballs(
  wanted: readonly Tarball[],
  { cache, progress, signal }: { cache: string; progress: (line: string) => void; signal?: AbortSignal },
): Promise<string[]> {
  const paths = wanted.map((tarball) => join(cache, tarball.sha256, tarball.file));
  if ((await missing(wanted, paths)).length > 0) {
    await mkdir(cache, { recursive: true });
    await withFileLock(join(cache, 'lock'), async () => {
      const needed = await missing(wanted, paths);
      if (needed.length === 0) return;
      progress("asks Debian's archive for source packages");
      const architecture = (await runTool('dpkg', ['--print-architecture'])).trim();
      const state = join(cache, 'apt');
      const apt = await openAptState(state, { kind: 'deb-src', suite: SUITE, architecture, signal });
      for (const tarball of needed) {
        progress(`fetches ${tarball.file}`);
        await fetchOne(tarball, apt, cache, signal);
      }
      await rm(state, { recursive: true, force: true });
    });
  }
  return paths;
}

async function fetchOne(tarball: Tarball, apt: AptState, cache: string, signal?: AbortSignal): Promise<void> {
  const aside = join(cache, 'aside');
  await downloadTarball(apt, tarball.debianSource, aside, signal);
  const name = (await readdir(aside)).find((each) => each.includes('.orig.tar.'));
  if (name === undefined)
    throw new Error(`Debian's source package ${tarball.debianSource} has no upstream tarball`);
  const hash = await sha256Of(join(aside, name));
  if (hash !== tarball.sha256) {
    throw new Error(
      `${tarball.file}: Debian has another one by now (SHA-256 ${hash}, not ${tarball.sha256})`,
    );
  }
  await rename(join(aside, name), join(aside, tarball.file));
  await runTool('sync', ['--file-system', aside]);
  await rm(join(cache, tarball.sha256), { recursive: true, force: true });
  await rename(aside, join(cache, tarball.sha256));
}

async function missing(wanted: readonly Tarball[], paths: readonly string[]): Promise<Tarball[]> {
  const hashes = await Promise.all(paths.map((path) => sha256Of(path).catch(() => undefined)));
  return wanted.filter((tarball, index) => hashes[index] !== tarball.sha256);
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
