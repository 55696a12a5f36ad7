/**
 * A lock between processes that cannot outlive its holder: flock(1) holds it for as long as a pipe from this
 * process is open, and the kernel closes that however this process ends.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Waits until no other process holds `file`'s lock, runs `work`, and lets go. */
export async function withFileLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  const holder = spawn('flock', [file, 'sh', '-c', 'echo held; exec cat'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(holder, 'close');
  ended.catch(() => {});
  try {
    await Promise.race([
      once(holder.stdout, 'data'),
      ended.then(() => {
        throw new Error(`could not lock ${file}`);
      }),
    ]);
    return await work();
  } finally {
    holder.stdin.end();
    await ended.catch(() => {});
  }
}
