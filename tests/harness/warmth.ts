/**
 * What the systems of one run share: a hub's home as it is after its first start with the target `el9`, and the layers
 * and packages of a worker that has built for both architectures.
 *
 * Invariant: made once a run by real processes from nothing, by whichever test asks first; the others wait. Each system
 * gets a copy; the worker's files are linked, since layers and packages are never written in place.
 */
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { inject } from 'vitest';
import { withFileLock } from '../../demo/distro/fileLock.ts';
import { copyTree, System } from './system.ts';

/** @returns a folder with `hub` and `driver` */
export async function warmed(): Promise<string> {
  const run = inject('runFolder');
  const done = join(run, 'warm');
  if (existsSync(done)) return done;
  await withFileLock(join(run, 'warm.lock'), async () => {
    if (!existsSync(done)) await warm(done);
  });
  return done;
}

async function warm(done: string): Promise<void> {
  const aside = `${done}.aside`;
  await rm(aside, { recursive: true, force: true });
  await mkdir(aside);
  await distroLinks();
  await using system = await System.prepare();
  const hub = await system.startHub();
  await system.addTarget('el9');
  await system.feed.until(
    'the first revision of el9',
    (events) => events.find((one) => one.type === 'repo.revision'),
    60_000,
    () => system.explain(),
  );
  hub.signal('SIGTERM');
  await hub.ends();
  copyTree(system.home('hub'), join(aside, 'hub'), []);
  await system.startHub();
  const worker = await system.startWorker({ home: 'cold' });
  const { id } = await system.submit('hello-c', { scratch: true });
  const build = await system.over(id, 300_000);
  if (build.state !== 'complete')
    throw new Error(`the first build failed: ${JSON.stringify(build.failure)}\n${system.explain()}`);
  worker.signal('SIGTERM');
  await worker.ends();
  copyTree(join(system.home('cold'), 'driver'), join(aside, 'driver'), ['--link']);
  await rename(aside, done);
}

/** One folder with the distribution of each architecture, so that one address with `$arch` leads to all. */
export async function distroLinks(): Promise<void> {
  for (const [arch, repo] of Object.entries(inject('distro'))) await linkDistro(arch, repo);
}

/** Adds the distribution of one more architecture to that folder. */
export async function linkDistro(arch: string, repo: string): Promise<void> {
  const folder = join(inject('runFolder'), 'distro');
  await mkdir(folder, { recursive: true });
  const link = join(folder, arch);
  if (!existsSync(link)) await symlink(repo, link);
}
