/** The files of an unpacked package: walking them, merging one folder into another, listing them for rpmbuild. */
import type { Dirent } from 'node:fs';
import { lstat, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

export type TreeEntry = { path: string; kind: Pick<Dirent, 'isDirectory' | 'isFile' | 'isSymbolicLink'> };

/** @returns everything below `root`, a folder before what is in it; `path` begins with '/' and is relative to `root`. */
export async function entriesOf(root: string, below = ''): Promise<TreeEntry[]> {
  const found: TreeEntry[] = [];
  const children = await readdir(root + below, { withFileTypes: true });
  for (const kind of children.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = `${below}/${kind.name}`;
    found.push({ path, kind });
    if (kind.isDirectory()) found.push(...(await entriesOf(root, path)));
  }
  return found;
}

/** Moves what is in `from` into `to`, replacing files that are there; `from` is gone afterwards. */
export async function mergeInto(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const source = join(from, entry.name);
    const target = join(to, entry.name);
    const there = await lstat(target).catch(() => undefined);
    if (entry.isDirectory() && there?.isDirectory()) await mergeInto(source, target);
    else {
      if (there) await rm(target, { recursive: true });
      await rename(source, target);
    }
  }
  await rm(from, { recursive: true });
}

/**
 * The lines of a `%files -f` list. Device nodes are left out (they belong to the root's /dev), and so are the
 * folders that the package `filesystem` owns. What rpm would take for a pattern becomes '?', which matches it.
 */
export function filesList(
  entries: readonly TreeEntry[],
  {
    configs,
    foldersOwnedElsewhere,
  }: { configs: ReadonlySet<string>; foldersOwnedElsewhere: ReadonlySet<string> },
): string {
  const lines: string[] = [];
  for (const { path, kind } of entries) {
    const pattern = `"${path.replace(/[[\]*?{}"\\%\s]/g, '?')}"`;
    if (kind.isDirectory()) {
      if (!foldersOwnedElsewhere.has(path)) lines.push(`%dir ${pattern}`);
    } else if (kind.isFile() || kind.isSymbolicLink()) {
      lines.push(configs.has(path) ? `%config(noreplace) ${pattern}` : pattern);
    }
  }
  return `${lines.join('\n')}\n`;
}
