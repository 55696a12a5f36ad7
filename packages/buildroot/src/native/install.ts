/**
 * What a layer holds: packages installed into an empty folder, or over another layer.
 *
 * Invariant: a root is finished only when the root's own rpm, asked inside, lists exactly the packages that were
 * resolved. Scriptlets run in namespaces with no network and with only the capabilities that installing takes.
 *
 * Which rpm installs? The database must be one that the target's rpm can read, and file triggers, Lua and
 * capabilities in headers are best read by the rpm they were written for; so the target's own wherever there is one:
 *   - over another layer it is there already, and is used;
 *   - into an empty folder it cannot be, so this machine's rpm goes first. Where both write the same database the
 *     result is already what the target's rpm would have made of the same headers, and asking it proves that. Where
 *     it cannot read what it finds (another database format), that first root is only a bootstrap: the target's rpm
 *     in it installs the same packages into the real one. That doubles the time of the first layer, so it is done
 *     where it is needed and not always.
 * dnf is used for resolving only: rpm orders a transaction as well by itself, in half of the time.
 */
import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BuildFailure } from '../driver.ts';
import { must, type RunResult, run } from '../exec.ts';
import { removeTrees } from '../files.ts';
import type { OrderLogs } from '../logs.ts';
import type { Capabilities } from '../probe.ts';
import { tailOf } from '../tail.ts';
import type { PackageCache } from './packages.ts';
import type { ChosenPackage } from './resolve.ts';
import { inRoot, type Place, type Visit } from './sandbox.ts';

const text = (name: string): string =>
  readFileSync(fileURLToPath(new URL(`../../assets/${name}`, import.meta.url)), 'utf8');
const installScript = text('install.sh');
const furnishScript = text('furnish.sh');
/** One after the other in a single visit: each costs as much as what it does. */
const installAndFurnishScript = `(\n${installScript}\n) || exit\nset -- ''\n${furnishScript}`;

export interface Installer {
  capabilities: Capabilities;
  cache: PackageCache;
  /** Installs every first layer twice, the second time by the target's own rpm, also where that is not needed. */
  alwaysBootstrap: boolean;
}

export interface InstallOrder {
  arch: string;
  packages: readonly ChosenPackage[];
  logs: OrderLogs;
  signal: AbortSignal;
}

const timeoutMs = 30 * 60_000;

/** Fills the empty folder `root`; `scratch` is removed by the caller. */
export async function installFresh(
  installer: Installer,
  order: InstallOrder,
  root: string,
  scratch: string,
): Promise<void> {
  const { logs } = order;
  await mkdir(root, { recursive: true, mode: 0o755 });
  await installFrom(installer, order, '/', root, scratch);
  const seen = await furnish(installer, order, { overlay: '', dir: root }, 'moved').catch(
    (error: unknown) => {
      if (error instanceof BuildFailure && error.code === 'canceled') throw error;
      return error instanceof Error ? error : new Error(String(error));
    },
  );
  const wrong = seen instanceof Error ? seen.message : difference(seen, order.packages);
  const plain = installer.capabilities.isolation === 'chroot';
  if (wrong === '' && (plain || !installer.alwaysBootstrap)) return;
  // One root cannot be shown inside another without mounts.
  if (plain) throw new BuildFailure('root_failed', `the root's own rpm cannot be used: ${wrong}`);
  logs.root(`root: made anew by its own rpm${wrong && `, because ${wrong}`}`);
  const bootstrap = join(scratch, 'bootstrap');
  await must('mv', ['--', root, bootstrap]);
  await mkdir(root, { mode: 0o755 });
  await installFrom(installer, order, bootstrap, root, scratch);
  const again = difference(await furnish(installer, order, { overlay: '', dir: root }, ''), order.packages);
  await removeTrees(bootstrap);
  if (again) throw new BuildFailure('root_failed', `the root's own rpm does not see its packages: ${again}`);
}

/** Adds packages to a root that has an rpm of its own; `place` is an overlay whose upper folder takes them. */
export async function installOver(
  installer: Installer,
  order: InstallOrder,
  place: Place,
  added: readonly ChosenPackage[],
  scratch: string,
): Promise<void> {
  const manifest = await writeManifest(installer, added, scratch, '/tmp/packages');
  const result = await inRoot(installer.capabilities, {
    ...visitAsRoot(order),
    place,
    script: installAndFurnishScript,
    args: ['/', '', '/tmp/manifest'],
    binds: [
      { from: installer.cache.dir, to: '/tmp/packages' },
      { from: manifest, to: '/tmp/manifest' },
    ],
  });
  const wrong = difference(listed(result, order), order.packages);
  if (wrong) throw new BuildFailure('root_failed', `the root's own rpm does not see its packages: ${wrong}`);
}

/** Runs the rpm of `from` (`/` is this machine) on the folder `root`. */
async function installFrom(
  installer: Installer,
  order: InstallOrder,
  from: string,
  root: string,
  scratch: string,
): Promise<void> {
  const ownDatabase = from === '/' ? '/var/lib/rpm' : '';
  if (installer.capabilities.isolation === 'chroot') {
    // Nothing can be shown inside another root without mounts; scriptlets are chrooted by rpm itself.
    const manifest = await writeManifest(installer, order.packages, scratch, installer.cache.dir);
    const keep = '+chown,+dac_override,+fowner,+fsetid,+kill,+mknod,+setfcap,+setgid,+setuid,+sys_chroot';
    const result = await run(
      'setpriv',
      [
        ...['--inh-caps=-all', `--bounding-set=-all,${keep}`, '--', 'sh', '-c', installScript, 'sh'],
        ...[root, ownDatabase || '/var/lib/rpm', manifest],
      ],
      { timeoutMs, signal: order.signal, stdout: order.logs.rootFd, stderr: order.logs.rootFd },
    );
    checkInstalled(result, order);
    return;
  }
  const manifest = await writeManifest(installer, order.packages, scratch, '/tmp/packages');
  const result = await inRoot(installer.capabilities, {
    ...visitAsRoot(order),
    // The overlay is for fresh roots; this one is only looked at.
    place: { overlay: '', dir: from },
    innerRoot: '/tmp/root',
    script: installScript,
    args: ['/tmp/root', ownDatabase, '/tmp/manifest'],
    binds: [
      { from: root, to: '/tmp/root', writable: true },
      { from: installer.cache.dir, to: '/tmp/packages' },
      { from: manifest, to: '/tmp/manifest' },
    ],
  });
  checkInstalled(result, order);
}

async function furnish(
  installer: Installer,
  order: InstallOrder,
  place: Place,
  how: 'moved' | '',
): Promise<string[]> {
  const result = await inRoot(installer.capabilities, {
    ...visitAsRoot(order),
    place,
    script: furnishScript,
    args: [how],
  });
  return listed(result, order);
}

/** What the root's own rpm has said that there is. */
function listed(result: RunResult, order: InstallOrder): string[] {
  checkInstalled(result, order);
  return result.collected(3).split('\n').filter(Boolean);
}

function visitAsRoot(order: InstallOrder): Omit<Visit, 'place' | 'script' | 'args'> {
  return {
    arch: order.arch,
    user: 'root',
    network: false,
    hostname: 'localhost',
    setpriv: true,
    rootLog: order.logs.rootFd,
    timeoutMs,
    signal: order.signal,
  };
}

function checkInstalled(result: RunResult, order: InstallOrder): void {
  if (result.code === 0) return;
  if (result.ended === 'canceled') throw new BuildFailure('canceled', 'canceled while making the root');
  const excerpt = tailOf(join(order.logs.dir, 'root.log'), 2000);
  if (/No space left on device|needs \S+ more space/i.test(excerpt)) {
    throw new BuildFailure('disk_full', 'no space left to install the root', excerpt);
  }
  if (/Exec format error/i.test(excerpt)) {
    throw new BuildFailure('root_failed', `this machine cannot run programs for ${order.arch}`, excerpt);
  }
  const how = result.ended ?? result.killedBy ?? `status ${result.code}`;
  throw new BuildFailure('root_failed', `installing the root failed (${how})`, excerpt);
}

/** rpm reads a file that lists paths in the place of the paths themselves. */
async function writeManifest(
  installer: Installer,
  packages: readonly ChosenPackage[],
  scratch: string,
  seenAt: string,
): Promise<string> {
  const path = join(scratch, 'manifest');
  await writeFile(path, packages.map((one) => `${seenAt}/${installer.cache.pathOf(one.sha256)}\n`).join(''));
  return path;
}

/** What is told apart here: nothing missing, nothing more. rpm writes an epoch of 0 where one was given. */
function difference(seen: string[], packages: readonly ChosenPackage[]): string {
  const plain = (nevra: string): string => nevra.replace(/-0:/, '-');
  const there = new Set(seen.map(plain).filter((nevra) => !nevra.startsWith('gpg-pubkey-')));
  const wanted = new Set(packages.map((one) => plain(one.nevra)));
  const missing = [...wanted].filter((nevra) => !there.has(nevra));
  const foreign = [...there].filter((nevra) => !wanted.has(nevra));
  if (missing.length > 0)
    return `it misses ${missing.length} of ${wanted.size} packages (${missing.slice(0, 3).join(', ')})`;
  return foreign.length > 0 ? `it has ${foreign.slice(0, 3).join(', ')} besides` : '';
}
