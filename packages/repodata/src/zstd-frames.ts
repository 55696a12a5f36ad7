/**
 * Cuts a zstd stream at the ends of its frames (RFC 8878 §3.1), without unpacking it.
 *
 * Invariant: the pieces joined are the input, and no piece goes beyond the end of a frame. Node's unpacker drops what
 * follows a frame's end in the same piece, and goes on with the next one; repositories are many frames in a row.
 */
import { RepodataError } from './errors.ts';

const magic = 0xfd2fb528;
const skippable = 0x184d2a50;
const dictionarySizes = [0, 1, 2, 4];
const contentSizes = [0, 2, 4, 8];

type Part = 'magic' | 'skip-size' | 'descriptor' | 'block';

export async function* cutAtFrames(
  stream: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const cutter = new FrameCutter();
  for await (const bytes of stream) yield* cutter.cut(bytes);
  cutter.end();
}

class FrameCutter {
  #part: Part = 'magic';
  /** Bytes of the part that is being read. */
  readonly #head = Buffer.alloc(4);
  #has = 0;
  #wants = 4;
  /** Bytes that need no looking at. */
  #skip = 0;
  #checksum = 0;
  #last = false;

  *cut(bytes: Uint8Array): Generator<Uint8Array, void, undefined> {
    let from = 0;
    for (let at = 0; at < bytes.length; ) {
      if (this.#skip > 0) {
        const step = Math.min(this.#skip, bytes.length - at);
        this.#skip -= step;
        at += step;
      } else {
        this.#head[this.#has++] = bytes[at++] ?? 0;
        if (this.#has === this.#wants) this.#next();
      }
      if (this.#skip === 0 && this.#last) {
        this.#expect('magic', 4);
        this.#last = false;
        yield bytes.subarray(from, at);
        from = at;
      }
    }
    if (from < bytes.length) yield bytes.subarray(from);
  }

  end(): void {
    if (this.#part !== 'magic' || this.#has > 0)
      throw new RepodataError('damaged', 'The metadata ends within a zstd frame.');
  }

  #expect(part: Part, wants: number): void {
    this.#part = part;
    this.#wants = wants;
    this.#has = 0;
  }

  #next(): void {
    const head = this.#head;
    switch (this.#part) {
      case 'magic': {
        const value = head.readUInt32LE(0);
        if (value === magic) this.#expect('descriptor', 1);
        else if ((value & 0xfffffff0) >>> 0 === skippable) this.#expect('skip-size', 4);
        else throw new RepodataError('damaged', 'The metadata has something between its zstd frames.');
        return;
      }
      case 'skip-size':
        this.#skip = head.readUInt32LE(0);
        this.#last = true;
        this.#expect('magic', 4);
        return;
      case 'descriptor':
        this.#skip = headerLength(head[0] ?? 0);
        this.#checksum = ((head[0] ?? 0) & 4) === 0 ? 0 : 4;
        this.#expect('block', 3);
        return;
      case 'block': {
        const block = head.readUIntLE(0, 3);
        const repeated = ((block >> 1) & 3) === 1;
        this.#last = (block & 1) === 1;
        this.#skip = (repeated ? 1 : block >> 3) + (this.#last ? this.#checksum : 0);
        this.#expect('block', 3);
      }
    }
  }
}

/** Bytes of a frame's header after its descriptor. */
function headerLength(descriptor: number): number {
  const single = (descriptor & 0x20) !== 0;
  const flag = descriptor >> 6;
  const content = flag === 0 && single ? 1 : (contentSizes[flag] ?? 0);
  return (single ? 0 : 1) + (dictionarySizes[descriptor & 3] ?? 0) + content;
}
