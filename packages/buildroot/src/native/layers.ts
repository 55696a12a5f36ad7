/**
 * Installed package sets, each kept as a read-only layer below many roots.
 *
 * Invariant: a folder `layers/<key>` is complete, and its key is the content: SHA-256 of the packages' SHA-256s, the
 * architecture, the macros that change what is installed, and the driver's version; never names alone. It is made
 * aside and renamed, under a lock that later askers for the same key wait at. Nobody removes it while a file in
 * `uses/<key>` names a living process or a kept root.
 *
 * Using needs no lock; evict.ts says why.
 */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BuildFailure, type BuildOrder } from '../driver.ts';
import { must } from '../exec.ts';
import { removeTrees, writeWhole } from '../files.ts';
import { withLock } from '../lock.ts';
import type { OrderLogs } from '../logs.ts';
import { ownName } from '../owner.ts';
import { bytesOf, evictLayers, type UsedLayer } from './evict.ts';
import { type Installer, installFresh, installOver } from './install.ts';
import type { ChosenPackage } from './resolve.ts';
import { driverVersion } from './version.ts';

export interface Layer {
  key: string;
  /** Folders of an overlay, topmost first; a single one is a whole root. */
  lowers: string[];
  setpriv: boolean;
  /** SHA-256s of the packages in it. */
  packages: readonly string[];
  release(): Promise<void>;
}

interface LayerFile {
  settings: unknown;
  /** Key of the layer below, where this one holds only what it adds. */
  base?: string;
  bytes: number;
  setpriv: boolean;
  /** SHA-256s of all that is installed, also below. */
  packages: string[];
}

export interface Wish {
  arch: string;
  macros: Record<string, string>;
  packages: readonly ChosenPackage[];
  /** A set that may serve as the layer below: what every build of the same target has. */
  base?: readonly ChosenPackage[];
}

/** Macros that decide which files a package brings and where rpm keeps its database. */
const rootMacros = ['_dbpath', '_db_backend', '_excludedocs', '_install_langs', '_netsharedpath'];

export function layerKey(wish: Wish, flat: boolean): string {
  const content = [flat, settingsOf(wish), wish.packages.map((one) => one.sha256).sort()];
  return createHash('sha256').update(JSON.stringify(content)).digest('hex');
}

/** What makes two layers of the same packages different. */
function settingsOf({ arch, macros }: Wish): unknown {
  const values = rootMacros.flatMap((name) => (name in macros ? [[name, macros[name]]] : []));
  return [driverVersion, arch, values];
}

export class LayerStore {
  readonly #home: string;
  readonly #installer: Installer;
  readonly #budget: number;
  readonly #known = new Map<string, LayerFile>();

  constructor(home: string, installer: Installer, budgetBytes: number) {
    this.#home = home;
    this.#installer = installer;
    this.#budget = budgetBytes;
  }

  /** The layer of a package set, made now if it has to be. Release it when nothing stands on it any more. */
  async acquire(wish: Wish, order: BuildOrder, logs: OrderLogs, signal: AbortSignal): Promise<Layer> {
    const flat = this.#flat;
    const key = layerKey(wish, flat);
    for (let made = false; ; made = true) {
      const layer = await this.#use(key);
      if (layer) {
        // Not before the new one is in use: with a small budget it would be the first to go.
        if (made) await this.evict();
        return layer;
      }
      try {
        await withLock(
          join(this.#home, 'locks', `layer-${key}`),
          async () => {
            if ((await this.#read(key)) === undefined) await this.#make(key, wish, order, logs, signal);
          },
          signal,
        );
      } catch (error) {
        if (signal.aborted) throw new BuildFailure('canceled', 'canceled while waiting for the root');
        throw error;
      }
    }
  }

  /** The key under which {@link acquire} would give this set. */
  keyOf(wish: Wish): string {
    return layerKey(wish, this.#flat);
  }

  /** Whether a layer costs what it adds only. */
  get deltas(): boolean {
    return !this.#flat;
  }

  /** Deltas need an overlay below and mounts inside; without either every layer is a whole root. */
  get #flat(): boolean {
    const { roots, isolation } = this.#installer.capabilities;
    return roots !== 'overlay' || isolation !== 'namespaces';
  }

  async #use(key: string): Promise<Layer | undefined> {
    const name = ownName();
    const uses: string[] = [];
    const release = async (): Promise<void> => {
      for (const path of uses.splice(0)) await rm(path, { force: true });
    };
    const lowers: string[] = [];
    let top: LayerFile | undefined;
    for (let next: string | undefined = key; next !== undefined; ) {
      const folder = join(this.#home, 'uses', next);
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, name), '');
      uses.push(join(folder, name));
      const found: LayerFile | undefined = await this.#read(next);
      if (!found) {
        await release();
        // What is above a layer that is gone is of no use either.
        if (next !== key) await removeTrees(this.#folder(key));
        return undefined;
      }
      lowers.push(join(this.#folder(next), found.base ? 'upper' : 'root'));
      top ??= found;
      next = found.base;
    }
    const now = new Date();
    await utimes(join(this.#folder(key), 'layer.json'), now, now).catch(() => {});
    return { key, lowers, setpriv: top?.setpriv ?? false, packages: top?.packages ?? [], release };
  }

  #folder(key: string): string {
    return join(this.#home, 'layers', key);
  }

  async #read(key: string): Promise<LayerFile | undefined> {
    const path = join(this.#folder(key), 'layer.json');
    const known = this.#known.get(key);
    try {
      if (known) {
        await stat(path);
        return known;
      }
      const read: LayerFile = JSON.parse(await readFile(path, 'utf8'));
      this.#known.set(key, read);
      return read;
    } catch {
      this.#known.delete(key);
      return undefined;
    }
  }

  async #make(
    key: string,
    wish: Wish,
    order: BuildOrder,
    logs: OrderLogs,
    signal: AbortSignal,
  ): Promise<void> {
    const started = performance.now();
    await this.#installer.cache.fetch(wish.packages, logs.root, signal);
    const base = await this.#below(wish, order, logs, signal);
    const aside = join(this.#home, 'aside', ownName());
    const scratch = join(aside, 'scratch');
    await mkdir(scratch, { recursive: true });
    try {
      const install = { arch: wish.arch, packages: wish.packages, logs, signal };
      const there = new Set(base?.packages);
      const over = base ? ` over a layer of ${there.size}` : '';
      logs.root(`root: installing ${wish.packages.length - there.size} packages${over}`);
      if (base) {
        const upper = join(aside, 'upper');
        for (const dir of [upper, join(scratch, 'work'), join(scratch, 'root')]) await mkdir(dir);
        const place = {
          overlay: `lowerdir=${base.lowers.join(':')},upperdir=${upper},workdir=${join(scratch, 'work')}`,
          dir: join(scratch, 'root'),
        };
        const added = wish.packages.filter((one) => !there.has(one.sha256));
        await installOver(this.#installer, install, place, added, scratch);
      } else {
        await installFresh(this.#installer, install, join(aside, 'root'), scratch);
      }
      const content = join(aside, base ? 'upper' : 'root');
      const [bytes, setpriv] = await Promise.all([
        must('du', ['-sx', '--block-size=1', '--', content]).then((said) => Number(said.split('\t')[0])),
        hasSetpriv([content, ...(base?.lowers ?? [])]),
        removeTrees(scratch),
      ]);
      const file: LayerFile = {
        settings: settingsOf(wish),
        ...(base ? { base: base.key } : {}),
        bytes,
        setpriv,
        packages: wish.packages.map((one) => one.sha256),
      };
      await writeWhole(join(aside, 'layer.json'), JSON.stringify(file));
      await mkdir(join(this.#home, 'layers'), { recursive: true });
      // Something without its layer.json may stand there if a removal was cut short.
      await removeTrees(this.#folder(key));
      await rename(aside, this.#folder(key));
      logs.root(`root: ready after ${((performance.now() - started) / 1000).toFixed(1)} s`);
    } finally {
      await base?.release();
      await removeTrees(aside);
    }
  }

  /** What to install over: the layer of `wish.base` where that fits, else the largest whole root that does. */
  async #below(
    wish: Wish,
    order: BuildOrder,
    logs: OrderLogs,
    signal: AbortSignal,
  ): Promise<Layer | undefined> {
    if (this.#flat) return undefined;
    const { base, arch, macros } = wish;
    const all = new Set(wish.packages.map((one) => one.sha256));
    const fits = (hashes: string[]): boolean =>
      hashes.length < all.size && hashes.every((sha256) => all.has(sha256));
    if (base && fits(base.map((one) => one.sha256))) {
      return this.acquire({ arch, macros, packages: base }, order, logs, signal);
    }
    const settings = JSON.stringify(settingsOf(wish));
    let best: { key: string; size: number } | undefined;
    for (const key of await readdir(join(this.#home, 'layers')).catch(() => [])) {
      const found = await this.#read(key);
      if (!found || found.base !== undefined || JSON.stringify(found.settings) !== settings) continue;
      const size = found.packages.length;
      if (size > (best?.size ?? 0) && fits(found.packages)) best = { key, size };
    }
    return best && this.#use(best.key);
  }

  /** Removes the layers used longest ago until the rest fits the budget; those in use stay. */
  async evict(): Promise<void> {
    if (bytesOf(await this.#all()) <= this.#budget) return;
    await withLock(join(this.#home, 'locks', 'evict'), async () => {
      for (const key of await evictLayers(this.#home, await this.#all(), this.#budget))
        this.#known.delete(key);
    });
  }

  async #all(): Promise<Map<string, UsedLayer>> {
    const layers = new Map<string, UsedLayer>();
    for (const key of await readdir(join(this.#home, 'layers')).catch(() => [])) {
      const found = await this.#read(key);
      const seen = await stat(join(this.#folder(key), 'layer.json')).catch(() => undefined);
      if (found && seen) layers.set(key, { base: found.base, bytes: found.bytes, used: seen.mtimeMs });
    }
    return layers;
  }
}

async function hasSetpriv(lowers: string[]): Promise<boolean> {
  for (const lower of lowers) {
    const found = await stat(join(lower, 'usr/bin/setpriv')).catch(() => undefined);
    if (found?.isFile()) return true;
  }
  return false;
}
