/** A driver that builds nothing: it does what a test tells it to, with the interface's promises kept. */
import { appendFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BinaryResult, BuildOrder, Buildroot, Driver, Probe, Used } from '@moromi/buildroot';

export type Build = (order: BuildOrder, dir: string, signal: AbortSignal) => Promise<BinaryResult>;

export class TestDriver implements Driver {
  readonly name = 'native';
  readonly #home: string;
  readonly #build: Build;
  usable = true;
  /** What its probe says of architectures. */
  arches: Probe['arches'] = {};
  probes = 0;
  /** The spec file of every source package. */
  spec = '';
  /** What its builds took. */
  used: Used = { memoryMib: 700, diskMib: 30 };
  readonly orders: BuildOrder[] = [];
  readonly destroyed: string[] = [];
  readonly kept: string[] = [];

  constructor(home: string, build: Build = makeFiles) {
    this.#home = home;
    this.#build = build;
  }

  async probe(): Promise<Probe> {
    this.probes++;
    return {
      driver: 'native',
      usable: this.usable,
      roots: 'overlay',
      isolation: 'namespaces',
      cgroups: 'none',
      arches: { ...this.arches },
      warnings: [],
      problems: this.usable ? [] : ['there is no rpmbuild; install rpm'],
      versions: {},
    };
  }

  async open(order: BuildOrder): Promise<Buildroot> {
    this.orders.push(order);
    const dir = join(this.#home, 'driver', `root-${order.id}`);
    await mkdir(dir, { recursive: true });
    const build = (signal: AbortSignal) => this.#build(order, dir, signal);
    return {
      buildSource: async (_, signal, edit) => {
        if (edit !== undefined) this.spec = edit(this.spec);
        return await build(signal);
      },
      buildBinary: async (_, signal) => build(signal),
      used: async () => this.used,
      keep: async (until) => {
        this.kept.push(order.id);
        return { dir, until };
      },
      destroy: async () => {
        this.destroyed.push(order.id);
        await rm(dir, { recursive: true, force: true });
      },
    };
  }
}

/** What a good build leaves: logs, a source package, two packages. */
export async function makeFiles(order: BuildOrder, dir: string, signal: AbortSignal): Promise<BinaryResult> {
  await appendFile(join(order.logDir, 'build.log'), 'Building\n');
  signal.throwIfAborted();
  const names = ['hello-1-1.src.rpm', 'hello-1-1.x86_64.rpm', 'hello-libs-1-1.x86_64.rpm'];
  const paths = names.map((name) => join(dir, name));
  for (const path of paths) await writeFile(path, `content of ${path}`);
  await appendFile(join(order.logDir, 'build.log'), 'Done\n');
  const [srpm = '', ...rpms] = paths;
  return { srpm, rpms, installed: [{ nevra: 'bash-5-1.x86_64', sha256: 'a'.repeat(64), repo: 'base' }] };
}

/** Resolves never, rejects with the signal's reason: a build that goes on until it is stopped. */
export function untilStopped(signal: AbortSignal): Promise<never> {
  return new Promise((_, fail) => {
    if (signal.aborted) fail(signal.reason);
    else signal.addEventListener('abort', () => fail(signal.reason), { once: true });
  });
}
