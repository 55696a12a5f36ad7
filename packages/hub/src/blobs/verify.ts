/**
 * Reads a file of a folder store and says whether it is what its name says.
 *
 * Invariant: what is found bad is taken out of the way before anybody is told of it, so that it is given to nobody; and
 * only that very file: one that was put anew while the old one was read stays.
 */
import { createHash } from 'node:crypto';
import { type FileHandle, open, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileOf, movedOf, quarantine } from './disposal.ts';

/** It is not there, has another size, or other bytes. */
export type Damage = 'missing' | 'size' | 'content';

const chunkBytes = 256 * 1024;

/** @param pace called with the bytes that were read; it says how fast. @returns null where it is whole */
export async function verifyFile(
  root: string,
  sha256: string,
  size: number,
  pace: (bytes: number) => Promise<void>,
): Promise<Damage | null> {
  let file: FileHandle | undefined;
  try {
    file = await openAny([fileOf(root, sha256), movedOf(root, sha256), fileOf(root, sha256)]);
  } catch (error) {
    if (isUnreadable(error)) return 'content';
    throw error;
  }
  if (file === undefined) return 'missing';
  try {
    const seen = await file.stat();
    const damage = seen.size === size ? await compare(file, sha256, pace) : 'size';
    if (damage === null) return null;
    await quarantine(root, sha256);
    const aside = join(root, 'damaged', sha256);
    const moved = await stat(aside).catch(() => undefined);
    if (moved === undefined || moved.ino === seen.ino) return damage;
    await rename(aside, fileOf(root, sha256));
    return null;
  } finally {
    await file.close();
  }
}

async function openAny(paths: readonly string[]): Promise<FileHandle | undefined> {
  for (const path of paths) {
    try {
      return await open(path, 'r');
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    }
  }
  return undefined;
}

async function compare(
  file: FileHandle,
  sha256: string,
  pace: (bytes: number) => Promise<void>,
): Promise<Damage | null> {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(chunkBytes);
  try {
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, chunkBytes);
      if (bytesRead === 0) break;
      hash.update(buffer.subarray(0, bytesRead));
      await pace(bytesRead);
    }
  } catch (error) {
    // What the disk cannot read is not there.
    if (isUnreadable(error)) return 'content';
    throw error;
  }
  return hash.digest('hex') === sha256 ? null : 'content';
}

/** Of the disk, or of a file system that keeps checksums. */
function isUnreadable(error: unknown): boolean {
  return (
    error instanceof Error && 'code' in error && ['EIO', 'EUCLEAN', 'EBADMSG'].includes(String(error.code))
  );
}
