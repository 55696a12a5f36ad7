/**
 * A lock between all processes that share a home folder.
 *
 * Invariant: the kernel holds it (flock), so it is free the moment its holder is gone, and nobody polls. Node has
 * no flock of its own: a small bash holds the file for as long as its standard input, which is ours, stays open.
 */
import { spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { toolPath } from './exec.ts';

const chains = new Map<string, Promise<void>>();

/** Runs `work` while holding the lock `file`. Calls of this process queue here, those of others in the kernel. */
export async function withLock<T>(file: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  const before = chains.get(file);
  const { promise, resolve } = Promise.withResolvers<void>();
  const tail = (before ?? Promise.resolve()).then(() => promise);
  chains.set(file, tail);
  try {
    if (before) await untilAborted(before, signal);
    const release = await hold(file, signal);
    try {
      return await work();
    } finally {
      release();
    }
  } finally {
    resolve();
    if (chains.get(file) === tail) chains.delete(file);
  }
}

async function hold(file: string, signal?: AbortSignal): Promise<() => void> {
  signal?.throwIfAborted();
  await mkdir(dirname(file), { recursive: true });
  const script = 'exec 9>>"$1" && flock -x 9 && echo held && read -r _';
  const child = spawn('bash', ['-c', script, 'bash', file], {
    env: { PATH: toolPath },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const release = (): void => {
    child.stdin.destroy();
  };
  child.stdin.on('error', () => {});
  const held = new Promise<void>((resolve, reject) => {
    child.stdout.once('data', () => resolve());
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`cannot lock ${file}`)));
  });
  held.catch(() => {});
  try {
    await untilAborted(held, signal);
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
  return release;
}

async function untilAborted(promise: Promise<void>, signal?: AbortSignal): Promise<void> {
  if (!signal) return promise;
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
