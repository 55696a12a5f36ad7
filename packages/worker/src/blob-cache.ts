/**
 * The cache of downloaded files, kept to a size.
 *
 * Invariant: what was used within the last hour stays, since a running task may have links to it.
 */
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** How much the cache may take, in bytes, before what was used longest ago goes. */
const usualMost = 20 * 2 ** 30;
const inUseMs = 3_600_000;
/** A partial file that nobody went on with for this long is given up. */
const givenUpMs = 86_400_000;

interface Cached {
  path: string;
  size: number;
  /** Milliseconds since 1970: the access time, which every use sets. */
  used: number;
}

export async function sweepBlobs(folder: string, most = usualMost): Promise<void> {
  const files = (await listCached(folder)).sort((a, b) => b.used - a.used);
  const now = Date.now();
  let kept = 0;
  for (const { path, size, used } of files) {
    kept += size;
    const idle = now - used;
    const over = kept > most && idle > inUseMs;
    if (over || (path.endsWith('.part') && idle > givenUpMs)) {
      await rm(path, { force: true });
      kept -= size;
    }
  }
}

async function listCached(folder: string): Promise<Cached[]> {
  const files: Cached[] = [];
  for (const part of await readdir(folder)) {
    for (const name of await readdir(join(folder, part)).catch(() => [])) {
      const path = join(folder, part, name);
      const there = await stat(path).catch(() => undefined);
      if (there !== undefined) files.push({ path, size: there.size, used: there.atimeMs });
    }
  }
  return files;
}
