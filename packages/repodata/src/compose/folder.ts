/**
 * A folder that takes a repository's metadata.
 *
 * Invariant: a document has its name only when it is whole, and `repomd.xml` is there only when all that it names is.
 * Nothing is forced to the disk: an export that must outlive a crash does that for its whole tree.
 */
import { type FileHandle, mkdir, open, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DocumentKind } from './document.ts';
import type { Sink } from './repository.ts';

export class Folder implements Sink {
  readonly #path: string;
  readonly #open = new Map<DocumentKind, FileHandle>();

  /** @param path of `repodata/`, which is made if it is not there */
  constructor(path: string) {
    this.#path = path;
  }

  async write(kind: DocumentKind, bytes: Buffer): Promise<void> {
    let file = this.#open.get(kind);
    if (file === undefined) {
      await mkdir(this.#path, { recursive: true });
      file = await open(this.#partial(kind), 'w');
      this.#open.set(kind, file);
    }
    for (let at = 0; at < bytes.length; ) at += (await file.write(bytes, at)).bytesWritten;
  }

  async named(kind: DocumentKind, name: string): Promise<void> {
    await this.#open.get(kind)?.close();
    this.#open.delete(kind);
    await rename(this.#partial(kind), join(this.#path, name));
  }

  async file(name: string, bytes: Buffer): Promise<void> {
    await writeFile(join(this.#path, `.${name}.part`), bytes);
    await rename(join(this.#path, `.${name}.part`), join(this.#path, name));
  }

  /** Closes what a failed composing left open; the partial files stay for whoever made the folder to remove. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#open.values()].map((file) => file.close()));
    this.#open.clear();
  }

  #partial(kind: DocumentKind): string {
    return join(this.#path, `.${kind}.part`);
  }
}
