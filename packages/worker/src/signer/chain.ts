/**
 * The signer's own journal: what it was asked, what it has signed.
 *
 * Invariant: lines are only added, and each has the SHA-256 of the one before, so a line that was changed, taken out or
 * put in shows. What is added is on the disk when the promise is kept. A line that a crash has cut short stays, and the
 * next one says so. Who keeps the hash of the last line elsewhere sees what was taken off the end too.
 */
import { createHash } from 'node:crypto';
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { point } from '@moromi/faults';

/** What is noted of one thing. */
export interface Note {
  event: 'signing' | 'signed' | 'refused' | 'key-made';
  [fact: string]: string | number | null;
}

export interface Line extends Note {
  n: number;
  /** RFC 3339, by the signer's own clock. */
  at: string;
  /** SHA-256 of the line before, without its end; of the first, zeros. */
  before: string;
}

const nothing = '0'.repeat(64);
/** More than any line has. */
const longestLine = 64 * 1024;
const lockTries = 200;

interface Tail {
  size: number;
  n: number;
  hash: string;
  /** The last line has no end. */
  torn: boolean;
}

export class Chain {
  readonly #path: string;
  #tail: Tail | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(path: string) {
    this.#path = path;
  }

  /** Adds lines, in their order, all with one write; they are durable afterwards. */
  append(notes: readonly Note[]): Promise<void> {
    const next = this.#last.then(() => this.#append(notes));
    this.#last = next.catch(() => undefined);
    return next;
  }

  async #append(notes: readonly Note[]): Promise<void> {
    if (notes.length === 0) return;
    await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 });
    await using file = await open(this.#path, 'a+', 0o600);
    // `moromi signer make-key` may write beside a signer that runs.
    await using _ = await lock(file);
    const { size } = await file.stat();
    const isFresh = this.#tail?.size !== size;
    const tail = isFresh
      ? await tailOf(file, size)
      : (this.#tail ?? { size: 0, n: 0, hash: nothing, torn: false });
    const at = new Date().toISOString();
    let { n, hash } = tail;
    let text = tail.torn ? '\n' : '';
    for (const note of notes) {
      const line = JSON.stringify({ n: ++n, at, ...note, before: hash } satisfies Line);
      hash = hashOf(line);
      text += `${line}\n`;
    }
    this.#tail = undefined;
    const bytes = Buffer.from(text);
    for (let done = 0; done < bytes.length; ) done += (await file.write(bytes, done)).bytesWritten;
    point('worker.sign.chain:before');
    await file.datasync();
    point('worker.sign.chain:after');
    this.#tail = { size: size + bytes.length, n, hash, torn: false };
  }

  /** Its lines that can be read, from the first on. */
  async *lines(): AsyncGenerator<Line> {
    for await (const { line } of read(this.#path)) if (line !== null) yield line;
  }

  /** @returns how many lines there are and the last one's hash, or the first thing that is wrong */
  async verify(): Promise<{ lines: number; hash: string } | { wrong: string }> {
    let [hash, n] = [nothing, 0];
    for await (const { place, text, line } of read(this.#path)) {
      // One that a crash has cut short has no number; whoever comes after it has its hash.
      if (line !== null && line.before !== hash)
        return { wrong: `line ${place} does not follow the one before it` };
      if (line !== null && line.n !== n + 1)
        return { wrong: `line ${place} has the number ${line.n} and not ${n + 1}` };
      if (line !== null) n = line.n;
      hash = hashOf(text);
    }
    return { lines: n, hash };
  }
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

async function* read(path: string): AsyncGenerator<{ place: number; text: string; line: Line | null }> {
  await using file = await open(path, 'r');
  let place = 0;
  for await (const text of file.readLines({ autoClose: false }))
    yield { place: ++place, text, line: lineOf(text) };
}

function lineOf(text: string): Line | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && 'n' in value && 'before' in value
      ? (value as Line)
      : null;
  } catch {
    return null;
  }
}

/** The last line that counts, found from the end on. */
async function tailOf(file: FileHandle, size: number): Promise<Tail> {
  if (size === 0) return { size, n: 0, hash: nothing, torn: false };
  const length = Math.min(size, longestLine * 2);
  const bytes = Buffer.alloc(length);
  await file.read(bytes, 0, length, size - length);
  const torn = bytes.at(-1) !== 10;
  const lines = bytes.toString('utf8').split('\n');
  if (!torn) lines.pop();
  const last = lines.at(-1) ?? '';
  const numbered = lines
    .toReversed()
    .map(lineOf)
    .find((one) => one !== null);
  return { size, n: numbered?.n ?? 0, hash: hashOf(last), torn };
}

/** An abstract socket: the kernel drops it with the process, however it ends. */
async function lock(file: FileHandle): Promise<AsyncDisposable> {
  const { dev, ino } = await file.stat({ bigint: true });
  for (let round = 1; ; round++) {
    const server = createServer((socket) => socket.destroy());
    try {
      await new Promise<void>((done, fail) => {
        server.once('error', fail);
        server.listen(`\0moromi-journal-${dev}-${ino}`, done);
      });
      return { [Symbol.asyncDispose]: () => new Promise<void>((done) => server.close(() => done())) };
    } catch (error) {
      const isTaken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
      if (!isTaken || round >= lockTries) throw error;
      await delay(Math.random() * 50);
    }
  }
}
