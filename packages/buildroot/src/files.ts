/**
 * Files that are whole or not there.
 *
 * Invariant: a reader never sees half of what was written, also after a crash: written aside, synced, renamed.
 */
import { lstat, open, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { must } from './exec.ts';
import { ownName } from './owner.ts';

export async function writeWhole(path: string, data: string): Promise<void> {
  const aside = `${path}.${ownName()}`;
  const file = await open(aside, 'wx', 0o644);
  try {
    await file.writeFile(data);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(aside, path);
  await syncFolder(dirname(path));
}

/**
 * The same for what is only remembered to save time: after a loss of power the file may be empty, which its reader
 * takes for "not there", and a build does not wait for the disk.
 */
export async function writeRemembered(path: string, data: string): Promise<void> {
  const aside = `${path}.${ownName()}`;
  await writeFile(aside, data);
  await rename(aside, path);
}

/** Removes what was remembered and not read for so long that it is not worth its place. */
export async function forgetOld(folder: string, olderThanMs: number): Promise<void> {
  const limit = Date.now() - olderThanMs;
  for (const name of await readdir(folder).catch(() => [])) {
    const path = join(folder, name);
    const found = await stat(path).catch(() => undefined);
    if (found && Math.max(found.mtimeMs, found.atimeMs) < limit) await rm(path, { force: true });
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Removes trees that a build had its hands on: by `rm`, which holds every folder open while it empties it. */
export async function removeTrees(...paths: string[]): Promise<void> {
  const there: string[] = [];
  for (const path of paths) {
    const gone = await lstat(path).then(
      () => false,
      (error: unknown) => (error as NodeJS.ErrnoException).code === 'ENOENT',
    );
    if (!gone) there.push(path);
  }
  if (there.length > 0) await must('rm', ['-rf', '--one-file-system', '--', ...there]);
}
