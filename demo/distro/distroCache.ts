/**
 * Where finished distributions stand: one folder per architecture, in it one folder per key and `current`, a link
 * to the newest.
 *
 * Invariant: a folder named by a key is whole. It is built under another name (`aside-…`), written to disk, and
 * renamed; `current` is replaced by a rename after that. What a killed run left behind goes at the next run.
 */
import { createHash } from 'node:crypto';
import { mkdir, open, readdir, readFile, readlink, rename, rm, symlink } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Arch } from './arch.ts';
import { runTool } from './tool.ts';

export type Manifest = {
  arch: Arch;
  key: string;
  /** The SHA-256 over this generator's own sources. */
  generator: string;
  /** `name version architecture` of each Debian package that went in, sorted. */
  packages: string[];
  /** How many RPMs there are. */
  rpms: number;
};

/** The folder that holds one folder per architecture. */
export function distroCacheFolder(): string {
  const given = process.env['MOROMI_DISTRO_CACHE'];
  if (given) return given;
  if (process.getuid?.() === 0) return '/var/cache/moromi/distro';
  return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'moromi', 'distro');
}

/** The SHA-256 over the sources of this program, tests left out. */
export async function generatorHash(): Promise<string> {
  const hash = createHash('sha256');
  const names = (await readdir(import.meta.dirname)).filter(
    (name) => /\.ts$/.test(name) && !/\.test\.ts$/.test(name),
  );
  for (const name of names.sort()) {
    hash.update(`${name}\0`);
    hash.update(await readFile(join(import.meta.dirname, name)));
  }
  return hash.digest('hex');
}

export function distroKey(generator: string, packages: readonly string[]): string {
  return createHash('sha256')
    .update([generator, ...packages].join('\n'))
    .digest('hex')
    .slice(0, 16);
}

/** What `current` leads to, or undefined where there is nothing yet. */
export async function currentDistro(
  folder: string,
): Promise<{ path: string; manifest: Manifest } | undefined> {
  try {
    // The link is followed here, once: the answer stays whole when `current` moves on.
    const path = join(folder, await readlink(join(folder, 'current')));
    return { path, manifest: JSON.parse(await readFile(join(path, 'manifest.json'), 'utf8')) };
  } catch {
    return undefined;
  }
}

/** An empty folder to build in; removes what killed runs left. To be called under the folder's lock. */
export async function asideFolder(folder: string): Promise<string> {
  for (const name of await readdir(folder)) {
    if (name.startsWith('aside-')) await rm(join(folder, name), { recursive: true, force: true });
  }
  const aside = join(folder, `aside-${process.pid}`);
  await mkdir(aside);
  return aside;
}

/** Makes `aside` the current distribution, and forgets all but it and the one before. */
export async function adopt(folder: string, aside: string, key: string): Promise<string> {
  const before = await readlink(join(folder, 'current')).catch(() => undefined);
  const path = join(folder, key);
  await runTool('sync', ['--file-system', aside]);
  await rm(path, { recursive: true, force: true });
  await rename(aside, path);
  await pointAt(folder, key);
  for (const name of await readdir(folder)) {
    if (/^[0-9a-f]{16}$/.test(name) && name !== key && name !== before) {
      await rm(join(folder, name), { recursive: true, force: true });
    }
  }
  return path;
}

async function pointAt(folder: string, key: string): Promise<void> {
  const link = join(folder, 'aside-current');
  await rm(link, { force: true });
  await symlink(key, link);
  await rename(link, join(folder, 'current'));
  const handle = await open(folder);
  await handle.sync();
  await handle.close();
}
