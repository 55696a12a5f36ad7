/**
 * Gives a blob over HTTP: ranges, HEAD, ETag and conditional requests.
 *
 * Invariant: the bytes at a blob's address never change, so its ETag is its hash and caches may keep it for ever.
 */
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { Problem } from '@moromi/contract';
import type { BlobStore, Range } from './store.ts';

export interface Served {
  sha256: string;
  type: string;
  /** Seconds that a cache may keep it; immutable content where not said. */
  maxAge?: number;
}

export async function serveBlob(
  store: BlobStore,
  served: Served,
  method: string,
  headers: IncomingHttpHeaders,
  reply: ServerResponse,
): Promise<void> {
  const size = await store.size(served.sha256);
  if (size === undefined) throw new Problem('unknown_blob');
  const etag = `"${served.sha256}"`;
  reply.setHeader('etag', etag);
  reply.setHeader('accept-ranges', 'bytes');
  reply.setHeader(
    'cache-control',
    served.maxAge === undefined ? 'public, max-age=31536000, immutable' : `public, max-age=${served.maxAge}`,
  );
  if (matches(headers['if-none-match'], etag)) {
    reply.writeHead(304).end();
    return;
  }
  const conditional = headers['if-range'] === undefined || headers['if-range'] === etag;
  const range = conditional ? parseRange(headers.range, size) : undefined;
  if (range === 'unsatisfiable') {
    reply.writeHead(416, { 'content-range': `bytes */${size}` }).end();
    return;
  }
  reply.setHeader('content-type', served.type);
  reply.setHeader('content-length', range === undefined ? size : range.end - range.start + 1);
  if (range !== undefined) reply.setHeader('content-range', `bytes ${range.start}-${range.end}/${size}`);
  reply.writeHead(range === undefined ? 200 : 206);
  if (method === 'HEAD' || size === 0) {
    reply.end();
    return;
  }
  await pipeline(await store.open(served.sha256, range), reply).catch((error: NodeJS.ErrnoException) => {
    // A client that goes away in the middle is its own business.
    if (error.code !== 'ERR_STREAM_PREMATURE_CLOSE' && error.code !== 'ECONNRESET' && error.code !== 'EPIPE')
      throw error;
  });
}

function matches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.split(',').some((one) => one.trim() === '*' || one.trim().replace(/^W\//, '') === etag);
}

/** One range of bytes (RFC 9110 §14.1.2); several at once are answered with the whole. */
export function parseRange(header: string | undefined, size: number): Range | 'unsatisfiable' | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  if (match === null || (match[1] === '' && match[2] === '')) return undefined;
  const first = match[1] === '' ? undefined : Number(match[1]);
  const last = match[2] === '' ? undefined : Number(match[2]);
  if (first === undefined) {
    if (last === 0 || size === 0) return 'unsatisfiable';
    return { start: Math.max(0, size - (last ?? 0)), end: size - 1 };
  }
  if (first >= size) return 'unsatisfiable';
  if (last !== undefined && last < first) return undefined;
  return { start: first, end: Math.min(last ?? size - 1, size - 1) };
}
