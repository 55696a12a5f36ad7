/**
 * The bytes of a file that an address names: `http`, `https` or `file`.
 *
 * Invariant: they are the file's own, never decoded, since they are held against its hash; no more come than allowed,
 * and a minute without any ends it. Proxies are those that dnf is told of where roots are made.
 */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import type { Readable } from 'node:stream';

const stallMs = 60_000;
const mostRedirects = 5;
const proxyNames = ['http_proxy', 'https_proxy', 'no_proxy', 'HTTPS_PROXY', 'NO_PROXY'];

/** @param most bytes that may come; more is an error */
export async function* bytesAt(
  address: URL,
  most: number,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const stalled = new AbortController();
  const timer = setTimeout(() => stalled.abort(new Error('no byte came for a minute')), stallMs);
  const either = AbortSignal.any([signal, stalled.signal]);
  let body: Readable | undefined;
  let size = 0;
  try {
    body = address.protocol === 'file:' ? await openFile(address, either) : await ask(address, either, 0);
    for await (const piece of body) {
      timer.refresh();
      size += (piece as Uint8Array).length;
      if (size > most) throw new Error(`${nameOf(address)} has more than ${most} bytes`);
      yield piece as Uint8Array;
    }
  } catch (error) {
    // Whatever was ended by a signal says so in words of its own.
    if (either.aborted) throw either.reason;
    throw error;
  } finally {
    clearTimeout(timer);
    body?.destroy();
  }
}

/** An address as it may be shown: without a name and a password. */
export function nameOf(address: URL): string {
  const shown = new URL(address);
  shown.username = '';
  shown.password = '';
  return shown.href;
}

async function openFile(address: URL, signal: AbortSignal): Promise<Readable> {
  // Not blocking: a pipe without a writer would be waited for.
  const file = await open(address, constants.O_RDONLY | constants.O_NONBLOCK);
  if ((await file.stat()).isFile()) return file.createReadStream({ signal });
  await file.close();
  throw new Error(`${nameOf(address)} is no regular file`);
}

async function ask(address: URL, signal: AbortSignal, redirects: number): Promise<IncomingMessage> {
  const response = await answerOf(address, signal);
  const { statusCode = 0, headers } = response;
  if (statusCode === 200) return response;
  response.destroy();
  if (statusCode < 300 || statusCode >= 400 || headers.location === undefined)
    throw new Error(`${nameOf(address)} is answered with ${statusCode}`);
  const next = new URL(headers.location, address);
  if (!/^https?:$/.test(next.protocol) || redirects >= mostRedirects)
    throw new Error(`${nameOf(address)} leads to ${nameOf(next)}, where nothing is fetched from`);
  return await ask(next, signal, redirects + 1);
}

function answerOf(address: URL, signal: AbortSignal): Promise<IncomingMessage> {
  const client = address.protocol === 'https:' ? https : http;
  const proxyEnv = Object.fromEntries(proxyNames.map((name) => [name, process.env[name]]));
  const agent = new client.Agent({ proxyEnv });
  return new Promise((done, fail) => {
    client.get(address, { agent, signal }, done).on('error', fail);
  });
}
