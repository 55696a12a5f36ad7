/**
 * The bytes of a file that an address names: `http`, `https` or `file`.
 *
 * Invariant: they are the file's own, never decoded, since they are held against its hash; no more come than allowed, and
 * a minute without any ends it. From the network nothing leads to this machine's files. Proxies are those that the hub's
 * environment names.
 */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import type { Readable } from 'node:stream';
import { Trouble } from './trouble.ts';

const stallMs = 60_000;
const mostRedirects = 5;
const proxyNames = ['http_proxy', 'https_proxy', 'no_proxy', 'HTTPS_PROXY', 'NO_PROXY'];

export interface Asked {
  /** Bytes that may come; more is an error. */
  most: number;
  signal: AbortSignal;
  headers?: Record<string, string>;
}

/** Another answer than the file, and which. */
export class Answered extends Trouble {
  readonly status: number;

  constructor(address: URL, status: number) {
    super('repo_unreachable', `${nameOf(address)} is answered with ${status}.`);
    this.status = status;
  }
}

export interface Opened {
  /** What the server says of the version of the file. */
  etag: string | undefined;
  lastModified: string | undefined;
  bytes: AsyncIterable<Uint8Array>;
}

/** Throws Answered, with 304 where the headers asked for that. */
export async function openAddress(address: URL, { most, signal, headers = {} }: Asked): Promise<Opened> {
  const stalled = new AbortController();
  const either = AbortSignal.any([signal, stalled.signal]);
  const timer = setTimeout(
    () => stalled.abort(new Trouble('repo_unreachable', `No byte of ${nameOf(address)} came for a minute.`)),
    stallMs,
  );
  try {
    if (address.protocol === 'file:') {
      const body = await openFile(address, either);
      return {
        etag: undefined,
        lastModified: undefined,
        bytes: pieces(address, body, { most, signal: either, timer }),
      };
    }
    const body = await ask(address, headers, either, 0);
    const { etag, 'last-modified': lastModified } = body.headers;
    return { etag, lastModified, bytes: pieces(address, body, { most, signal: either, timer }) };
  } catch (error) {
    clearTimeout(timer);
    throw reasonOf(error, either, address);
  }
}

/** The whole file, for small ones. */
export async function readAddress(
  address: URL,
  asked: Asked,
): Promise<Omit<Opened, 'bytes'> & { bytes: Buffer }> {
  const opened = await openAddress(address, asked);
  const parts: Uint8Array[] = [];
  for await (const piece of opened.bytes) parts.push(piece);
  return { ...opened, bytes: Buffer.concat(parts) };
}

/** An address as it may be shown: without a name and a password. */
export function nameOf(address: URL): string {
  const shown = new URL(address);
  shown.username = '';
  shown.password = '';
  return shown.href;
}

async function* pieces(
  address: URL,
  body: Readable,
  { most, signal, timer }: { most: number; signal: AbortSignal; timer: NodeJS.Timeout },
): AsyncGenerator<Uint8Array, void, undefined> {
  let size = 0;
  try {
    for await (const piece of body) {
      timer.refresh();
      size += (piece as Uint8Array).length;
      if (size > most)
        throw new Trouble(
          'repo_too_large',
          `${nameOf(address)} has more than the ${most} bytes that it may have.`,
        );
      yield piece as Uint8Array;
    }
  } catch (error) {
    throw reasonOf(error, signal, address);
  } finally {
    clearTimeout(timer);
    body.destroy();
  }
}

/** Whatever was ended by a signal says so in words of its own. */
function reasonOf(error: unknown, signal: AbortSignal, address: URL): unknown {
  if (signal.aborted) return signal.reason;
  if (error instanceof Trouble) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new Trouble('repo_unreachable', `${nameOf(address)} cannot be read: ${message}.`, { cause: error });
}

async function openFile(address: URL, signal: AbortSignal): Promise<Readable> {
  // Not blocking: a pipe without a writer would be waited for.
  const file = await open(address, constants.O_RDONLY | constants.O_NONBLOCK);
  if ((await file.stat()).isFile()) return file.createReadStream({ signal });
  await file.close();
  throw new Trouble('repo_unreachable', `${nameOf(address)} is no regular file.`);
}

async function ask(
  address: URL,
  headers: Record<string, string>,
  signal: AbortSignal,
  redirects: number,
): Promise<IncomingMessage> {
  const response = await answerOf(address, headers, signal);
  const { statusCode = 0 } = response;
  if (statusCode === 200) return response;
  response.destroy();
  const { location } = response.headers;
  if (statusCode === 304 || statusCode < 300 || statusCode >= 400 || location === undefined)
    throw new Answered(address, statusCode);
  const next = URL.canParse(location, address.href) ? new URL(location, address) : undefined;
  if (next === undefined || !/^https?:$/.test(next.protocol) || redirects >= mostRedirects)
    throw new Trouble(
      'repo_unreachable',
      `${nameOf(address)} leads to ${JSON.stringify(location.slice(0, 200))}, where nothing is fetched from.`,
    );
  return await ask(next, headers, signal, redirects + 1);
}

function answerOf(
  address: URL,
  headers: Record<string, string>,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const client = address.protocol === 'https:' ? https : http;
  const proxyEnv = Object.fromEntries(proxyNames.map((name) => [name, process.env[name]]));
  const agent = new client.Agent({ proxyEnv });
  return new Promise((done, fail) => {
    client
      .get(address, { agent, signal, headers: { 'user-agent': 'moromi', ...headers } }, done)
      .on('error', fail);
  });
}
