/** What a command took, as the kernel counted it, and what a hub with its PostgreSQL has used so far. */
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import type { World } from './world.ts';

const run = promisify(execFile);

export interface Took {
  seconds: number;
  /** Seconds of processor. */
  cpu: number;
  /** The most resident memory, in MiB. */
  peakMb: number;
}

/** Node cannot ask for a child's usage; Python, which dnf brings, can. */
const wrapper = `
import json, resource, subprocess, sys, time
at = time.monotonic()
code = subprocess.call(sys.argv[1:], stdout=subprocess.DEVNULL)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps({"code": code, "seconds": time.monotonic() - at, "cpu": used.ru_utime + used.ru_stime, "peakMb": used.ru_maxrss / 1024}))`;

export async function timed(command: readonly string[]): Promise<Took> {
  const { stdout } = await run('python3', ['-c', wrapper, ...command], { timeout: 600_000 });
  const { code, ...took } = JSON.parse(stdout) as Took & { code: number };
  if (code !== 0) throw new Error(`${command[0]} ended with ${code}`);
  return took;
}

/** Seconds of processor that the hub and its PostgreSQL have used, with processes of theirs that have ended. */
export function cpuOf({ hubPid, postgresPid }: Pick<World, 'hubPid' | 'postgresPid'>): number {
  const wanted = new Set([hubPid, postgresPid]);
  let ticks = 0;
  for (const { pid, parent, own, ended } of processes())
    if (wanted.has(pid) || wanted.has(parent)) ticks += own + ended;
  return ticks / 100;
}

function processes(): { pid: number; parent: number; own: number; ended: number }[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      // After the name in parentheses, which may hold anything: state, parent, …, utime, stime, cutime, cstime.
      const fields = readFileSync(`/proc/${name}/stat`, 'utf8')
        .replace(/^.*\) /s, '')
        .split(' ')
        .map(Number);
      const [, parent = 0] = fields;
      const of = (from: number): number => (fields[from] ?? 0) + (fields[from + 1] ?? 0);
      return [{ pid: Number(name), parent, own: of(11), ended: of(13) }];
    } catch {
      return [];
    }
  });
}
