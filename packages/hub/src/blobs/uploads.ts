/**
 * The rules of uploads.
 *
 * Invariant: a blob's row is written after its file is durable, so a row without a file cannot come to be. A worker's
 * upload obeys its fence at each step.
 */
import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { type NewUpload, Problem, partSize, type Upload } from '@moromi/contract';
import { point } from '@moromi/faults';
import type { Ledger, Principal, Reader, Tx } from '../ledger/index.ts';
import {
  deleteUpload,
  findUpload,
  finishUpload,
  insertPart,
  insertUpload,
  listParts,
  staleUploads,
  type UploadFacts,
  wantBlob,
} from './queries.ts';
import type { BlobStore } from './store.ts';

/** Throws `lease_lost` unless the worker holds this attempt; the room of tasks has it. */
export type Fence = (reader: Reader, task: number, attempt: number, worker: string) => Promise<void>;

export class Uploads {
  readonly #ledger: Ledger;
  readonly #store: BlobStore;
  readonly #fence: Fence;

  constructor(ledger: Ledger, store: BlobStore, fence: Fence) {
    this.#ledger = ledger;
    this.#store = store;
    this.#fence = fence;
  }

  async create(tx: Tx, principal: Principal, wanted: NewUpload): Promise<Upload> {
    if (principal.kind === 'worker') {
      if (wanted.task === undefined || wanted.attempt === undefined)
        throw new Problem('bad_request', 'a worker uploads for an attempt: name task and attempt');
      await this.#fence(tx, wanted.task, wanted.attempt, principal.name);
    }
    const complete = await wantBlob(tx, wanted.sha256, wanted.size);
    const id = randomUUID();
    await insertUpload(tx, {
      id,
      principal: principal.name,
      task: wanted.task ?? null,
      attempt: wanted.attempt ?? null,
      name: wanted.name,
      size: wanted.size,
      sha256: wanted.sha256,
      complete,
    });
    return { id, complete, parts: [], partSize };
  }

  async status(principal: Principal, id: string): Promise<Upload> {
    return await this.#shown(await this.#own(this.#ledger.read, principal, id));
  }

  async putPart(
    principal: Principal,
    id: string,
    part: number,
    sha256: string,
    content: Readable,
  ): Promise<Upload> {
    const upload = await this.#own(this.#ledger.read, principal, id);
    const last = Math.max(0, Math.ceil(upload.size / partSize) - 1);
    if (part > last)
      throw new Problem('bad_request', `part ${part} is beyond the announced ${upload.size} bytes`);
    const expected = part === last ? upload.size - last * partSize : partSize;
    if (!upload.complete) {
      const there = (await listParts(this.#ledger.read, id)).find((one) => one.part === part);
      if (there !== undefined && there.sha256 !== sha256) throw new Problem('part_conflict');
      if (there === undefined) {
        const { size } = await this.#store.putPart(id, part, sha256, expected, content);
        if (size !== expected)
          throw new Problem('part_damaged', `part ${part} has ${size} bytes and not ${expected}`);
        await this.#ledger.tx('uploads.part', async (tx) => {
          await this.#own(tx, principal, id);
          if (!(await insertPart(tx, id, { part, size, sha256 }))) throw new Problem('part_conflict');
        });
      }
    }
    content.resume();
    return await this.#shown(upload);
  }

  async complete(principal: Principal, id: string): Promise<UploadFacts> {
    try {
      return await this.#complete(principal, id);
    } catch (error) {
      // Somebody else may have completed it in the meantime, and taken the parts there.
      const now = await this.#own(this.#ledger.read, principal, id);
      if (now.complete) return now;
      throw error;
    }
  }

  async #complete(principal: Principal, id: string): Promise<UploadFacts> {
    const upload = await this.#own(this.#ledger.read, principal, id);
    if (upload.complete) return upload;
    const parts = await listParts(this.#ledger.read, id);
    const count = Math.max(1, Math.ceil(upload.size / partSize));
    if (parts.length < count)
      throw new Problem('upload_incomplete', `${count - parts.length} of ${count} parts are missing`, {
        parts: parts.map((part) => part.part),
      });
    await this.#store.join(id, parts, upload.sha256, upload.size);
    point('uploads.joined');
    await this.#ledger.tx('uploads.complete', async (tx) => {
      await this.#own(tx, principal, id);
      await finishUpload(tx, upload);
    });
    await this.#store.dropUpload(id);
    return upload;
  }

  /** Removes uploads that nobody will complete any more, with their parts. */
  async prune(): Promise<void> {
    for (const id of await staleUploads(this.#ledger.read)) {
      await this.#ledger.tx('uploads.prune', (tx) => deleteUpload(tx, id));
      await this.#store.dropUpload(id);
    }
  }

  async #shown({ id, complete }: UploadFacts): Promise<Upload> {
    const parts = await listParts(this.#ledger.read, id);
    return { id, complete, parts: parts.map((part) => part.part), partSize };
  }

  async #own(reader: Reader, principal: Principal, id: string): Promise<UploadFacts> {
    const upload = await findUpload(reader, id);
    if (upload === undefined || upload.principal !== principal.name) throw new Problem('unknown_upload');
    if (upload.task !== null && upload.attempt !== null)
      await this.#fence(reader, upload.task, upload.attempt, principal.name);
    return upload;
  }
}
