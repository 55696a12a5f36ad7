/**
 * Memory that a new build could have.
 *
 * Invariant: the kernel's own estimate decides (proc(5), /proc/meminfo, `MemAvailable`), which counts caches as free;
 * where it gives none, memory rules nothing out.
 */
import { readFile } from 'node:fs/promises';
import type { Unfit } from '@moromi/contract';
import { sizeInWords } from '../words.ts';
import type { Check } from './check.ts';

const mib = 2 ** 20;
const usualLeastMb = 256;

/** @returns bytes */
export function availableOf(meminfo: string): number | undefined {
  const kib = /^MemAvailable:\s+(\d+) kB$/m.exec(meminfo)?.[1];
  return kib === undefined ? undefined : Number(kib) * 1024;
}

export class MemoryCheck implements Check {
  readonly #least: number;
  readonly #file: string;

  constructor(leastMb = usualLeastMb, file = '/proc/meminfo') {
    this.#least = leastMb * mib;
    this.#file = file;
  }

  async look(): Promise<Unfit | null> {
    const available = availableOf(await readFile(this.#file, 'utf8').catch(() => ''));
    if (available === undefined || available >= this.#least) return null;
    const sizes = `${sizeInWords(available)} are available and ${sizeInWords(this.#least)} are needed`;
    return { code: 'memory_low', reason: `too little memory: ${sizes}` };
  }
}
