/**
 * Fetching files by their hash.
 *
 * Invariant: a file appears under its name only when all of it is there and has the SHA-256 that the hub names; what a
 * cut left is kept aside and gone on with.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Session } from './session.ts';
import { Trouble, usage } from './trouble.ts';

export interface Wanted {
  name: string;
  sha256: string;
  size: number;
}

/** Tries after which a connection that keeps breaking is given up. */
const tries = 8;

/** @returns whether anything was fetched; false where the file was there already */
export async function download(session: Session, wanted: Wanted, folder: string): Promise<boolean> {
  const path = join(folder, safeName(wanted.name));
  if ((await sizeOf(path)) === wanted.size && (await sha256Of(path)) === wanted.sha256) return false;
  await mkdir(folder, { recursive: true });
  const aside = join(folder, `.${safeName(wanted.name)}.${wanted.sha256.slice(0, 16)}.part`);
  for (let failed = 0; ; ) {
    const had = (await sizeOf(aside)) ?? 0;
    if (had < wanted.size) {
      try {
        await fetchFrom(session, wanted, aside, had);
      } catch (error) {
        session.signal.throwIfAborted();
        failed = ((await sizeOf(aside)) ?? 0) > had ? 0 : failed + 1;
        if (error instanceof Trouble || failed >= tries) throw error;
        await delay(Math.random() * Math.min(4000, 200 * 2 ** failed), undefined, { signal: session.signal });
        continue;
      }
    }
    break;
  }
  await accept(wanted, aside, path);
  return true;
}

async function fetchFrom(session: Session, wanted: Wanted, aside: string, had: number): Promise<void> {
  const { hub, token } = session.connection;
  const headers: Record<string, string> = {};
  if (token !== undefined) headers['authorization'] = `Bearer ${token}`;
  if (had > 0) headers['range'] = `bytes=${had}-`;
  const address = `${hub.split(',')[0]?.trim().replace(/\/+$/, '')}/api/v1/blobs/${wanted.sha256}`;
  const response = await fetch(address, { headers, signal: session.signal });
  if (!response.ok || response.body === null) {
    const message = `${wanted.name}: the hub answered ${response.status}`;
    if (response.status >= 500 || response.status === 429) throw new Error(message);
    throw new Trouble(
      'not_fetched',
      message,
      'See whether the build still has this file: moromi build-info.',
    );
  }
  // A server that does not honour the range sends the whole again.
  await using file: FileHandle = await open(aside, response.status === 206 ? 'a' : 'w');
  let size = response.status === 206 ? had : 0;
  for await (const piece of response.body) {
    size += piece.length;
    if (size > wanted.size) throw tooLong(wanted);
    await file.write(piece);
  }
  if (size < wanted.size) throw new Error(`${wanted.name}: the connection was cut`);
}

async function accept(wanted: Wanted, aside: string, path: string): Promise<void> {
  if ((await sha256Of(aside)) !== wanted.sha256) {
    await rm(aside, { force: true });
    throw new Trouble(
      'hash_mismatch',
      `${wanted.name} did not arrive as it is on the hub`,
      'Fetch it again; if it repeats, suspect the disk, the memory or what stands between.',
    );
  }
  await using file = await open(aside, 'r+');
  await file.sync();
  await rename(aside, path);
  await using folder = await open(dirname(path), 'r');
  await folder.sync();
}

function tooLong(wanted: Wanted): Trouble {
  return new Trouble('hash_mismatch', `${wanted.name} is longer than the hub says`, 'Fetch it again.');
}

const plainName = /^[A-Za-z0-9_][A-Za-z0-9._+~^-]*$/;

/** A name that a person gives for a file that comes. */
export function ownName(name: string): string {
  if (plainName.test(name)) return name;
  throw usage(
    `${JSON.stringify(name)} is no name that can be written; say --output with letters, digits and ._+~^- in the name`,
  );
}

/** A name from the hub is used as one file name, never as a path. */
export function safeName(name: string): string {
  if (plainName.test(name)) return name;
  throw new Trouble(
    'bad_name',
    `the hub names a file ${JSON.stringify(name)}`,
    'Tell an administrator of the hub.',
  );
}

async function sizeOf(path: string): Promise<number | undefined> {
  return (await stat(path).catch(() => undefined))?.size;
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path)) hash.update(piece as Buffer);
  return hash.digest('hex');
}
