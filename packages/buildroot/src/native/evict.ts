/**
 * Which layers go when there is no room for all.
 *
 * Invariant: no layer is removed while a file in `uses/<key>` names a living process or a kept root, nor before what
 * stands on it. Using needs no lock: the user writes its use first and looks for the layer second; the remover renames
 * the layer away first and looks for uses second, and puts it back when there is one.
 */
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { removeTrees } from '../files.ts';
import { isAlive, ownerOfName, ownName } from '../owner.ts';

export interface UsedLayer {
  base: string | undefined;
  bytes: number;
  /** Milliseconds since 1970. */
  used: number;
}

export function bytesOf(layers: ReadonlyMap<string, UsedLayer>): number {
  return [...layers.values()].reduce((sum, layer) => sum + layer.bytes, 0);
}

/** Removes those used longest ago until the rest takes no more than `budget` bytes; returns what went. */
export async function evictLayers(
  home: string,
  layers: Map<string, UsedLayer>,
  budget: number,
): Promise<string[]> {
  // A layer is as young as the youngest that stands on it.
  for (const { base, used } of layers.values()) {
    const below = base === undefined ? undefined : layers.get(base);
    if (below) below.used = Math.max(below.used, used + 1);
  }
  let total = bytesOf(layers);
  const removed: string[] = [];
  for (const [key, layer] of [...layers].sort(([, a], [, b]) => a.used - b.used)) {
    if (total <= budget) break;
    if (!(await remove(home, key))) continue;
    total -= layer.bytes;
    removed.push(key);
  }
  return removed;
}

async function remove(home: string, key: string): Promise<boolean> {
  if (await inUse(home, key)) return false;
  const folder = join(home, 'layers', key);
  const aside = join(home, 'aside', ownName());
  await mkdir(join(home, 'aside'), { recursive: true });
  await rename(folder, aside);
  if (await inUse(home, key)) {
    await rename(aside, folder);
    return false;
  }
  await removeTrees(aside);
  return true;
}

async function inUse(home: string, key: string): Promise<boolean> {
  const folder = join(home, 'uses', key);
  for (const name of await readdir(folder).catch(() => [])) {
    if (await isLiveUse(home, name)) return true;
    await rm(join(folder, name), { force: true });
  }
  return false;
}

/** A use is named by its process, or `kept-<folder>` by the kept root that stands on the layer. */
async function isLiveUse(home: string, name: string): Promise<boolean> {
  if (name.startsWith('kept-')) {
    return stat(join(home, 'kept', name.slice('kept-'.length))).then(
      () => true,
      () => false,
    );
  }
  const owner = ownerOfName(name);
  return owner !== undefined && isAlive(owner);
}
