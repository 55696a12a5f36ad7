/**
 * How files leave a folder store.
 *
 * Invariant: a file goes only if nobody has put it for a while. Who puts a blob writes its file anew, or sets the time of
 * one that is there, and is told of it in the ledger soon after; so a young file belongs to somebody whose transaction
 * may not have ended. Because a file may be put between a look at its age and its removal, it is moved away first, under a
 * name that tells where it belongs, looked at there, and moved back if it is young. Whoever reads finds it at one of the
 * two places all the time, and a crash in between leaves it where `restoreMoved` finds it.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { between, point } from '@moromi/faults';
import { syncFolder } from '../ledger/index.ts';

export const fileOf = (root: string, sha256: string): string =>
  join(root, 'sha256', sha256.slice(0, 2), sha256.slice(2));

/** Where a file is while it is decided whether it goes. */
export const movedOf = (root: string, sha256: string): string => join(root, 'aside', `gone-${sha256}`);

/** Milliseconds since 1970 by the clock that the folder's file system gives files their times by. */
export async function folderClock(root: string): Promise<number> {
  const path = join(root, 'aside', `clock-${randomUUID()}`);
  const handle = await open(path, 'wx', 0o600);
  try {
    return (await handle.stat()).mtimeMs;
  } finally {
    await handle.close();
    await rm(path, { force: true });
  }
}

/** Removes files that nobody has put for so long. @returns those that are gone, of which some never were there */
export async function removeIdle(
  root: string,
  list: readonly string[],
  idleMs: number,
): Promise<{ sha256: string; size: number }[]> {
  const young = (await folderClock(root)) - idleMs;
  const gone: { sha256: string; size: number }[] = [];
  const folders = new Set<string>();
  for (const sha256 of list) {
    const size = await removeOne(root, sha256, young);
    if (size === undefined) continue;
    gone.push({ sha256, size });
    folders.add(join(root, 'sha256', sha256.slice(0, 2)));
  }
  for (const folder of folders) await syncFolder(folder).catch(() => {});
  return gone;
}

/** @returns its bytes; undefined where it stays */
async function removeOne(root: string, sha256: string, young: number): Promise<number | undefined> {
  const path = fileOf(root, sha256);
  const seen = await statOf(path);
  if (seen === undefined) return 0;
  // The usual case costs no move.
  if (seen.mtimeMs > young) return undefined;
  const moved = movedOf(root, sha256);
  try {
    await between('blobs.away', () => rename(path, moved));
  } catch {
    // Another hub is at it.
    return undefined;
  }
  const found = await statOf(moved);
  if (found !== undefined && found.mtimeMs > young) {
    await rename(moved, path);
    return undefined;
  }
  point('blobs.unlink');
  await rm(moved, { force: true });
  return found?.size ?? 0;
}

/** Puts back what a crash left on its way out; whether it goes is asked again later. */
export async function restoreMoved(root: string): Promise<void> {
  for (const name of await readdir(join(root, 'aside'))) {
    const sha256 = /^gone-([0-9a-f]{64})$/.exec(name)?.[1];
    if (sha256 === undefined) continue;
    const path = fileOf(root, sha256);
    // What was put meanwhile is the younger one.
    if ((await statOf(path)) === undefined) await rename(join(root, 'aside', name), path);
    else await rm(join(root, 'aside', name), { force: true });
  }
}

/** Nobody writes so slowly: a request that has not come whole within five minutes is ended. */
const halfWrittenMs = 60 * 60_000;

/** Removes files of which nobody has written anything for an hour. */
export async function removeHalves(root: string): Promise<void> {
  const young = (await folderClock(root)) - halfWrittenMs;
  for (const name of await readdir(join(root, 'aside'))) {
    const path = join(root, 'aside', name);
    const seen = await statOf(path);
    if (seen !== undefined && seen.mtimeMs <= young) await rm(path, { force: true });
  }
}

/** Files below `sha256/xx` that nobody has put for so long. @param prefix two hexadecimal digits */
export async function idleFiles(
  root: string,
  prefix: string,
  idleMs: number,
): Promise<{ sha256: string; size: number }[]> {
  const folder = join(root, 'sha256', prefix);
  const names = await readdir(folder).catch(() => []);
  if (names.length === 0) return [];
  const young = (await folderClock(root)) - idleMs;
  const found: { sha256: string; size: number }[] = [];
  for (const name of names) {
    const sha256 = `${prefix}${name}`;
    const seen = /^[0-9a-f]{64}$/.test(sha256) ? await statOf(join(folder, name)) : undefined;
    if (seen !== undefined && seen.mtimeMs <= young) found.push({ sha256, size: seen.size });
  }
  return found;
}

/** Takes a file that is not what its name says out of everybody's way, for people to look at. */
export async function quarantine(root: string, sha256: string): Promise<void> {
  await mkdir(join(root, 'damaged'), { recursive: true });
  try {
    await rename(fileOf(root, sha256), join(root, 'damaged', sha256));
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
  await syncFolder(join(root, 'damaged'));
  await syncFolder(join(root, 'sha256', sha256.slice(0, 2))).catch(() => {});
}

async function statOf(path: string): Promise<{ mtimeMs: number; size: number } | undefined> {
  try {
    return await stat(path);
  } catch {
    return undefined;
  }
}
