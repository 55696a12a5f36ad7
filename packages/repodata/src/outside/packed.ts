/**
 * Unpacks what foreign repositories are packed with: gzip in larger pieces than `unpack`, zstd and nothing as it does, xz
 * and bzip2 by the programs of those names.
 *
 * Invariant: at most `most` bytes come out, the program has a bound on its memory and time, and it is ended when nobody
 * reads on.
 */
import { spawn } from 'node:child_process';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { RepodataError } from '../errors.ts';
import { unpack } from '../unpack.ts';

/** A dictionary of 64 MiB, which `xz -9` uses, needs 65 MiB. */
const programs = [
  {
    magic: 'fd377a585a00',
    program: 'xz',
    args: ['--decompress', '--stdout', '--memlimit-decompress=100MiB'],
  },
  { magic: '425a68', program: 'bzip2', args: ['--decompress', '--stdout'] },
] as const;
type Program = (typeof programs)[number];

const mostMs = 30 * 60_000;

/** @param most bytes that may come out; more is `too_large` */
export async function* unpackForeign(
  stream: AsyncIterable<Uint8Array>,
  most: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  const iterator = stream[Symbol.asyncIterator]();
  let first = Buffer.alloc(0);
  while (first.length < 6) {
    const next = await iterator.next();
    if (next.done === true) break;
    first = Buffer.concat([first, next.value]);
  }
  const rest = rejoin(first, iterator);
  const magic = first.toString('hex');
  const found = programs.find((one) => magic.startsWith(one.magic));
  if (found !== undefined) yield* unpack(unpackBy(found, rest), most);
  else yield* unpack(magic.startsWith('1f8b') ? gunzip(rest) : rest, most);
}

/** In pieces of a size at which handing them over costs less than unpacking them. */
async function* gunzip(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const source = new Source(stream);
  const unpacker = createGunzip({ chunkSize: 64 * 1024 });
  // The reader of the unpacker gets the error of either side.
  pipeline(Readable.from(source), unpacker).catch(() => undefined);
  try {
    for await (const bytes of unpacker) yield bytes as Uint8Array;
  } catch (error) {
    if (source.failure !== undefined) throw source.failure;
    throw new RepodataError('damaged', `The metadata cannot be unpacked (${String(error)}).`, {
      cause: error,
    });
  } finally {
    unpacker.destroy();
  }
}

async function* rejoin(first: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    if (first.length > 0) yield first;
    for (;;) {
      const next = await rest.next();
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    await rest.return?.();
  }
}

async function* unpackBy(
  { program, args }: Program,
  stream: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const child = spawn(program, args, {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C.UTF-8' },
    timeout: mostMs,
    killSignal: 'SIGKILL',
  });
  const ended = new Promise<Error | number | null>((done) => {
    child.once('error', done);
    child.once('close', done);
  });
  const source = new Source(stream);
  // The program may end before it has read all; what then ails it, its code says.
  const fed = pipeline(Readable.from(source), child.stdin).catch(() => child.kill('SIGKILL'));
  try {
    for await (const bytes of child.stdout) yield bytes;
    await fed;
    if (source.failure !== undefined) throw source.failure;
    const end = await ended;
    if (end instanceof Error)
      throw new RepodataError('maker_failed', `${program} cannot be run (${end.message}); install it.`, {
        cause: end,
      });
    if (end !== 0) throw new RepodataError('damaged', `The metadata cannot be unpacked by ${program}.`);
  } finally {
    child.kill('SIGKILL');
  }
}

/** Remembers how the stream failed, which the program's pipe would hide. */
class Source implements AsyncIterable<Uint8Array> {
  failure: unknown;
  readonly #stream: AsyncIterable<Uint8Array>;

  constructor(stream: AsyncIterable<Uint8Array>) {
    this.#stream = stream;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      yield* this.#stream;
    } catch (error) {
      this.failure = error;
      throw error;
    }
  }
}
