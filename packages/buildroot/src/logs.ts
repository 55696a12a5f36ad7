/**
 * The log files of an order, named as mock names them, because people and tools look for those names.
 *
 * Invariant: what is written is in the file when the call returns, so whoever follows the file sees it as it
 * happens. build.log holds the bytes that rpmbuild printed and nothing else.
 */
import { appendFileSync, closeSync, mkdirSync, openSync, statfsSync } from 'node:fs';
import { cpus, freemem, loadavg, release, totalmem } from 'node:os';
import { join } from 'node:path';
import type { InstalledPackage } from './driver.ts';

export interface OrderLogs {
  readonly dir: string;
  /** For children's own output: open files in append mode. */
  readonly buildFd: number;
  readonly rootFd: number;
  /** A line of root.log: resolving, downloading, installing. */
  root(text: string): void;
  /** `Start: x` and `Finish: x` in state.log around the work, also when it fails. */
  during<T>(state: string, work: () => Promise<T>): Promise<T>;
  close(): void;
}

export function openLogs(dir: string): OrderLogs {
  mkdirSync(dir, { recursive: true });
  const buildFd = openSync(join(dir, 'build.log'), 'a', 0o644);
  const rootFd = openSync(join(dir, 'root.log'), 'a', 0o644);
  const stateFd = openSync(join(dir, 'state.log'), 'a', 0o644);
  let open = true;
  const write = (fd: number, text: string): void => {
    if (open) appendFileSync(fd, `${new Date().toISOString()} ${text}\n`);
  };
  return {
    dir,
    buildFd,
    rootFd,
    root: (text) => write(rootFd, text),
    async during(state, work) {
      write(stateFd, `- Start: ${state}`);
      try {
        return await work();
      } finally {
        write(stateFd, `- Finish: ${state}`);
      }
    },
    close() {
      if (!open) return;
      open = false;
      for (const fd of [buildFd, rootFd, stateFd]) closeSync(fd);
    },
  };
}

/** hw_info.log: what the build ran on, in words that a person compares between two builders. */
export function writeHardware(dir: string, home: string): void {
  const cores = cpus();
  const disk = statfsSync(home);
  const mib = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`;
  appendFileSync(
    join(dir, 'hw_info.log'),
    [
      `kernel: ${release()}`,
      `cpu: ${cores.length} x ${cores[0]?.model ?? 'unknown'}`,
      `load: ${loadavg()
        .map((load) => load.toFixed(2))
        .join(' ')}`,
      `memory: ${mib(totalmem())}, free ${mib(freemem())}`,
      `disk: ${mib(disk.blocks * disk.bsize)}, free ${mib(disk.bavail * disk.bsize)}`,
      '',
    ].join('\n'),
  );
}

/** installed_pkgs.log: one line a package: NEVRA, SHA-256 of its file, repository. */
export function writeInstalled(dir: string, installed: InstalledPackage[]): void {
  const lines = installed.map((one) => `${one.nevra} ${one.sha256} ${one.repo}\n`);
  appendFileSync(join(dir, 'installed_pkgs.log'), lines.join(''));
}
