/**
 * Brings files to the hub in numbered parts.
 *
 * Invariant: a file is announced by the hash of what was read from it, and only parts that the hub does not have are
 * sent; after any cut it goes on from what is there. At most four files are on their way at once, so at most four parts
 * are in memory.
 */
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open, realpath } from 'node:fs/promises';
import { basename, sep } from 'node:path';
import { Problem, partSize, type Upload, type UploadedFile } from '@moromi/contract';
import { point } from '@moromi/faults';
import { Refused } from './failure.ts';
import { Gate } from './gate.ts';
import type { Line } from './line.ts';
import { isCount, isFileName } from './names.ts';
import type { Held } from './running.ts';

/** A MiB is hashed in under a millisecond: the loop is never held up. */
const hashStep = 1024 * 1024;
const atOnce = 4;
/** How often one upload is begun anew when the hub has lost it or doubts its content. */
const rounds = 4;

export class Uploads {
  readonly #line: Line;
  readonly #gate = new Gate(atOnce);

  constructor(line: Line) {
    this.#line = line;
  }

  /** Uploads a file from below `root` under its own name. */
  async send(root: string, path: string, held: Held, signal: AbortSignal): Promise<UploadedFile> {
    return await this.#gate.run(async () => {
      signal.throwIfAborted();
      const file = await openResult(root, path);
      try {
        return await this.#bring(file, basename(path), held, signal);
      } finally {
        await file.close();
      }
    });
  }

  /** All of them, in the order given; one that fails ends the others. */
  async sendAll(root: string, paths: string[], held: Held, signal: AbortSignal): Promise<UploadedFile[]> {
    const first = new AbortController();
    const either = AbortSignal.any([signal, first.signal]);
    const sent = await Promise.allSettled(
      paths.map(async (path) => {
        try {
          return await this.send(root, path, held, either);
        } catch (error) {
          first.abort(error);
          throw error;
        }
      }),
    );
    if (either.aborted) throw either.reason;
    return sent.filter((one) => one.status === 'fulfilled').map((one) => one.value);
  }

  async #bring(file: FileHandle, name: string, held: Held, signal: AbortSignal): Promise<UploadedFile> {
    for (let round = 1; ; round++) {
      try {
        const { sha256, size } = await hashOf(file, signal);
        await this.#round(file, { name, sha256, size, ...held }, signal);
        return { name, sha256, size };
      } catch (error) {
        const again =
          error instanceof Problem &&
          ['unknown_upload', 'upload_incomplete', 'part_damaged', 'part_conflict', 'hash_mismatch'].includes(
            error.code,
          );
        if (!again || round >= rounds) throw error;
      }
    }
  }

  async #round(file: FileHandle, body: UploadedFile & Held, signal: AbortSignal): Promise<void> {
    point('worker.upload:before');
    const upload = await this.#line.call('createUpload', { body }, { signal });
    if (!upload.complete) {
      await this.#parts(file, upload, body.size, signal);
      const blob = await this.#line.call('completeUpload', { params: { upload: upload.id } }, { signal });
      if (blob.sha256 !== body.sha256) throw new Problem('hash_mismatch');
    }
    point('worker.upload:after');
  }

  async #parts(file: FileHandle, upload: Upload, size: number, signal: AbortSignal): Promise<void> {
    // The hub says how it counts; a part is held in memory, so not just any size will do.
    const step = upload.partSize;
    if (!isCount(step) || step < 1 || step > 4 * partSize) {
      throw new Refused('bad_upload', `The hub asks for parts of ${step} bytes.`);
    }
    const there = new Set(upload.parts);
    // An empty file is one empty part.
    const count = Math.max(1, Math.ceil(size / step));
    const buffer = Buffer.allocUnsafe(Math.min(step, Math.max(size, 1)));
    for (let part = 0; part < count; part++) {
      if (there.has(part)) continue;
      const bytes = buffer.subarray(0, Math.min(step, size - part * step));
      const sha256 = await readPart(file, bytes, part * step);
      point('worker.part:before');
      const params = { upload: upload.id, part };
      await this.#line.call(
        'putPart',
        { params, query: { sha256 }, body: bytes },
        { signal, timeoutMs: 120_000 },
      );
      point('worker.part:after');
    }
  }
}

/** Opens a file that a build has left, which may be anything: only a plain file below `root` with a sound name will do. */
async function openResult(root: string, path: string): Promise<FileHandle> {
  const name = basename(path);
  if (!isFileName(name))
    throw new Refused('bad_result', `A result has a name that is not allowed: ${JSON.stringify(name)}.`);
  const real = await realpath(path);
  if (!real.startsWith((await realpath(root)) + sep) || basename(real) !== name) {
    throw new Refused('bad_result', `The result ${name} is a link to elsewhere.`);
  }
  const file = await open(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  if ((await file.stat()).isFile()) return file;
  await file.close();
  throw new Refused('bad_result', `The result ${name} is not a plain file.`);
}

async function hashOf(file: FileHandle, signal: AbortSignal): Promise<{ sha256: string; size: number }> {
  const hash = createHash('sha256');
  const { size: expected } = await file.stat();
  const buffer = Buffer.allocUnsafe(Math.min(hashStep, expected + 1));
  let size = 0;
  for (;;) {
    signal.throwIfAborted();
    const { bytesRead } = await file.read(buffer, 0, buffer.length, size);
    if (bytesRead === 0) return { sha256: hash.digest('hex'), size };
    hash.update(buffer.subarray(0, bytesRead));
    size += bytesRead;
  }
}

async function readPart(file: FileHandle, into: Buffer, at: number): Promise<string> {
  const hash = createHash('sha256');
  let filled = 0;
  while (filled < into.length) {
    const { bytesRead } = await file.read(
      into,
      filled,
      Math.min(hashStep, into.length - filled),
      at + filled,
    );
    if (bytesRead === 0) throw new Refused('bad_result', 'A result became shorter while it was sent.');
    hash.update(into.subarray(filled, filled + bytesRead));
    filled += bytesRead;
  }
  return hash.digest('hex');
}
