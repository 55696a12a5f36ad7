/**
 * Files that are whole or not there.
 *
 * Invariant: a reader never sees half of what was written, also after a crash: written aside, synced, renamed.
 */
import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
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

export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Removes trees that a build had its hands on: by `rm`, which holds every folder open while it empties it. */
export async function removeTrees(...paths: string[]): Promise<void> {
  if (paths.length > 0) await must('rm', ['-rf', '--one-file-system', '--', ...paths]);
}
