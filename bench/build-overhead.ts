/**
 * `build-overhead`: a fresh small C package, whole, as its submitter sees it (upload to `build.complete`), on a warm
 * layer with its resolution remembered; beside `rpmbuild --rebuild` alone in a ready root of the same packages.
 * Apart: the same where the resolution is not remembered, and until the repository has the build.
 */
import { spawnSync } from 'node:child_process';
import { copyFile, mkdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { median, print, say, spread } from './figure.ts';
import { untilComplete, untilEvent } from './follow.ts';
import { makeSource, type PackageFile, smallProgram, submit, upload } from './package.ts';
import { makeTarget, startWorld, type World } from './world.ts';

const runs = 7;

export async function buildOverhead(): Promise<void> {
  await using world = await startWorld();
  const arch = await makeTarget(world);
  await world.startWorker('builder', 1);
  const root = readyRoot(world, arch);
  const make = (name: string): Promise<PackageFile> => {
    const { spec, files } = smallProgram(name);
    return makeSource(world.home, name, spec, files);
  };
  say('warming the layers');
  await whole(world, await make('warm0'), true);
  const warm: number[] = [];
  const alone: number[] = [];
  for (let n = 0; n < runs; n++) {
    const source = await make(`warmed${n}`);
    warm.push(await whole(world, source, true));
    alone.push(await rpmbuildAlone(root, source));
    say(`run ${n}: ours ${warm.at(-1)?.toFixed(0)} ms, rpmbuild alone ${alone.at(-1)?.toFixed(0)} ms`);
  }
  // Each complete build makes a new revision, and with it every resolution is to be found anew.
  const cold: number[] = [];
  const published: number[] = [];
  for (let n = 0; n < runs; n++) {
    const source = await make(`fresh${n}`);
    const at = performance.now();
    cold.push(await whole(world, source, false));
    await untilPublished(world);
    published.push(performance.now() - at);
  }
  const peer = median(alone);
  print({
    figure: 'build-overhead',
    unit: 'ms',
    ours: median(warm),
    peer,
    peerName: 'rpmbuild --rebuild in a ready root',
    ratio: peer / median(warm),
    p50: median(warm),
    spread: spread(warm),
    runs,
  });
  print({
    figure: 'build-overhead.cold-resolution',
    unit: 'ms',
    ours: median(cold),
    p50: median(cold),
    spread: spread(cold),
    runs,
  });
  print({
    figure: 'build-overhead.in-repository',
    unit: 'ms',
    ours: median(published),
    p50: median(published),
    spread: spread(published),
    runs,
  });
}

let lastBuild = 0;

async function whole(world: World, source: PackageFile, scratch: boolean): Promise<number> {
  const at = performance.now();
  await upload(world.client, source);
  const build = await submit(world.client, source, { scratch });
  lastBuild = build.id;
  await untilComplete(world.client, build.id);
  return performance.now() - at;
}

async function untilPublished(world: World): Promise<void> {
  await untilEvent(world.client, lastBuild, (event) => event.type === 'build.published');
}

/** A root made by dnf once; rpmbuild runs in it as in ours, with the same sandbox. */
function readyRoot(world: World, arch: string): string {
  const root = join(world.home, 'ready-root');
  const base = `file://${world.home}/base/${arch}`;
  const args = [
    '-q',
    '-y',
    '--noplugins',
    `--installroot=${root}`,
    '--releasever=1',
    '--setopt=reposdir=/dev/null',
    `--setopt=cachedir=${world.home}/ready-cache`,
    '--repofrompath',
    `base,${base}`,
    '--setopt=base.gpgcheck=0',
    'install',
    '@buildsys-build',
  ];
  const done = spawnSync('dnf', args, { encoding: 'utf8', timeout: 300_000 });
  if (done.status !== 0) throw new Error(`dnf: ${done.stderr.slice(-2000)}`);
  return root;
}

async function rpmbuildAlone(root: string, source: PackageFile): Promise<number> {
  const home = join(root, 'builddir');
  await rm(home, { recursive: true, force: true });
  await mkdir(home);
  await copyFile(source.path, join(home, basename(source.path)));
  spawnSync('chown', ['-R', '1000:1000', '--', home]);
  const args = [
    '--bind',
    root,
    '/',
    '--dev',
    '/dev',
    '--proc',
    '/proc',
    '--perms',
    '1777',
    '--tmpfs',
    '/tmp',
    '--unshare-pid',
    '--unshare-net',
    '--unshare-ipc',
    '--unshare-uts',
    '--die-with-parent',
    '--clearenv',
    '--setenv',
    'HOME',
    '/builddir',
    '--setenv',
    'PATH',
    '/usr/bin:/usr/sbin',
    '--chdir',
    '/builddir',
  ];
  const inner = [
    'setpriv',
    '--reuid',
    '1000',
    '--regid',
    '1000',
    '--clear-groups',
    'rpmbuild',
    '--rebuild',
    '--define',
    '_topdir /builddir',
    basename(source.path),
  ];
  const at = performance.now();
  const done = spawnSync('bwrap', [...args, ...inner], { encoding: 'utf8', timeout: 120_000 });
  const took = performance.now() - at;
  if (done.status !== 0) throw new Error(`rpmbuild alone: ${done.stderr.slice(-2000)}`);
  return took;
}
