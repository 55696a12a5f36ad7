/**
 * Gives the files of external repositories that build repositories list.
 *
 * Invariant: what was given once is kept, so a build can be repeated while the repository is away; and what is given is what
 * the metadata says, or it breaks off before its end. Whoever asks for a file that is on its way gets the same one.
 */
import { mkdirSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { type BlobReader, type BlobStore, blobSize, insertBlob, serveBlob } from '../blobs/index.ts';
import { log, type Reader } from '../ledger/index.ts';
import { Fetching, whole } from './fetching.ts';
import { type OutsideFile, outsideFile, setStored } from './file-queries.ts';

interface Running {
  fetching: Fetching;
  /** In the store. */
  kept: Promise<string>;
}

export class ExternalFiles {
  readonly #reader: Reader;
  readonly #store: BlobStore;
  readonly #blobs: BlobReader;
  readonly #folder: string;
  readonly #running = new Map<number, Running>();

  /** @param folder for what is on its way */
  constructor(reader: Reader, store: BlobStore, blobs: BlobReader, folder: string) {
    this.#reader = reader;
    this.#store = store;
    this.#blobs = blobs;
    this.#folder = folder;
    mkdirSync(folder, { recursive: true });
  }

  /** @param path below the tree; @returns undefined where the tree has no such file */
  async find(revision: number, tree: string, path: string): Promise<OutsideFile | undefined> {
    return await outsideFile(this.#reader, revision, tree, path);
  }

  /** @param maxAge as of `serveBlob` */
  async serve(
    file: OutsideFile,
    request: Pick<IncomingMessage, 'method' | 'headers'>,
    reply: ServerResponse,
    maxAge: { maxAge?: number },
  ): Promise<void> {
    const { method = 'GET', headers } = request;
    const type = 'application/x-rpm';
    const stored = await this.#stored(file);
    const give = async (sha256: string): Promise<void> =>
      serveBlob(this.#blobs, { sha256, type, ...maxAge }, method, headers, reply);
    if (stored !== undefined) return await give(stored);
    if (method === 'HEAD') {
      reply.writeHead(200, { 'content-type': type, 'content-length': file.size }).end();
      return;
    }
    const { fetching, kept } = this.#fetch(file);
    // Ranges and conditions are about a file that is there.
    if (headers.range !== undefined || headers['if-none-match'] !== undefined) return await give(await kept);
    const bytes = await fetching.open();
    if (bytes === undefined) return await give(await kept);
    reply.writeHead(200, { 'content-type': type, 'content-length': file.size });
    await pipeline(bytes, reply).catch((error: unknown) => {
      log('debug', 'a file of an external repository was cut off', {
        file: file.location,
        error: String(error),
      });
      reply.destroy();
    });
  }

  /** Waits for what is on its way. */
  async close(): Promise<void> {
    await Promise.allSettled([...this.#running.values()].map((one) => one.kept));
  }

  async #stored({
    copy,
    sha256,
    checksum,
    checksumType,
    definition,
  }: OutsideFile): Promise<string | undefined> {
    if (sha256 !== null) return sha256;
    // The same file may be there for another reason; then nobody has looked at its signature.
    if (checksumType !== 'sha256' || definition.checkPackages) return undefined;
    if ((await blobSize(this.#reader, checksum)) === undefined) return undefined;
    await setStored(this.#reader, copy, checksum);
    return checksum;
  }

  #fetch(file: OutsideFile): Running {
    const known = this.#running.get(file.copy);
    if (known !== undefined) return known;
    const fetching = new Fetching(file, this.#folder);
    const kept = fetching
      .run((path) => this.#keep(file, path))
      .finally(() => this.#running.delete(file.copy));
    // Who waits for it hears of it; whoever went away does not.
    kept.catch(() => {});
    const running = { fetching, kept };
    this.#running.set(file.copy, running);
    return running;
  }

  async #keep({ copy }: OutsideFile, path: string): Promise<string> {
    const { sha256, size } = await this.#store.put(whole(path));
    await insertBlob(this.#reader, sha256, size);
    await setStored(this.#reader, copy, sha256);
    return sha256;
  }
}
