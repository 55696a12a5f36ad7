/**
 * Files of the hub by their hash, kept on this machine.
 *
 * Invariant: a file in the cache has the content that its name says and the fixed modification time `blobTime`: it came
 * there by a rename after its SHA-256 was computed from the bytes on the disk's way in. The hub is not believed.
 */
import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, mkdir, open, rename, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Problem } from '@moromi/contract';
import { point } from '@moromi/faults';
import { Refused } from './failure.ts';
import type { Journal } from './journal.ts';
import { type Line, pause } from './line.ts';
import { isCount, isSha256 } from './names.ts';
import { syncFolder } from './whole-file.ts';

export interface Wanted {
  sha256: string;
  size: number;
}

/** Every file gets this time, so that metadata made from links to it is the same on every machine. In seconds. */
const blobTime = 1_000_000_000;
const hashStep = 1024 * 1024;
/** A reply that brings no byte for this long is cut, in milliseconds. */
const stallMs = 60_000;
/** How often a whole file is fetched anew when its content was wrong. */
const wrongContents = 3;

export class Downloads {
  readonly #folder: string;
  readonly #line: Line;
  readonly #journal: Journal;
  readonly #coming = new Map<string, Promise<string>>();

  constructor(folder: string, line: Line, journal: Journal) {
    this.#folder = folder;
    this.#line = line;
    this.#journal = journal;
  }

  pathOf(sha256: string): string {
    return join(this.#folder, sha256.slice(0, 2), sha256);
  }

  /** The path of the file, fetched where it is not here yet. */
  async get(wanted: Wanted, signal: AbortSignal): Promise<string> {
    if (!isSha256(wanted.sha256) || !isCount(wanted.size))
      throw new Refused('bad_order', 'The hub names no proper file.');
    const path = this.pathOf(wanted.sha256);
    for (;;) {
      signal.throwIfAborted();
      const coming = this.#coming.get(wanted.sha256);
      if (coming === undefined) break;
      // Another task fetches it; if that task is stopped, this one goes on from where it came to.
      await coming.catch(() => undefined);
    }
    const fetching = this.#find(wanted, path, signal).finally(() => this.#coming.delete(wanted.sha256));
    this.#coming.set(wanted.sha256, fetching);
    return await fetching;
  }

  async #has(path: string, size: number): Promise<boolean> {
    const there = await stat(path).catch(() => undefined);
    if (there?.isFile() !== true || there.size !== size) return false;
    await utimes(path, Date.now() / 1000, blobTime);
    return true;
  }

  async #find(wanted: Wanted, path: string, signal: AbortSignal): Promise<string> {
    return (await this.#has(path, wanted.size)) ? path : await this.#fetch(wanted, path, signal);
  }

  async #fetch(wanted: Wanted, path: string, signal: AbortSignal): Promise<string> {
    const partial = `${path}.part`;
    await mkdir(dirname(path), { recursive: true });
    for (let wrong = 1; ; wrong++) {
      const got = await this.#bring(wanted, partial, signal);
      if (got === wanted.sha256) break;
      await rm(partial, { force: true });
      this.#journal.warn(`the hub sent ${got} where ${wanted.sha256} was asked for`);
      if (wrong >= wrongContents) {
        throw new Refused(
          'blob_damaged',
          `The hub sends other content than ${wanted.sha256} again and again.`,
        );
      }
    }
    point('worker.blob.rename:before');
    await utimes(partial, Date.now() / 1000, blobTime);
    await rename(partial, path);
    await syncFolder(dirname(path));
    point('worker.blob.rename:after');
    return path;
  }

  /** Fills the partial file through any number of cuts; returns the hash of what it holds in the end. */
  async #bring(wanted: Wanted, partial: string, signal: AbortSignal): Promise<string> {
    const file = await openPartial(partial);
    try {
      let { hash, size } = await hashSoFar(file, wanted.size, signal);
      for (let round = 0; size < wanted.size; round++) {
        const before = size;
        try {
          if (!(await this.#range(file, hash, wanted, size, (to) => (size = to), signal))) {
            // The hub does not do ranges: from the start.
            await file.truncate(0);
            hash = createHash('sha256');
            size = 0;
          }
        } catch (error) {
          if (signal.aborted) throw signal.reason;
          if (!isCut(error)) throw error;
          this.#journal.debug(`download of ${wanted.sha256} was cut at ${size}: ${String(error)}`);
        }
        if (size > before) round = 0;
        if (size < wanted.size) await pause(round, signal);
      }
      await file.sync();
      return hash.digest('hex');
    } finally {
      await file.close();
    }
  }

  /** Appends what one reply brings; false when the reply is not the range that was asked for. */
  async #range(
    file: FileHandle,
    hash: Hash,
    wanted: Wanted,
    from: number,
    reached: (size: number) => void,
    signal: AbortSignal,
  ): Promise<boolean> {
    const stalled = new AbortController();
    const timer = setTimeout(() => stalled.abort(new Error('no byte came for a minute')), stallMs);
    try {
      const either = AbortSignal.any([signal, stalled.signal]);
      const response = await this.#ask(wanted.sha256, from, either);
      if (response.status === 200 && from > 0) {
        await response.body?.cancel();
        return false;
      }
      let size = from;
      for await (const chunk of response.body ?? []) {
        timer.refresh();
        if (size + chunk.length > wanted.size)
          throw new Refused('blob_damaged', 'The hub sends more than it named.');
        await writeAll(file, chunk, size);
        hash.update(chunk);
        size += chunk.length;
        reached(size);
      }
      return true;
    } finally {
      clearTimeout(timer);
    }
  }

  async #ask(sha256: string, from: number, signal: AbortSignal): Promise<Response> {
    // The contract's client has no way to ask for a range.
    const headers: Record<string, string> = {};
    if (this.#line.token !== undefined) headers['authorization'] = `Bearer ${this.#line.token}`;
    if (from > 0) headers['range'] = `bytes=${from}-`;
    point('send.getBlob');
    const response = await fetch(`${this.#line.hub}/api/v1/blobs/${sha256}`, { headers, signal });
    point('receive.getBlob');
    if (!response.ok) {
      const document: unknown = await response.json().catch(() => ({}));
      throw Problem.fromDocument(document as Parameters<typeof Problem.fromDocument>[0], response.status);
    }
    const start = /^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '')?.[1];
    if (response.status === 206 && Number(start) !== from) {
      await response.body?.cancel();
      throw new Problem('internal', `the hub answered with another range than the one from ${from}`);
    }
    return response;
  }
}

function isCut(error: unknown): boolean {
  if (error instanceof Refused) return false;
  if (error instanceof Problem)
    return error.status === 429 || error.status === 502 || error.status >= 503 || error.code === 'internal';
  // A full disk is not a cut; every other error comes from the connection.
  return !(
    error instanceof Error &&
    'syscall' in error &&
    ['write', 'open', 'ftruncate'].includes(String(error.syscall))
  );
}

async function openPartial(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r+');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    return await open(path, 'wx+');
  }
}

async function hashSoFar(
  file: FileHandle,
  most: number,
  signal: AbortSignal,
): Promise<{ hash: Hash; size: number }> {
  const hash = createHash('sha256');
  if ((await file.stat()).size > most) await file.truncate(0);
  const buffer = Buffer.allocUnsafe(hashStep);
  for (let size = 0; ; ) {
    signal.throwIfAborted();
    const { bytesRead } = await file.read(buffer, 0, hashStep, size);
    if (bytesRead === 0) return { hash, size };
    hash.update(buffer.subarray(0, bytesRead));
    size += bytesRead;
  }
}

async function writeAll(file: FileHandle, chunk: Uint8Array, at: number): Promise<void> {
  for (let done = 0; done < chunk.length; ) {
    done += (await file.write(chunk, done, chunk.length - done, at + done)).bytesWritten;
  }
}
