/** The demonstration's source packages: upstream's releases under specs of ours, and one small text of our own. */
import { join } from 'node:path';
import { cores } from '../distro/lanes.ts';
import { sourceCacheFolder } from './sourceCache.ts';
import { makeSourcePackage } from './sourcePackage.ts';
import { fetchTarballs, tarballOf } from './tarballs.ts';

/** Name → order: what needs another package comes after it; equal ones can be built together. */
const ORDER: Record<string, number> = { 'demo-notes': 0, hello: 0, lzo: 0, gperf: 0, lzop: 1 };

export type DemoSource = { name: string; srpm: string; order: number };

export async function makeSourcePackages({
  dir,
  progress = () => {},
  signal,
}: {
  /** The cache; the shared one when not given. */
  dir?: string;
  progress?: (line: string) => void;
  signal?: AbortSignal;
} = {}): Promise<DemoSource[]> {
  const cache = dir ?? sourceCacheFolder();
  const folders = Object.keys(ORDER).map((name) => join(import.meta.dirname, name));
  const tarballs = await Promise.all(folders.map(tarballOf));
  const wanted = tarballs.filter((tarball) => tarball !== undefined);
  const paths = await fetchTarballs(wanted, { cache: join(cache, 'tarballs'), progress, signal });
  const pathOf = new Map(wanted.map((tarball, index) => [tarball, paths[index]]));
  return Promise.all(
    Object.entries(ORDER).map(([name, order], index) =>
      cores.run(async () => {
        const tarball = tarballs[index];
        const path = tarball && pathOf.get(tarball);
        const spec = join(import.meta.dirname, name, `${name}.spec`);
        const sources = path === undefined ? [] : [path];
        return {
          name,
          order,
          srpm: await makeSourcePackage({ spec, cache: join(cache, 'srpms'), sources, signal }),
        };
      }),
    ),
  );
}
