/**
 * The working folder of one order: where its fresh roots and its /builddir stand.
 *
 * Invariant: all that a build writes is below one folder that names its owner, so whoever finds it later knows
 * whether it is a leftover. Nothing in it is followed through a link from outside the root: the build had its hands
 * on all of it. It holds /builddir apart from the root, because /builddir goes on from one layer to the next.
 */
import { copyFile, lchown, lstat, mkdir, readdir, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BuildFailure, type BuildOrder } from '../driver.ts';
import { must } from '../exec.ts';
import { removeTrees } from '../files.ts';
import { ownName } from '../owner.ts';
import type { Capabilities } from '../probe.ts';
import type { Layer } from './layers.ts';
import { buildUser, type Place } from './sandbox.ts';

/** Name of the source package inside the root; what it was called outside is of no matter there. */
export const insideSrpm = '/builddir/build/originals/source.src.rpm';

export class WorkFolder {
  readonly dir: string;
  readonly #capabilities: Capabilities;
  #layer: Layer | undefined;
  #place: Place | undefined;
  #count = 0;

  constructor(home: string, order: BuildOrder, capabilities: Capabilities) {
    this.dir = join(home, 'work', `${order.id}@${ownName()}`);
    this.#capabilities = capabilities;
  }

  get builddir(): string {
    return join(this.dir, 'builddir');
  }

  get layer(): Layer | undefined {
    return this.#layer;
  }

  /** A /builddir with nothing in it but the source package and the order's macros. */
  async begin(srpm: string, order: BuildOrder): Promise<void> {
    await this.leave();
    await removeTrees(this.builddir, join(this.dir, 'results'));
    const build = join(this.builddir, 'build');
    const folders = ['SPECS', 'SOURCES', 'SRPMS', 'RPMS', 'BUILD', 'BUILDROOT', 'originals'];
    for (const name of folders) await mkdir(join(build, name), { recursive: true });
    try {
      await copyFile(srpm, join(build, 'originals', 'source.src.rpm'));
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === 'ENOSPC') throw new BuildFailure('disk_full', 'no space left for the source package');
      throw new BuildFailure('srpm_damaged', `cannot read the source package: ${code}`);
    }
    await writeFile(join(this.builddir, '.rpmmacros'), macroFile(order.macros));
    // All of it was made just now, so there is nothing in it that could lead out of it.
    for (const name of ['.', ...(await readdir(this.builddir, { recursive: true }))])
      await lchown(join(this.builddir, name), buildUser.uid, buildUser.gid);
  }

  /** A fresh root on the layer, which is this folder's to release from now on. */
  async enter(layer: Layer, order: BuildOrder): Promise<Place> {
    if (this.#layer?.key === layer.key && this.#place) {
      await layer.release();
      return this.#place;
    }
    await this.leave();
    this.#layer = layer;
    this.#count += 1;
    const fresh = join(this.dir, `root-${this.#count}`);
    const dir = join(fresh, 'root');
    let place: Place;
    if (this.#capabilities.roots === 'overlay') {
      const [upper, work] = [join(fresh, 'upper'), join(fresh, 'work')];
      for (const folder of [upper, work, dir]) await mkdir(folder, { recursive: true });
      place = { overlay: overlayOptions(layer.lowers, upper, work), dir };
      if (order.network) await showNetwork(upper);
    } else {
      await mkdir(fresh, { recursive: true });
      await must('cp', ['-a', '--reflink=auto', '--', layer.lowers[0] ?? '', dir]);
      place = { overlay: '', dir };
      if (order.network) await showNetwork(dir);
    }
    this.#place = place;
    return place;
  }

  /** Runs `visit` with /builddir in its place: without mounts it has to be moved into the root and back. */
  async withBuilddir<T>(visit: () => Promise<T>): Promise<T> {
    const { roots, isolation } = this.#capabilities;
    if (!this.#place || roots === 'overlay' || isolation === 'namespaces') return visit();
    const inside = join(this.#place.dir, 'builddir');
    await rmdir(inside);
    await rename(this.builddir, inside);
    try {
      return await visit();
    } finally {
      await rename(inside, this.builddir);
      await mkdir(inside);
    }
  }

  /** Gives up the current root and the layer below it. */
  async leave(): Promise<void> {
    const layer = this.#layer;
    this.#layer = undefined;
    this.#place = undefined;
    if (this.#count > 0) await removeTrees(join(this.dir, `root-${this.#count}`));
    await layer?.release();
  }

  /** Moves the packages that were built out of the build's reach; paths of `[source, binaries]`. */
  async collect(): Promise<{ srpms: string[]; rpms: string[] }> {
    const results = join(this.dir, 'results');
    await mkdir(results, { recursive: true });
    const take = async (folder: string, wanted: RegExp): Promise<string[]> => {
      const taken: string[] = [];
      const from = join(this.builddir, 'build', folder);
      for (const part of [this.builddir, join(this.builddir, 'build'), from]) {
        if (!(await lstat(part).catch(() => undefined))?.isDirectory()) return taken;
      }
      for (const name of (await readdir(from)).sort()) {
        // Only plain files: a link would be read with our rights, not the build's.
        if (!wanted.test(name) || !(await lstat(join(from, name))).isFile()) continue;
        await rename(join(from, name), join(results, name));
        taken.push(join(results, name));
      }
      return taken;
    };
    const srpms = await take('SRPMS', /\.(no)?src\.rpm$/);
    const rpms = await take('RPMS', /(?<!\.(no)?src)\.rpm$/);
    return { srpms, rpms };
  }

  /** Names of the current root's folder and place, for {@link keepRoot}. */
  get current(): { layer: Layer; place: Place; folder: string } | undefined {
    return this.#layer && this.#place
      ? { layer: this.#layer, place: this.#place, folder: `root-${this.#count}` }
      : undefined;
  }

  async destroy(): Promise<void> {
    const layer = this.#layer;
    this.#layer = undefined;
    this.#place = undefined;
    await removeTrees(this.dir);
    await layer?.release();
  }
}

export function overlayOptions(lowers: string[], upper: string, work: string): string {
  return `lowerdir=${lowers.join(':')},upperdir=${upper},workdir=${work}`;
}

/** ~/.rpmmacros as mock writes it. A value's line breaks are continued, so it cannot begin a macro of its own. */
export function macroFile(macros: Record<string, string>): string {
  const all = {
    _topdir: '/builddir/build',
    _rpmfilename: '%%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm',
    ...macros,
  };
  return Object.entries(all)
    .map(([name, value]) => `%${name} ${continued(value) || '%{nil}'}\n`)
    .join('');
}

function continued(value: string): string {
  // A backslash at the very end would take the next macro in.
  return value.replaceAll(/\\*\r?\n/g, '\\\n').replace(/\\$/, '\\ ');
}

/** How to reach the network is this machine's knowledge; the root gets a copy. `root` is a folder only we wrote. */
async function showNetwork(root: string): Promise<void> {
  const etc = join(root, 'etc');
  await mkdir(etc, { recursive: true });
  if (!(await lstat(etc)).isDirectory()) return;
  for (const name of ['resolv.conf', 'hosts']) {
    await rm(join(etc, name), { force: true });
    await copyFile(join('/etc', name), join(etc, name)).catch(() => {});
  }
}
