/**
 * One file on its way from an external repository's mirrors into the store.
 *
 * Invariant: its last bytes are given to nobody before the whole was held against its checksum, and nothing wrong gets into
 * the store. Whoever was given bytes of a mirror that turns out wrong is cut off; who was given none goes on with the next.
 */
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Problem } from '@moromi/contract';
import { readPublicKeys, verifyPackage } from '@moromi/signing';
import type { OutsideFile } from './file-queries.ts';
import { addressFor, folderOf } from './mirrors.ts';
import { nameOf, openAddress } from './remote.ts';

/** Bytes at the end that wait for the checksum. */
const heldBack = 64 * 1024;
const timeoutMs = 30 * 60_000;
const mostMirrors = 8;
const hashes: Readonly<Record<string, string>> = { sha: 'sha1' };

export class Fetching {
  readonly #file: OutsideFile;
  readonly #folder: string;
  /** Of the mirror that is being read. */
  #path = '';
  #round = 0;
  #written = 0;
  #whole = false;
  #failure: unknown;
  #moved = Promise.withResolvers<void>();

  constructor(file: OutsideFile, folder: string) {
    this.#file = file;
    this.#folder = folder;
  }

  /**
   * @param keep puts the file into the store
   * @throws Problem external_away, external_damaged, external_unsigned; what `keep` throws
   */
  async run(keep: (path: string) => Promise<string>): Promise<string> {
    const signal = AbortSignal.timeout(timeoutMs);
    let worst: Problem | undefined;
    try {
      for (const base of basesOf(this.#file).slice(0, mostMirrors)) {
        try {
          await this.#from(new URL(this.#file.location, base), signal);
        } catch (error) {
          const problem = error instanceof Problem ? error : new Problem('external_away', said(error));
          if (worst === undefined || worst.code === 'external_away') worst = problem;
          await rm(this.#path, { force: true });
          continue;
        }
        this.#whole = true;
        this.#move();
        return await keep(this.#path);
      }
      throw worst ?? new Problem('external_away', `nobody says where ${this.#file.name} is`);
    } catch (error) {
      this.#failure = error;
      throw error;
    } finally {
      this.#move();
      await rm(this.#path, { force: true });
    }
  }

  async #from(address: URL, signal: AbortSignal): Promise<void> {
    const { checksum, checksumType, size, definition } = this.#file;
    this.#round += 1;
    this.#written = 0;
    this.#path = join(this.#folder, `file-${randomUUID()}`);
    const hash = createHash(hashes[checksumType] ?? checksumType);
    const file = await open(this.#path, 'wx');
    try {
      const { bytes } = await openAddress(address, { most: size, signal });
      for await (const piece of bytes) {
        hash.update(piece);
        await writeAll(file, piece);
        this.#written += piece.length;
        this.#move();
      }
    } finally {
      await file.close();
    }
    const found = hash.digest('hex');
    if (this.#written !== size || found !== checksum)
      throw new Problem(
        'external_damaged',
        `${nameOf(address)} has ${this.#written} bytes and the ${checksumType} ${found}; its metadata says ${size} and ${checksum}`,
      );
    if (definition.checkPackages) await checkPackage(this.#path, definition.keys, address);
  }

  /** Whether bytes may be given while others still come. */
  get #open(): boolean {
    return !this.#file.definition.checkPackages;
  }

  /** How many bytes may be given. */
  get #ready(): number {
    if (this.#whole) return this.#file.size;
    return this.#open ? Math.max(0, Math.min(this.#written, this.#file.size - heldBack)) : 0;
  }

  /**
   * All bytes as they come, when the first may be given; undefined where the file has gone into the store by then.
   * Throws as `run`.
   */
  async open(): Promise<AsyncIterable<Uint8Array> | undefined> {
    while (!this.#whole && this.#ready === 0) {
      if (this.#failure !== undefined) throw this.#failure;
      await this.#moved.promise;
    }
    const file = await open(this.#path, 'r').catch(() => undefined);
    return file && this.#bytes(file, this.#round);
  }

  async *#bytes(opened: FileHandle, round: number): AsyncGenerator<Uint8Array, void, undefined> {
    await using file = opened;
    for (let at = 0; at < this.#file.size; ) {
      if (this.#round !== round || (this.#failure !== undefined && !this.#whole))
        throw this.#failure ?? new Error('the mirror was wrong');
      const ready = this.#ready;
      if (ready <= at) {
        await this.#moved.promise;
        continue;
      }
      const buffer = Buffer.allocUnsafe(Math.min(256 * 1024, ready - at));
      const { bytesRead } = await file.read(buffer, 0, buffer.length, at);
      if (bytesRead === 0) throw new Error('the file ends before its end');
      at += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  }

  #move(): void {
    const { resolve } = this.#moved;
    this.#moved = Promise.withResolvers<void>();
    resolve();
  }
}

/** A stream of a file that is done, for the store. */
export const whole = (path: string) => createReadStream(path);

async function checkPackage(path: string, keys: readonly string[], address: URL): Promise<void> {
  const read = (await Promise.all(keys.map((one) => readPublicKeys(one)))).flat();
  const { verdict } = await verifyPackage(path, read);
  if (verdict.code !== 'good')
    throw new Problem('external_unsigned', `${nameOf(address)}: ${verdict.sentence}`);
}

/** What was kept of addresses has no passwords; that of the repository's own address is known. */
function basesOf({ base, mirrors, definition, arch }: OutsideFile): string[] {
  const known = base === null ? mirrors : [folderOf(base)];
  if (definition.url === null) return known;
  const own = folderOf(addressFor(definition.url, arch));
  const shown = nameOf(new URL(own));
  return known.map((one) => (one === shown ? own : one));
}

/** A disk that fills up takes a part of a write without an error. */
async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length; ) done += (await file.write(bytes, done)).bytesWritten;
}

function said(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
