/**
 * What all tests with real processes stand on: the small distribution, the sample source packages, and Moromi as it is
 * installed.
 *
 * Invariant: made once and reused, by the same code as the demonstration's; a machine on which they cannot be had stops
 * the run with one sentence.
 */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { makeDistro } from '../../demo/distro/distro.ts';
import { makeSamples } from '../../demo/specs/samples.ts';
import { makeBundle } from './bundled.ts';
import { keep, letGo } from './keeper.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Repositories of the small distribution: folders by architecture. */
    distro: Record<'x86_64' | 'i686', string>;
    /** Paths of the sample source packages, by name. */
    samples: Record<string, string>;
    /** A folder of this run, for what its tests share. */
    runFolder: string;
  }
}

/** For vitest: the system project's global setup. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  if (process.getuid?.() !== 0)
    throw new Error('The system tests mount, chroot and start PostgreSQL: run them as root.');
  const progress = (line: string): void => console.log(`distribution: ${line}`);
  const [x86_64, i686, samples] = await Promise.all([
    makeDistro({ arch: 'x86_64', progress }),
    makeDistro({ arch: 'i686', progress }),
    makeSamples(),
  ]);
  project.provide('distro', { x86_64: x86_64.repo, i686: i686.repo });
  project.provide('samples', Object.fromEntries(samples));
  process.env['MOROMI_TEST_DISTRO_x86_64'] = x86_64.repo;
  process.env['MOROMI_TEST_DISTRO_i686'] = i686.repo;
  // Not /tmp: some machines have a tmpfs there, and roots are large.
  const runFolder = await mkdtemp('/var/tmp/moromi-run-');
  keep(runFolder);
  await chmod(runFolder, 0o755);
  await makeBundle(join(runFolder, 'bundle'));
  project.provide('runFolder', runFolder);
  return async () => {
    await rm(runFolder, { recursive: true, force: true });
    letGo(runFolder);
  };
}
