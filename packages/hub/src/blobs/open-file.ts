/**
 * A file that is open for reading anywhere in it, by the callbacks of `node:fs`.
 *
 * Invariant: each call is one turn of a thread and nothing else; the methods of a `FileHandle` cost as much again.
 */
import { close, open, read } from 'node:fs';
import type { BlobHandle } from './store.ts';

/** @returns undefined where there is no such file */
export function openFile(path: string): Promise<BlobHandle | undefined> {
  return new Promise((resolve, reject) => {
    open(path, 'r', (error, descriptor) => {
      if (error === null) resolve(new OpenFile(descriptor));
      else if (error.code === 'ENOENT') resolve(undefined);
      else reject(error);
    });
  });
}

class OpenFile implements BlobHandle {
  readonly #descriptor: number;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  read(buffer: Buffer, length: number, position: number): Promise<number> {
    return new Promise((resolve, reject) => {
      read(this.#descriptor, buffer, 0, length, position, (error, got) =>
        error ? reject(error) : resolve(got),
      );
    });
  }

  close(): Promise<void> {
    return new Promise((resolve, reject) => {
      close(this.#descriptor, (error) => (error ? reject(error) : resolve()));
    });
  }
}
