/**
 * Whether a build met a full disk.
 *
 * Invariant: measured while the build runs, never read out of its words alone: a package may print "No space left on
 * device" for reasons of its own, and a failing linker takes its half-written file away before anybody can look.
 */
import { statfsSync } from 'node:fs';

const everyMs = 100;

/** Nearly full: under 1% of the file system and under 64 MiB, or no file can be made any more. */
export function isNearlyFull(path: string): boolean {
  try {
    const { bavail, blocks, bsize, files, ffree } = statfsSync(path);
    const free = bavail * bsize;
    return free < Math.max(1 << 20, Math.min(64 << 20, blocks * bsize * 0.01)) || (files > 0 && ffree < 16);
  } catch {
    return false;
  }
}

export function watchSpace(path: string): { wasFull(): boolean; stop(): void } {
  let full = false;
  const look = (): void => {
    full ||= isNearlyFull(path);
  };
  const timer = setInterval(look, everyMs);
  timer.unref();
  return {
    wasFull() {
      look();
      return full;
    },
    stop: () => clearInterval(timer),
  };
}
