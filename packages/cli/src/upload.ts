/**
 * Sending a file to the hub: hash first, then only the parts that are missing there.
 *
 * Invariant: what was sent is never sent again, not after a cut and not by the next run: the number of an upload that
 * was begun is kept until it is complete. The hub checks the whole against the hash made before the first byte went.
 */
import { createHash } from 'node:crypto';
import { type FileHandle, mkdir, open, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { Problem, type Upload } from '@moromi/contract';
import { printable } from './escape.ts';
import { bytes } from './figures.ts';
import type { Session } from './session.ts';
import { cut } from './table.ts';
import { Trouble } from './trouble.ts';

export interface Sent {
  sha256: string;
  name: string;
  size: number;
}

/** Bytes 0 to 3 of every RPM: the magic of its lead. */
const leadMagic = Buffer.from([0xed, 0xab, 0xee, 0xdb]);

export async function sendRpm(session: Session, path: string): Promise<Sent> {
  await using file = await opened(path);
  const head = Buffer.alloc(4);
  await file.read(head, 0, 4, 0);
  if (!head.equals(leadMagic)) {
    throw new Trouble(
      'not_an_rpm',
      `${path} is not an RPM package`,
      'Give a .src.rpm file, as `rpmbuild -bs` writes it.',
    );
  }
  return await send(session, file, path);
}

/** A file of any kind. */
export async function sendFile(session: Session, path: string): Promise<Sent> {
  await using file = await opened(path);
  return await send(session, file, path);
}

async function send(session: Session, file: FileHandle, path: string): Promise<Sent> {
  const { size } = await file.stat();
  const name = basename(path);
  const sha256 = await hashOf(file, size);
  const memory = new UploadMemory(session.host.env, session.connection.hub, sha256);
  const upload = (await resumed(session, memory)) ?? (await begun(session, { name, size, sha256 }, memory));
  if (!upload.complete) {
    await sendParts(session, file, size, upload, name);
    const params = { upload: upload.id };
    // Joining and hashing a large file takes the hub a while.
    await session.client.call('completeUpload', { params }, { signal: session.signal, timeoutMs: 600_000 });
  }
  await memory.forget();
  return { sha256, name, size };
}

async function sendParts(session: Session, file: FileHandle, size: number, upload: Upload, name: string) {
  const count = Math.max(1, Math.ceil(size / upload.partSize));
  const there = new Set(upload.parts);
  const meter = new Meter(session, name, size);
  const buffer = Buffer.alloc(Math.min(size, upload.partSize));
  for (let part = 0; part < count; part++) {
    const start = part * upload.partSize;
    const length = Math.min(upload.partSize, size - start);
    if (!there.has(part)) {
      const piece = buffer.subarray(0, length);
      await readWhole(file, piece, start);
      const sha256 = createHash('sha256').update(piece).digest('hex');
      const input = { params: { upload: upload.id, part }, query: { sha256 }, body: piece };
      await session.client.call('putPart', input, {
        signal: session.signal,
        timeoutMs: 300_000,
        patienceSeconds: 120,
      });
    }
    meter.sent(start + length, there.has(part) ? 0 : length);
  }
  meter.end();
}

async function begun(
  session: Session,
  file: { name: string; size: number; sha256: string },
  memory: UploadMemory,
): Promise<Upload> {
  const upload = await session.client.call('createUpload', { body: file }, { signal: session.signal });
  if (!upload.complete) await memory.keep(upload.id);
  return upload;
}

/** An upload of the same file to the same hub that was cut short before. */
async function resumed(session: Session, memory: UploadMemory): Promise<Upload | undefined> {
  const id = await memory.recall();
  if (id === undefined) return undefined;
  try {
    return await session.client.call('getUpload', { params: { upload: id } }, { signal: session.signal });
  } catch (error) {
    if (error instanceof Problem && error.code === 'unknown_upload') return undefined;
    throw error;
  }
}

/** Where the number of an unfinished upload is kept; a memory that fails costs only sending again. */
class UploadMemory {
  readonly #folder: string;
  readonly #path: string;

  constructor(env: NodeJS.ProcessEnv, hub: string, sha256: string) {
    const cache = env['XDG_CACHE_HOME'] ?? join(env['HOME'] ?? homedir(), '.cache');
    this.#folder = join(cache, 'moromi', 'uploads');
    const key = createHash('sha256').update(`${hub}\n${sha256}`).digest('hex').slice(0, 32);
    this.#path = join(this.#folder, key);
  }

  async recall(): Promise<string | undefined> {
    const text = await readFile(this.#path, 'utf8').catch(() => '');
    return /^[A-Za-z0-9_-]{8,100}$/.test(text) ? text : undefined;
  }

  async keep(id: string): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 }).catch(() => {});
    await writeFile(this.#path, id, { mode: 0o600 }).catch(() => {});
  }

  async forget(): Promise<void> {
    await rm(this.#path, { force: true }).catch(() => {});
  }
}

async function opened(path: string): Promise<FileHandle> {
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const why = code === 'ENOENT' ? 'there is no such file' : `it cannot be read (${code})`;
    throw new Trouble('file_unreadable', `${path}: ${why}`, 'Give the path of a file that you may read.');
  }
  if ((await file.stat()).isFile()) return file;
  await file.close();
  throw new Trouble('file_unreadable', `${path} is not a file`, 'Give the path of a plain file.');
}

async function hashOf(file: FileHandle, size: number): Promise<string> {
  const hash = createHash('sha256');
  const buffer = Buffer.alloc(Math.min(Math.max(1, size), 1024 * 1024));
  for (let at = 0; at < size; ) {
    const piece = buffer.subarray(0, Math.min(buffer.length, size - at));
    await readWhole(file, piece, at);
    hash.update(piece);
    at += piece.length;
  }
  return hash.digest('hex');
}

async function readWhole(file: FileHandle, into: Buffer, start: number): Promise<void> {
  for (let at = 0; at < into.length; ) {
    const { bytesRead } = await file.read(into, at, into.length - at, start + at);
    if (bytesRead === 0) {
      throw new Trouble(
        'file_changed',
        'the file became shorter while it was read',
        'Submit it again when nothing writes to it.',
      );
    }
    at += bytesRead;
  }
}

/** What has been sent, and how fast, on one line that is drawn again. */
class Meter {
  readonly #session: Session;
  readonly #name: string;
  readonly #size: number;
  readonly #started = performance.now();
  #sent = 0;

  constructor(session: Session, name: string, size: number) {
    this.#session = session;
    this.#name = name;
    this.#size = size;
    this.#draw(0);
  }

  sent(reached: number, now: number): void {
    this.#sent += now;
    this.#draw(reached);
  }

  end(): void {
    if (this.#session.screen.lively) this.#session.screen.raw('\r\x1b[K');
  }

  #draw(reached: number): void {
    if (!this.#session.screen.lively) return;
    const seconds = Math.max(0.05, (performance.now() - this.#started) / 1000);
    const share = this.#size === 0 ? 100 : Math.floor((reached / this.#size) * 100);
    const text = `Uploading ${this.#name}: ${bytes(reached)} of ${bytes(this.#size)} (${share}%), ${bytes(this.#sent / seconds)}/s`;
    this.#session.screen.raw(`\r\x1b[K${cut(printable(text), this.#session.screen.columns - 1)}`);
  }
}

export async function sendRpms(
  session: Session,
  paths: readonly string[],
): Promise<{ sha256: string; name: string }[]> {
  const sent: { sha256: string; name: string }[] = [];
  for (const path of paths) {
    const { sha256, name } = await sendRpm(session, path);
    sent.push({ sha256, name });
  }
  return sent;
}
