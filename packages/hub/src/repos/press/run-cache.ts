/**
 * Plain and packed runs as files, so that documents can be hashed without unpacking everything each time.
 *
 * Invariant: what is held is not taken; beyond that the files have so many bytes at most, and the least recently used go
 * first. Nothing depends on a file being there: who misses one unpacks it from the store again. A file with a key's name
 * is whole, since it came there by rename; after a crash of the machine that is not so, and each start of the machine
 * has a folder of its own.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';

const keyForm = /^[0-9a-f]{64}$/;

export class RunCache {
  readonly folder: string;
  readonly #most: number;
  /** Bytes by key, the least recently used first. */
  readonly #sizes = new Map<string, number>();
  /** How many are at work with a run. */
  readonly #held = new Map<string, number>();
  #bytes = 0;

  /** Takes up what an earlier hub has left since the machine was started. @param root for this alone; @param most bytes */
  static open(root: string, most: number): RunCache {
    const boot = bootOf();
    mkdirSync(join(root, boot), { recursive: true });
    for (const name of readdirSync(root))
      if (name !== boot) rmSync(join(root, name), { recursive: true, force: true });
    const cache = new RunCache(join(root, boot), most);
    const found = readdirSync(cache.folder).map((name) => ({ name, ...statOf(cache.path(name)) }));
    for (const { name, size } of found.toSorted((a, b) => a.at - b.at))
      if (keyForm.test(name)) cache.use(name, size);
      else rmSync(cache.path(name), { force: true });
    return cache;
  }

  /** @param folder empty; @param most bytes */
  constructor(folder: string, most: number) {
    this.folder = folder;
    this.#most = most;
  }

  path(key: string): string {
    return join(this.folder, key);
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** A run is there, or will be. */
  use(key: string, bytes: number): void {
    this.#bytes += bytes - (this.#sizes.get(key) ?? 0);
    this.#sizes.delete(key);
    this.#sizes.set(key, bytes);
  }

  /** Does `work` with runs that stay meanwhile; afterwards what is too much goes. */
  async holding<T>(runs: readonly { key: string; bytes: number }[], work: () => Promise<T>): Promise<T> {
    for (const { key, bytes } of runs) {
      this.use(key, bytes);
      this.#held.set(key, (this.#held.get(key) ?? 0) + 1);
    }
    try {
      return await work();
    } finally {
      for (const { key } of runs) {
        const left = (this.#held.get(key) ?? 1) - 1;
        if (left > 0) this.#held.set(key, left);
        else this.#held.delete(key);
      }
      await this.#trim();
    }
  }

  async #trim(): Promise<void> {
    const going: string[] = [];
    for (const [key, bytes] of this.#sizes) {
      if (this.#bytes <= this.#most) break;
      if (this.#held.has(key)) continue;
      this.#sizes.delete(key);
      this.#bytes -= bytes;
      going.push(key);
    }
    for (const key of going) if (!this.#sizes.has(key)) await rm(this.path(key), { force: true });
  }
}

/** Names the run of the kernel; where there is no name, nothing that was left is believed. */
function bootOf(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return `started-${process.pid}-${process.hrtime.bigint()}`;
  }
}

function statOf(path: string): { size: number; at: number } {
  const { size, mtimeMs: at } = statSync(path);
  return { size, at };
}
