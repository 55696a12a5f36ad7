/**
 * Hashes the documents of a tree, from the runs in the cache.
 *
 * Invariant: each run's file is opened and read once for all texts of a job: with a thousand runs that is what hashing
 * costs beside hashing.
 */
import { createHash, type Hash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';

/** One text of documents: what comes before its runs, where it lies in each run's file of the cache, and what comes after. */
export interface HashJob {
  what: 'hash';
  /** The folder of the cache. */
  cache: string;
  /** The texts lie one behind the other in each file: from a byte on, so many bytes of each. */
  runs: { key: string; from: number; lengths: number[] }[];
  heads: Uint8Array[];
  tails: Uint8Array[];
}

/** Most runs fit; of longer ones the rest is read where it is wanted. Used again: a thread does one job at a time. */
let window: Buffer | undefined;
const windowBytes = 2 * 1024 * 1024;

export function hashTexts({ cache, runs, heads, tails }: HashJob): string[] {
  const hashes = heads.map((head) => createHash('sha256').update(head));
  window ??= Buffer.allocUnsafeSlow(windowBytes);
  for (const { key, from, lengths } of runs) hashRun(hashes, window, join(cache, key), from, lengths);
  return hashes.map((hash, at) => hash.update(tails[at] ?? new Uint8Array()).digest('hex'));
}

function hashRun(
  hashes: readonly Hash[],
  buffer: Buffer,
  path: string,
  from: number,
  lengths: number[],
): void {
  const file = openSync(path, 'r');
  try {
    const all = lengths.reduce((sum, one) => sum + one, 0);
    const read = new Window(file, path, buffer, from, all);
    for (const [at, length] of lengths.entries()) {
      for (let left = length; left > 0; ) {
        const piece = read.next(left);
        hashes[at]?.update(piece);
        left -= piece.length;
      }
    }
  } finally {
    closeSync(file);
  }
}

/** A range of a file, read in as few pieces as the buffer allows. */
class Window {
  readonly #file: number;
  readonly #path: string;
  readonly #buffer: Buffer;
  /** Where the next piece is read, and how much there is left to read. */
  #at: number;
  #left: number;
  #start = 0;
  #end = 0;

  constructor(file: number, path: string, buffer: Buffer, from: number, length: number) {
    this.#file = file;
    this.#path = path;
    this.#buffer = buffer;
    this.#at = from;
    this.#left = length;
  }

  /** The next bytes, `most` of them or fewer. */
  next(most: number): Buffer {
    if (this.#start === this.#end) {
      const got = readSync(this.#file, this.#buffer, 0, Math.min(this.#buffer.length, this.#left), this.#at);
      if (got === 0) throw new Error(`${this.#path} ends before byte ${this.#at + this.#left}`);
      this.#at += got;
      this.#left -= got;
      [this.#start, this.#end] = [0, got];
    }
    const piece = this.#buffer.subarray(this.#start, Math.min(this.#end, this.#start + most));
    this.#start += piece.length;
    return piece;
  }
}
