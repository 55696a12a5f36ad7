/** The sample source packages for tests: one folder each under samples/, what it does in its spec's summary. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { cores } from '../distro/lanes.ts';
import { sourceCacheFolder } from './sourceCache.ts';
import { makeSourcePackage } from './sourcePackage.ts';

const SAMPLES = join(import.meta.dirname, 'samples');

/** @param dir the cache; the shared one when not given. @returns name → path of the SRPM. */
export async function makeSamples({
  dir,
  signal,
}: {
  dir?: string;
  signal?: AbortSignal;
} = {}): Promise<Map<string, string>> {
  const cache = dir ?? join(sourceCacheFolder(), 'samples');
  const names = (await readdir(SAMPLES)).sort();
  const made = names.map((name) =>
    cores.run(async () => {
      const spec = join(SAMPLES, name, `${name}.spec`);
      return [name, await makeSourcePackage({ spec, cache, signal })] as const;
    }),
  );
  return new Map(await Promise.all(made));
}
