/** What the buildroot's tests stand on: a distribution, samples, a state folder, orders. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import {
  type BuildOrder,
  createNativeDriver,
  type Driver,
  type SourceResult,
  type Used,
} from '../../packages/buildroot/src/index.ts';
import { makeSamples } from './samples.ts';

/** The repository of the small distribution; the harness makes it before system tests run. */
export function distro(arch: 'x86_64' | 'i686'): string {
  const given = process.env[`MOROMI_TEST_DISTRO_${arch}`];
  return `file://${realpathSync(given ?? `/var/cache/moromi/distro/${arch}/current/repo`)}`;
}

export interface Machine {
  dir: string;
  home: string;
  sample(name: string): string;
  order(changes?: Partial<BuildOrder>): BuildOrder;
  /** The text of a log of an order. */
  log(order: BuildOrder, name: string): string;
  remove(): void;
}

/** What a package without compiled parts needs: a root of these takes a quarter of the time and space. */
const few =
  'bash coreutils diffutils filesystem findutils gawk grep gzip rpm-build sed setup system-release tar util-linux';
export const smallGroups = { srpmBuild: few.split(' '), build: few.split(' ') };

/** One machine with the native driver for all tests of a file. */
export function nativeForAll(set: (machine: Machine, driver: Driver) => void): void {
  let machine: Machine;
  beforeAll(() => {
    machine = makeMachine();
    set(machine, createNativeDriver({ home: machine.home }));
  });
  afterAll(() => machine.remove());
}

let count = 0;

export function makeMachine(samples?: string[]): Machine {
  // Not /tmp: some machines have a tmpfs there, and roots are large.
  const dir = mkdtempSync('/var/tmp/moromi-buildroot-');
  const made = makeSamples(join(dir, 'samples'), samples);
  return {
    dir,
    home: join(dir, 'home'),
    sample(name) {
      const path = made.get(name);
      if (!path) throw new Error(`there is no sample ${name}`);
      return path;
    },
    order(changes = {}) {
      count += 1;
      const id = changes.id ?? `${count}-1`;
      const arch = changes.arch === 'i686' ? 'i686' : 'x86_64';
      const logDir = join(dir, 'logs', id);
      mkdirSync(logDir, { recursive: true });
      const baseurl = distro(arch);
      return {
        id,
        arch,
        repos: [{ id: 'base', baseurl, priority: 99, revision: baseurl }],
        groups: { srpmBuild: ['@buildsys-build'], build: ['@buildsys-build'] },
        macros: { dist: '.el9', vendor: 'Moromi tests' },
        with: [],
        without: [],
        network: false,
        timeoutSeconds: 100,
        logDir,
        ...changes,
      };
    },
    log: (order, name) => readFileSync(join(order.logDir, name), 'utf8'),
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}

export const never = new AbortController().signal;

/** What the sample `takes` takes, and no more than its shell, rpmbuild and packages beside it. */
export function expectTaken({ memoryMib, diskMib }: Used, rootMib = 0): void {
  for (const [mib, taken, more] of [
    [memoryMib, 300, 100],
    [diskMib, 200, 30 + rootMib],
  ] as const) {
    expect(mib).toBeGreaterThanOrEqual(taken);
    expect(mib).toBeLessThanOrEqual(taken + more);
  }
}

/** Runs one step in a root of its own, and takes the root away again. */
export async function build(
  driver: Driver,
  order: BuildOrder,
  step: 'buildSource' | 'buildBinary',
  srpm: string,
  signal = never,
): Promise<{ names: string[]; installed: string[] }> {
  const root = await driver.open(order);
  try {
    const result: SourceResult & { rpms?: string[] } = await root[step](srpm, signal);
    const files = [result.srpm, ...(result.rpms ?? [])];
    return {
      names: files.map((file) => file.slice(file.lastIndexOf('/') + 1)).sort(),
      installed: result.installed.map((one) => one.nevra),
    };
  } finally {
    await root.destroy();
  }
}

/** Numbers of the processes whose command line holds `marker` as an argument. */
export function processesWith(marker: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        return readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0').includes(marker);
      } catch {
        return false;
      }
    })
    .map(Number);
}

/** Waits until `holds` is true; looks every 10 ms. Throws after `ms`, so nothing waits for ever. */
export async function until(holds: () => boolean, ms: number, what: string): Promise<void> {
  const end = performance.now() + ms;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`not within ${ms} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
