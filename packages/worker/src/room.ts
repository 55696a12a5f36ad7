/**
 * Room for one source package, asked before anything of it is fetched.
 *
 * Invariant: a file system that could never hold it refuses for good, one that is only too full now refuses for a while.
 */
import { statfs } from 'node:fs/promises';
import { Unable } from './refusal.ts';
import { sizeInWords } from './words.ts';

/** In the cache, beside the attempt, and in the root. */
const copies = 3;

/**
 * @param size of the source package, in bytes
 * @throws Unable
 */
export async function checkRoom(folder: string, size: number): Promise<void> {
  const { bavail, blocks, bsize } = await statfs(folder);
  const needed = copies * size;
  const wanted = `and ${sizeInWords(needed)} are needed for the source package`;
  if (needed > blocks * bsize)
    throw new Unable('disk_full', {
      hard: true,
      reason: `has a disk of ${sizeInWords(blocks * bsize)} ${wanted}`,
    });
  if (needed > bavail * bsize)
    throw new Unable('disk_full', {
      hard: false,
      reason: `has ${sizeInWords(bavail * bsize)} of disk free ${wanted}`,
    });
}
