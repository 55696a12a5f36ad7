/**
 * Gives a blob over HTTP: ranges, HEAD, ETag and conditional requests.
 *
 * Invariant: the bytes at a blob's address never change, so its ETag is its hash and caches may keep it for ever.
 */
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { type BlobReader, damaged } from './reader.ts';
import type { Range } from './store.ts';

export interface Served {
  sha256: string;
  /** Where the ledger says it: a file that lost or got bytes is given to nobody, though no scrub has seen it yet. */
  size?: number;
  type: string;
  /** Seconds that a cache may keep it; immutable content where not said. */
  maxAge?: number;
}

export async function serveBlob(
  blobs: BlobReader,
  served: Served,
  method: string,
  headers: IncomingHttpHeaders,
  reply: ServerResponse,
): Promise<void> {
  const blob = await blobs.find(served.sha256);
  const { size } = blob;
  if (served.size !== undefined && served.size !== size) throw damaged(served.sha256);
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
  // Before anything is promised: what is not there is told as such.
  const pouring = method === 'HEAD' ? undefined : await blob.pour(range, reply);
  reply.setHeader('content-type', served.type);
  reply.setHeader('content-length', range === undefined ? size : range.end - range.start + 1);
  if (range !== undefined) reply.setHeader('content-range', `bytes ${range.start}-${range.end}/${size}`);
  reply.writeHead(range === undefined ? 200 : 206);
  if (pouring === undefined) reply.end();
  else await pouring();
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
