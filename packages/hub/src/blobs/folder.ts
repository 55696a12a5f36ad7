/**
 * Blobs in a folder: `sha256/ab/cd…`, uploads in `uploads/<id>/<part>-<sha256>`. For one hub machine.
 *
 * Invariant: a file under `sha256/` is whole: it came there by rename after fsync. Whoever puts a blob leaves a young file
 * there, whether there was one before or not; how files leave is told in `disposal.ts`.
 */
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, rename, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join as joinPath } from 'node:path';
import { Readable } from 'node:stream';
import { Problem } from '@moromi/contract';
import { between } from '@moromi/faults';
import { syncFolder } from '../ledger/index.ts';
import {
  fileOf,
  folderClock,
  idleFiles,
  movedOf,
  removeHalves,
  removeIdle,
  restoreMoved,
} from './disposal.ts';
import { openFile } from './open-file.ts';
import type { BlobHandle, BlobStore, Range, StoredFile, StoredPart } from './store.ts';
import { type Damage, verifyFile } from './verify.ts';

export class FolderStore implements BlobStore {
  readonly #root: string;

  private constructor(root: string) {
    this.#root = root;
  }

  /** Opens the folder and removes what a crash left half written; what is young may be another hub's. */
  static async open(root: string): Promise<FolderStore> {
    const store = new FolderStore(root);
    for (const folder of ['sha256', 'uploads', 'aside'])
      await mkdir(joinPath(root, folder), { recursive: true });
    await restoreMoved(root);
    await store.removeHalves();
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
    await this.#move('blobs.part-rename', written.path, partFile(folder, { part, sha256 }));
    return { size: written.size };
  }

  async join(upload: string, parts: StoredPart[], sha256: string, size: number): Promise<void> {
    const folder = this.#upload(upload);
    const only = parts.length === 1 ? parts[0] : undefined;
    if (only !== undefined) {
      if (only.sha256 !== sha256 || only.size !== size) throw mismatch(only.sha256, only.size, sha256, size);
      const part = partFile(folder, only);
      // It may have lain there for a while.
      await this.#touch(part);
      await this.#adopt(part, sha256);
    } else {
      const written = await this.#write(
        Readable.from(concat(parts.map((part) => partFile(folder, part)))),
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
    for (const path of this.#places(sha256)) {
      const stream = createReadStream(path, range);
      const there = await new Promise<boolean>((resolve, reject) => {
        stream.once('open', () => resolve(true));
        stream.once('error', (error) =>
          'code' in error && error.code === 'ENOENT' ? resolve(false) : reject(error),
        );
      });
      if (there) return stream;
    }
    throw new Problem('unknown_blob');
  }

  async handle(sha256: string): Promise<BlobHandle> {
    for (const path of this.#places(sha256)) {
      const file = await openFile(path);
      if (file !== undefined) return file;
    }
    throw new Problem('unknown_blob');
  }

  async size(sha256: string): Promise<number | undefined> {
    for (const path of this.#places(sha256)) {
      try {
        return (await stat(path)).size;
      } catch {
        // Perhaps at the next place.
      }
    }
    return undefined;
  }

  async put(content: Readable | Uint8Array): Promise<{ sha256: string; size: number }> {
    const stream = content instanceof Uint8Array ? Readable.from([content]) : content;
    const { path, sha256, size } = await this.#write(stream, Number.MAX_SAFE_INTEGER);
    await this.#adopt(path, sha256);
    return { sha256, size };
  }

  /** The file of a blob; for code that needs a path, such as reading an RPM's header. */
  path(sha256: string): string {
    return fileOf(this.#root, sha256);
  }

  async remove(list: readonly string[], idleMs: number): Promise<StoredFile[]> {
    return await removeIdle(this.#root, list, idleMs);
  }

  async idle(prefix: string, idleMs: number): Promise<StoredFile[]> {
    return await idleFiles(this.#root, prefix, idleMs);
  }

  async removeHalves(): Promise<void> {
    await removeHalves(this.#root);
  }

  async verify(sha256: string, size: number, pace: (bytes: number) => Promise<void>): Promise<Damage | null> {
    return await verifyFile(this.#root, sha256, size, pace);
  }

  /** Where a blob is, in the order in which it is looked for: it may be moved to and fro meanwhile. */
  #places(sha256: string): string[] {
    return [this.path(sha256), movedOf(this.#root, sha256), this.path(sha256)];
  }

  /** Makes a file young. What is not there is none of its business. */
  async #touch(path: string): Promise<boolean> {
    const now = (await folderClock(this.#root)) / 1000;
    return await utimes(path, now, now).then(
      () => true,
      () => false,
    );
  }

  #upload(upload: string): string {
    return joinPath(this.#root, 'uploads', upload);
  }

  async #adopt(path: string, sha256: string): Promise<void> {
    const target = this.path(sha256);
    try {
      await this.#move('blobs.rename', path, target);
    } catch (error) {
      // Somebody else completed the same upload at the same time, and took the part there; or a crash came between the
      // rename and the ledger's commit. Then the blob is there and is made young, so that it stays.
      if (!(await this.#touch(target))) throw error;
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

/** A part's file has its hash in its name: a part that comes late with other bytes is never taken for the one that counts. */
function partFile(folder: string, { part, sha256 }: Pick<StoredPart, 'part' | 'sha256'>): string {
  return joinPath(folder, `${part}-${sha256}`);
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
