/**
 * The spec file of an unpacked source package, edited from outside of the root.
 *
 * Invariant: the file is data: this machine reads and writes it and never lets rpm see it. No link is followed, nothing
 * but a regular file below the given folder is touched, and the edited file has the owner and the mode that it had.
 * Nothing of the package may run meanwhile.
 */
import { constants } from 'node:fs';
import { type FileHandle, lstat, open, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { BuildFailure, type SpecEdit } from './driver.ts';
import { ownName } from './owner.ts';
import { bytesOf, textOf } from './spec-bytes.ts';

/** In bytes; the largest known ones, which list thousands of packages, have about ten MiB. */
const largestSpec = 32 * 2 ** 20;

/**
 * @param top what rpmbuild calls `_topdir`
 * Throws spec_unreadable, and whatever the edit throws.
 */
export async function editSpec(top: string, edit: SpecEdit): Promise<void> {
  const path = await specIn(top);
  const { text, uid, gid, mode } = await readSpec(path);
  const edited = bytesOf(edit(text));
  const aside = join(top, `.${ownName()}.spec`);
  const file = await open(aside, 'wx', 0o600);
  try {
    await file.writeFile(edited);
    await file.chown(uid, gid);
    await file.chmod(mode & 0o777);
  } finally {
    await file.close();
  }
  await rename(aside, path);
}

/** Path of the only spec file. */
export async function specIn(top: string): Promise<string> {
  const folder = join(top, 'SPECS');
  const areFolders = await Promise.all([top, folder].map(async (path) => (await lstat(path)).isDirectory()))
    // Where the package brought no spec file rpm may not have made the folder.
    .catch(() => [false]);
  const names = areFolders.includes(false) ? [] : await readdir(folder);
  // As a shell's *.spec, which is how the steps in the root find it.
  const specs = names.filter((name) => name.endsWith('.spec') && !name.startsWith('.'));
  const [name] = specs;
  if (name === undefined || specs.length > 1)
    throw unreadable('the source package does not hold exactly one spec file');
  return join(folder, name);
}

async function readSpec(path: string): Promise<{ text: string; uid: number; gid: number; mode: number }> {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  let file: FileHandle;
  try {
    // Not blocking: a pipe without a writer would be waited for.
    file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ELOOP' || code === 'ENXIO') throw unreadable('its spec file is no regular file');
    throw error;
  }
  try {
    const found = await file.stat();
    if (!found.isFile()) throw unreadable('its spec file is no regular file');
    if (found.size > largestSpec) throw unreadable(`its spec file has more than ${largestSpec} bytes`);
    const { uid, gid, mode } = found;
    return { text: textOf(await file.readFile()), uid, gid, mode };
  } finally {
    await file.close();
  }
}

function unreadable(why: string): BuildFailure {
  return new BuildFailure('spec_unreadable', why);
}
