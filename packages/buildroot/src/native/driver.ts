/**
 * The native driver: roots made of rpm packages by this machine, without mock.
 *
 * Invariant: `home` belongs to drivers of this kind alone, any number of processes of them; whatever a dead one left
 * there is removed before the first new root is made.
 */
import { mkdir } from 'node:fs/promises';
import { diskOf } from '../disk.ts';
import { BuildFailure, type BuildOrder, type Buildroot, type Driver } from '../driver.ts';
import { keepRoot } from '../kept.ts';
import { type OrderLogs, openLogs } from '../logs.ts';
import { MemoryWatch } from '../memory.ts';
import { checkOrder } from '../order.ts';
import { type Capabilities, type Forced, findCapabilities, probeNative } from '../probe.ts';
import { SameRoot } from '../root-hash.ts';
import { FactsStore } from './facts.ts';
import { LayerStore } from './layers.ts';
import { PackageCache } from './packages.ts';
import { Resolver } from './resolve.ts';
import { WorkFolder } from './root.ts';
import type { Step, Workshop } from './step.ts';
import { buildBinary, buildSource } from './steps.ts';
import { sweep } from './sweep.ts';

export interface NativeOptions extends Forced {
  /** Absolute path of plain characters; layers, packages and roots are kept there, on one file system. */
  home: string;
  log?: (line: string) => void;
  /** How much the layers may take together, in bytes; 20 GiB unless told. */
  layerBudget?: number;
  /** The same for downloaded packages; 5 GiB unless told. */
  packageBudget?: number;
  /** Installs first layers by the target's own rpm also where this machine's would do. */
  alwaysBootstrap?: boolean;
}

export function createNativeDriver(options: NativeOptions): Driver {
  const { home, log = () => {} } = options;
  if (!/^\/[\w./@+-]*$/.test(home)) {
    throw new Error(`${home}: the state folder's path must be absolute, of letters, digits and ./@+-_`);
  }
  let opening: Promise<Workshop> | undefined;
  const shop = (): Promise<Workshop> => {
    opening ??= openShop(options, log).catch((error: unknown) => {
      opening = undefined;
      throw error;
    });
    return opening;
  };
  return {
    name: 'native',
    probe: (arches) => probeNative(home, options, arches),
    async open(order) {
      checkOrder(order);
      return openRoot(await shop(), order);
    },
  };
}

async function openShop(options: NativeOptions, log: (line: string) => void): Promise<Workshop> {
  const { home } = options;
  await mkdir(home, { recursive: true, mode: 0o700 });
  const [found] = await Promise.all([findCapabilities(home, options), sweep(home, log)]);
  for (const warning of found.warnings) log(warning);
  const capabilities: Capabilities = { roots: found.roots, isolation: found.isolation };
  const cache = new PackageCache(home);
  const installer = { capabilities, cache, alwaysBootstrap: options.alwaysBootstrap ?? false };
  await cache.evict(options.packageBudget ?? 5 * 2 ** 30);
  const layers = new LayerStore(home, installer, options.layerBudget ?? 20 * 2 ** 30);
  return { home, capabilities, resolver: new Resolver(home), layers, facts: new FactsStore(home) };
}

function openRoot(shop: Workshop, order: BuildOrder): Buildroot {
  const work = new WorkFolder(shop.home, order, shop.capabilities);
  const memory = new MemoryWatch();
  let busy = false;
  let kept = false;
  async function during<T>(signal: AbortSignal, work_: (step: Step) => Promise<T>): Promise<T> {
    if (busy) throw new Error(`${order.id}: a root does one step at a time`);
    if (kept) throw new Error(`${order.id}: the root was kept and is no longer this order's`);
    busy = true;
    let logs: OrderLogs | undefined;
    try {
      logs = openLogs(order.logDir);
      return await work_({ shop, order, work, logs, memory, signal });
    } catch (error) {
      if (error instanceof SameRoot) throw error;
      const failure = asFailure(error, signal);
      logs?.root(`${failure.code}: ${failure.message}`);
      throw failure;
    } finally {
      logs?.close();
      busy = false;
    }
  }
  return {
    buildSource: (srpm, signal, edit) => during(signal, (step) => buildSource(step, srpm, edit)),
    buildBinary: (srpm, signal) => during(signal, (step) => buildBinary(step, srpm)),
    // Layers are shared and stay: what is below the order's own folder is what this build alone took.
    used: async (signal) => ({ memoryMib: memory.mib, diskMib: await diskOf([work.dir], signal) }),
    async keep(until) {
      const root = await keepRoot(shop.home, shop.capabilities, order, work, until);
      kept = true;
      return root;
    },
    async destroy() {
      if (!kept) await work.destroy();
      shop.resolver.ready();
    },
  };
}

function asFailure(error: unknown, signal: AbortSignal): BuildFailure {
  if (error instanceof BuildFailure) return error;
  if (signal.aborted) return new BuildFailure('canceled', 'the build was canceled');
  const message = error instanceof Error ? error.message : String(error);
  const full =
    (error as NodeJS.ErrnoException | undefined)?.code === 'ENOSPC' ||
    /No space left on device/.test(message);
  if (full)
    return new BuildFailure('disk_full', 'the disk that holds the roots is full', message.slice(0, 2000));
  return new BuildFailure('root_failed', message.slice(0, 500));
}
