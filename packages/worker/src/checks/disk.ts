/**
 * Room on the disk.
 *
 * Invariant: where less than the least is free below the home, or a task has met a full disk in the last ten seconds,
 * there is no room; so a disk that fills up costs one attempt and not one a second.
 */
import { statfs } from 'node:fs/promises';
import type { Failure, Unfit } from '@moromi/contract';
import { text } from '../failure.ts';
import { sizeInWords } from '../words.ts';
import type { Check } from './check.ts';

const mib = 2 ** 20;
const restMs = 10_000;
const code = 'disk_low';

/**
 * What must be free where nobody says, in bytes: a builder with less is of no use, but a small file system, such as one
 * of its own for a test, must not rule itself out.
 * @param whole size of the file system, in bytes
 */
export function usualLeast(whole: number): number {
  return Math.max(16 * mib, Math.min(1024 * mib, whole / 20));
}

export class DiskCheck implements Check {
  readonly #folder: string;
  readonly #leastMb: number | undefined;
  #restsUntil = 0;

  constructor(folder: string, leastMb: number | undefined) {
    this.#folder = folder;
    this.#leastMb = leastMb;
  }

  failed(failure: Failure): void {
    if (failure.code === 'disk_full') this.#restsUntil = performance.now() + restMs;
  }

  async look(): Promise<Unfit | null> {
    try {
      const { bavail, blocks, bsize } = await statfs(this.#folder);
      const free = bavail * bsize;
      const least = this.#leastMb === undefined ? usualLeast(blocks * bsize) : this.#leastMb * mib;
      if (free < least) {
        const sizes = `${sizeInWords(free)} are free and ${sizeInWords(least)} are needed`;
        return { code, reason: `no room left under ${this.#folder}: ${sizes}` };
      }
    } catch (error) {
      return { code, reason: `nobody can say how much room is left under ${this.#folder}: ${text(error)}` };
    }
    if (performance.now() < this.#restsUntil)
      return { code, reason: `a task has just found the disk under ${this.#folder} full` };
    return null;
  }
}
