/**
 * What a run has left behind whose hub was killed before it could end it.
 *
 * Invariant: ends what carries this very mark in its environment, which the run gave to all that it has started, and
 * nothing else; what belongs to another user by then is not to be read, and stays.
 */
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

/** The variable that carries a mark. */
export const markName = 'MOROMI_SCRIPT_RUN';

/** A killed process is gone within moments, unless the kernel holds it, as in a wait for a dead disk. */
const patienceMs = 5000;

/** @returns how many processes were ended, or are still to go */
export async function endLeftovers(mark: string): Promise<number> {
  const ended = new Set<number>();
  for (const end = performance.now() + patienceMs; performance.now() < end; await delay(20)) {
    const left = await marked(`${markName}=${mark}`);
    if (left.length === 0) break;
    for (const pid of left) {
      ended.add(pid);
      kill(pid);
    }
  }
  return ended.size;
}

async function marked(entry: string): Promise<number[]> {
  const found: number[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    // Empty for what has ended.
    const environment = await readFile(`/proc/${name}/environ`, 'latin1').catch(() => '');
    if (environment.split('\0').includes(entry)) found.push(Number(name));
  }
  return found;
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has gone, or is not ours.
  }
}
