/**
 * What a bench costs the machine while it runs: processor time of the hub, of its PostgreSQL and of the driver, which
 * is this process, and how late the driver's own loop is.
 *
 * Invariant: it shows whether the driver was the one that was slow.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { World } from './world.ts';

const ticksPerSecond = 100;

export class Strain {
  readonly #world: World;
  readonly #lag = monitorEventLoopDelay({ resolution: 1 });
  #at = performance.now();
  #before = { hub: 0, postgres: 0, driver: 0 };

  constructor(world: World) {
    this.#world = world;
    this.begin();
  }

  begin(): void {
    this.#lag.reset();
    this.#lag.enable();
    this.#at = performance.now();
    this.#before = this.#seconds();
  }

  /** Since `begin`, for people. */
  said(): string {
    const wall = (performance.now() - this.#at) / 1000;
    const now = this.#seconds();
    const part = (what: keyof typeof now): string =>
      `${(((now[what] - this.#before[what]) / wall) * 100).toFixed(0)} %`;
    const late = (this.#lag.percentile(99) / 1e6 - 1).toFixed(1);
    return `of a core: hub ${part('hub')}, PostgreSQL ${part('postgres')}, driver ${part('driver')} (its loop late by ${late} ms at p99); load ${loadavg()[0]?.toFixed(1)}`;
  }

  end(): void {
    this.#lag.disable();
  }

  #seconds(): { hub: number; postgres: number; driver: number } {
    const { user, system } = process.cpuUsage();
    return {
      hub: secondsOf(this.#world.hubPid),
      postgres: withChildren(this.#world.postgresPid).reduce((sum, pid) => sum + secondsOf(pid), 0),
      driver: (user + system) / 1e6,
    };
  }
}

function withChildren(pid: number): number[] {
  const children = readdirSync('/proc').filter(
    (name) => /^\d+$/.test(name) && Number(statOf(Number(name))[1]) === pid,
  );
  return [pid, ...children.map(Number)];
}

/** Processor time of a process, and of its children that have ended. */
function secondsOf(pid: number): number {
  return [11, 12, 13, 14].reduce((sum, at) => sum + Number(statOf(pid)[at] ?? 0), 0) / ticksPerSecond;
}

/** The fields of /proc/PID/stat from the state on; the name before it may hold anything. */
function statOf(pid: number): string[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}
