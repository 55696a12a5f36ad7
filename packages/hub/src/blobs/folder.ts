/**
 * Blobs in a folder: `sha256/ab/cd…`, uploads in `uploads/<id>/<part>`. For one hub machine.
 *
 * Invariant: a file under `sha256/` is whole: it came there by rename after fsync.
 */
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join as joinPath } from 'node:path';
import { Readable } from 'node:stream';
import { Problem } from '@moromi/contract';
import { between } from '@moromi/faults';
import { syncFolder } from '../ledger/index.ts';
import type { BlobStore, Range, StoredPart } from './store.ts';

export class FolderStore implements BlobStore {
  readonly #root: string;

  private constructor(root: string) {
    this.#root = root;
  }

  /** Opens the folder and removes what a crash left half written. */
  static async open(root: string): Promise<FolderStore> {
    const store = new FolderStore(root);
    for (const folder of ['sha256', 'uploads', 'aside'])
      await mkdir(joinPath(root, folder), { recursive: true });
    for (const name of await readdir(joinPath(root, 'aside')))
      await rm(joinPath(root, 'aside', name), { force: true });
    return store;
  }

  /** For another thread of a process that has opened the folder. */
  static beside(root: string): FolderStore {
    return new FolderStore(root);
  }

  async putPart(
    upload: string,
    part: number,
    sha256: string,
    limit: number,
    content: Readable,
  ): Promise<{ size: number }> {
    const folder = this.#upload(upload);
    const written = await this.#write(content, limit);
    if (written.sha256 !== sha256) {
      await rm(written.path, { force: true });
      throw new Problem(
        'part_damaged',
        `part ${part} arrived with the SHA-256 ${written.sha256} and not ${sha256}`,
      );
    }
    await this.#move('blobs.part-rename', written.path, joinPath(folder, String(part)));
    return { size: written.size };
  }

  async join(upload: string, parts: StoredPart[], sha256: string, size: number): Promise<void> {
    const folder = this.#upload(upload);
    const only = parts.length === 1 ? parts[0] : undefined;
    if (only !== undefined) {
      if (only.sha256 !== sha256 || only.size !== size) throw mismatch(only.sha256, only.size, sha256, size);
      // After a crash between the rename and the ledger's commit the part is there no more and the blob is.
      if ((await this.size(sha256)) === undefined)
        await this.#adopt(joinPath(folder, String(only.part)), sha256);
    } else {
      const written = await this.#write(
        Readable.from(concat(parts.map((part) => joinPath(folder, String(part.part))))),
        size,
      );
      if (written.sha256 !== sha256 || written.size !== size) {
        await rm(written.path, { force: true });
        throw mismatch(written.sha256, written.size, sha256, size);
      }
      await this.#adopt(written.path, sha256);
    }
  }

  async dropUpload(upload: string): Promise<void> {
    await rm(this.#upload(upload), { recursive: true, force: true });
  }

  async open(sha256: string, range?: Range): Promise<Readable> {
    const stream = createReadStream(this.path(sha256), range);
    await new Promise<void>((resolve, reject) => {
      stream.once('open', () => resolve());
      stream.once('error', (error) =>
        reject('code' in error && error.code === 'ENOENT' ? new Problem('unknown_blob') : error),
      );
    });
    return stream;
  }

  async size(sha256: string): Promise<number | undefined> {
    try {
      return (await stat(this.path(sha256))).size;
    } catch {
      return undefined;
    }
  }

  async put(content: Readable | Uint8Array): Promise<{ sha256: string; size: number }> {
    const stream = content instanceof Uint8Array ? Readable.from([content]) : content;
    const { path, sha256, size } = await this.#write(stream, Number.MAX_SAFE_INTEGER);
    await this.#adopt(path, sha256);
    return { sha256, size };
  }

  /** The file of a blob; for code that needs a path, such as reading an RPM's header. */
  path(sha256: string): string {
    return joinPath(this.#root, 'sha256', sha256.slice(0, 2), sha256.slice(2));
  }

  #upload(upload: string): string {
    return joinPath(this.#root, 'uploads', upload);
  }

  async #adopt(path: string, sha256: string): Promise<void> {
    const target = this.path(sha256);
    try {
      await this.#move('blobs.rename', path, target);
    } catch (error) {
      // Somebody else completed the same upload at the same time, and took the part there.
      if ((await this.size(sha256)) === undefined) throw error;
      await rm(path, { force: true });
    }
  }

  async #move(name: string, from: string, to: string): Promise<void> {
    const parent = dirname(to);
    try {
      await mkdir(parent, { recursive: true });
      await between(name, () => rename(from, to));
      await syncFolder(parent);
      await syncFolder(dirname(parent));
    } catch (error) {
      throw asFull(error);
    }
  }

  async #write(content: Readable, limit: number): Promise<{ path: string; sha256: string; size: number }> {
    const path = joinPath(this.#root, 'aside', randomUUID());
    const hash = createHash('sha256');
    let size = 0;
    let handle: FileHandle | undefined;
    try {
      handle = await open(path, 'wx', 0o644);
      // The stream may be a request: destroying it would take the connection that the answer needs.
      for await (const chunk of content.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>) {
        size += chunk.length;
        if (size > limit) throw new Problem('part_damaged', `more than ${limit} bytes arrived`);
        hash.update(chunk);
        await writeAll(handle, chunk);
      }
      await handle.sync();
    } catch (error) {
      await rm(path, { force: true });
      throw asFull(error);
    } finally {
      await handle?.close();
    }
    return { path, sha256: hash.digest('hex'), size };
  }
}

/** A disk that fills up takes a part of a write without an error. */
async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  let done = 0;
  while (done < bytes.length) done += (await handle.write(bytes, done)).bytesWritten;
}

function asFull(error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ENOSPC' || code === 'EDQUOT' ? new Problem('storage_full') : error;
}

async function* concat(paths: string[]): AsyncGenerator<Buffer> {
  for (const path of paths) yield* createReadStream(path) as AsyncIterable<Buffer>;
}

function mismatch(sha256: string, size: number, wantedSha256: string, wantedSize: number): Problem {
  return new Problem(
    'hash_mismatch',
    `the file has SHA-256 ${sha256} and ${size} bytes, announced were ${wantedSha256} and ${wantedSize}`,
  );
}
