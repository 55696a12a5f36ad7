/**
 * Sees to it that nothing of a test outlives it, also when the test process is killed.
 *
 * Invariant: a folder is told to the keeper before anything is started in it. The keeper is a process in a session of
 * its own that learns of the test process's end by its closed pipe.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';

let keeper: ChildProcess | undefined;

export function keep(folder: string): void {
  tell(`+${folder}`);
}

export function letGo(folder: string): void {
  tell(`-${folder}`);
}

function tell(line: string): void {
  if (keeper === undefined) {
    // Vitest's own end does not end its forks while they have something to do.
    process.once('disconnect', () => process.exit(1));
    keeper = spawn(process.execPath, [join(import.meta.dirname, 'keeper-process.ts')], {
      cwd: '/',
      stdio: ['pipe', 'ignore', 'inherit'],
      detached: true,
    });
    keeper.unref();
    (keeper.stdin as unknown as { unref?: () => void } | null)?.unref?.();
  }
  keeper.stdin?.write(`${line}\n`);
}
