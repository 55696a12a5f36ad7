/**
 * Small files that are there whole or not at all.
 *
 * Invariant: at no instant, also not after a power cut, does a reader see part of a file that was written here.
 */
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { point } from '@moromi/faults';

/** @param name what the crash points are called: `worker.<name>:before`, `worker.<name>.rename:before`, … */
export async function writeWhole(path: string, text: string, name: string, mode = 0o644): Promise<void> {
  point(`worker.${name}:before`);
  const aside = `${path}.new`;
  // A rest from a crash may have another mode or be a link; it is replaced, never written through.
  await rm(aside, { force: true });
  const file = await open(aside, 'wx', mode);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  point(`worker.${name}.rename:before`);
  await rename(aside, path);
  point(`worker.${name}.rename:after`);
  await syncFolder(dirname(path));
  point(`worker.${name}:after`);
}

export async function removeWhole(path: string, name: string): Promise<void> {
  point(`worker.${name}.remove:before`);
  await rm(path, { force: true });
  await syncFolder(dirname(path));
  point(`worker.${name}.remove:after`);
}

export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
