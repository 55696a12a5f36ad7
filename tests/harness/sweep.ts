/**
 * Ends and removes everything that belongs to a test's folder.
 *
 * Invariant: a process belongs to the folder when its program, working folder, arguments or environment lie in it; no
 * other is touched. Such folders have names that nothing else has.
 */

import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

/** Kills the folder's processes, unmounts what is mounted below it, and removes it. */
export async function sweep(folder: string): Promise<void> {
  const end = performance.now() + 10_000;
  for (;;) {
    const left = processesOf(folder);
    if (left.length === 0) break;
    if (performance.now() > end) throw new Error(`processes of ${folder} do not end: ${left.join(' ')}`);
    for (const pid of left) kill(pid);
    await delay(10);
  }
  for (const point of mountsBelow(folder)) spawnSync('umount', ['--lazy', '--', point]);
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}

/** Process ids of the folder's processes, this one left out. */
export function processesOf(folder: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((name) => belongs(`/proc/${name}`, folder))
    .map(Number);
}

/** Process ids of a builder's builds: its folder's, but for the Python that waits loaded for the next of them. */
export function buildProcessesOf(folder: string): number[] {
  return processesOf(folder).filter((pid) => {
    try {
      return !readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('/assets/resolve.py');
    } catch {
      return false;
    }
  });
}

/** Process ids of those that have this word as an argument. */
export function processesWith(word: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        return readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0').includes(word);
      } catch {
        return false;
      }
    })
    .map(Number);
}

function belongs(proc: string, folder: string): boolean {
  const looks = [
    () => readlinkSync(`${proc}/cwd`),
    () => readlinkSync(`${proc}/exe`),
    () => readFileSync(`${proc}/cmdline`, 'utf8'),
    () => readFileSync(`${proc}/environ`, 'utf8'),
  ];
  // A keeper is told its folders by a pipe, so nothing of it names them.
  return looks.some((look) => {
    try {
      return look().includes(folder);
    } catch {
      return false;
    }
  });
}

function mountsBelow(folder: string): string[] {
  return readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => (line.split(' ')[1] ?? '').replaceAll('\\040', ' '))
    .filter((point) => point.startsWith(`${folder}/`))
    .reverse();
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}
