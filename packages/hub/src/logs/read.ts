/**
 * Reading a log from any offset, to its present end or on and on until it is over.
 *
 * Invariant: what a reader gets is the log's bytes from its offset, each once, whoever else reads and wherever the
 * bytes lie. Readers at the same place share one query.
 */
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { zstdDecompress } from 'node:zlib';
import type { BlobStore } from '../blobs/index.ts';
import type { Ledger } from '../ledger/index.ts';
import { type Chunk, findLogById, type LogFacts, readChunks } from './queries.ts';

const decompress = promisify(zstdDecompress);
const chunksAtOnce = 16;

export class LogReader {
  readonly #ledger: Ledger;
  readonly #store: BlobStore;
  readonly #shared = new Map<string, Promise<{ log: LogFacts | undefined; text: Buffer[] }>>();

  constructor(ledger: Ledger, store: BlobStore) {
    this.#ledger = ledger;
    this.#store = store;
  }

  async *read(id: number, offset: number, follow: boolean, gone: AbortSignal): AsyncGenerator<Buffer> {
    let at = offset;
    let look: () => void = () => {};
    let news = false;
    const off = follow
      ? this.#ledger.hints.on(`log:${id}`, () => {
          news = true;
          look();
        })
      : () => {};
    gone.addEventListener('abort', () => look());
    try {
      while (!gone.aborted) {
        news = false;
        const { log, text } = await this.#piece(id, at);
        if (log === undefined) return;
        for (const bytes of text) {
          at += bytes.length;
          yield bytes;
        }
        if (at < log.size) continue;
        if (log.complete || !follow) return;
        if (!news && !gone.aborted) {
          await new Promise<void>((resolve) => {
            look = resolve;
          });
        }
      }
    } finally {
      off();
    }
  }

  /** The log's state read before its text, so that "complete" is true of what the text ends with. */
  #piece(id: number, at: number): Promise<{ log: LogFacts | undefined; text: Buffer[] }> {
    const key = `${id} ${at}`;
    const running = this.#shared.get(key);
    if (running !== undefined) return running;
    const piece = (async () => {
      const log = await findLogById(this.#ledger.read, id);
      const chunks =
        log === undefined || log.size <= at ? [] : await readChunks(this.#ledger.read, id, at, chunksAtOnce);
      const text: Buffer[] = [];
      for (const chunk of chunks) {
        const bytes = await this.#unpack(chunk);
        text.push(chunk.start < at ? bytes.subarray(at - chunk.start) : bytes);
      }
      return { log, text };
    })().finally(() => this.#shared.delete(key));
    this.#shared.set(key, piece);
    return piece;
  }

  async #unpack(chunk: Chunk): Promise<Buffer> {
    if (chunk.bytes !== null) return await decompress(chunk.bytes);
    if (chunk.sealed === null || chunk.sealedAt === null) throw new Error('a piece of a log lies nowhere');
    const frame = await buffer(
      await this.#store.open(chunk.sealed, { start: chunk.sealedAt, end: chunk.sealedAt + chunk.stored - 1 }),
    );
    return await decompress(frame);
  }
}
