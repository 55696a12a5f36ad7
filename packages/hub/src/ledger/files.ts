/**
 * Writing files so that a crash at any instant leaves the old content or the new, never half.
 */
import { randomUUID } from 'node:crypto';
import { access, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { between } from '@moromi/faults';

export async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}

/** Makes the names in a folder durable. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Replaces a small file: write, fsync, rename, fsync of the folder. */
export async function writeWhole(path: string, content: string, mode = 0o600): Promise<void> {
  const aside = `${path}.${randomUUID()}.new`;
  const handle = await open(aside, 'wx', mode);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await between('files.rename', () => rename(aside, path));
  await syncFolder(dirname(path));
}
