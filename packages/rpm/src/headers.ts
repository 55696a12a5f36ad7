/**
 * The front of an RPM file: lead, signature header, padding to 8 bytes, main header. `parseHeaders` works on any prefix
 * of the file, so what streams in can be judged before its payload arrives: it refuses as soon as the bytes at hand
 * cannot become an RPM, and asks for a stated length otherwise, at most three times.
 */

import { type FileHandle, open } from 'node:fs/promises';
import { damaged, RpmError } from './errors.ts';
import { type Header, type HeaderBounds, headerLength, INTRO_BYTES, parseHeader } from './header.ts';
import { checkLeadStart, LEAD_BYTES, type Lead, parseLead } from './lead.ts';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';
import { TAG } from './tags.ts';

export interface RpmHeaders {
  readonly lead: Lead;
  /** The lead as it stands in the file. */
  readonly leadBytes: Uint8Array;
  readonly signature: Header;
  readonly header: Header;
  /** 4 or 6. */
  readonly format: 4 | 6;
  /** Bytes of the file that hold the main header, as `rpm:header-range` in primary.xml; the payload begins at `end`. */
  readonly headerRange: { readonly start: number; readonly end: number };
  /** The file's length in bytes where it was read from a file, else null. */
  readonly fileSize: number | null;
  readonly limits: Limits;
}

export type Parsed =
  | { readonly complete: true; readonly headers: RpmHeaders }
  /** Come again with the first `needed` bytes of the file. */
  | { readonly complete: false; readonly needed: number };

/**
 * Reads the headers from the first bytes of a file. The result refers to `bytes`, which must not change afterwards.
 * Throws RpmError, never `truncated`: whether more bytes will come is the caller's knowledge.
 */
export function parseHeaders(bytes: Uint8Array, limits: Partial<Limits> = {}): Parsed {
  const bounds = { ...DEFAULT_LIMITS, ...limits };
  checkLeadStart(bytes);
  const signatureStart = LEAD_BYTES;
  if (bytes.length < signatureStart + INTRO_BYTES)
    return { complete: false, needed: signatureStart + INTRO_BYTES };
  const lead = parseLead(bytes);
  const signatureBounds = boundsOf(bounds, bounds.signatureEntries, bounds.signatureBytes);
  const signatureEnd = signatureStart + headerLength(bytes.subarray(signatureStart), 62, signatureBounds);
  const start = signatureEnd + ((8 - (signatureEnd % 8)) % 8);
  if (bytes.length < start + INTRO_BYTES) return { complete: false, needed: start + INTRO_BYTES };
  const headerBounds = boundsOf(bounds, bounds.headerEntries, bounds.headerBytes);
  const end = start + headerLength(bytes.subarray(start), 63, headerBounds);
  if (bytes.length < end) return { complete: false, needed: end };
  const signature = parseHeader(bytes.subarray(signatureStart, signatureEnd), 62, signatureBounds);
  const header = parseHeader(bytes.subarray(start, end), 63, headerBounds);
  const format = formatOf(header);
  if (format === 6) checkSorted(signature, header);
  return {
    complete: true,
    headers: {
      lead,
      leadBytes: bytes.subarray(0, LEAD_BYTES),
      signature,
      header,
      format,
      headerRange: { start, end },
      fileSize: null,
      limits: bounds,
    },
  };
}

function boundsOf(limits: Limits, entries: number, bytes: number): HeaderBounds {
  return { entries, bytes, arrayLength: limits.arrayLength };
}

function formatOf(header: Header): 4 | 6 {
  const format = header.get(TAG.RPMFORMAT) ?? 4;
  if (format === 4 || format === 6) return format;
  throw new RpmError(
    'unsupported_format',
    `The package says that it has format ${format}; 4 and 6 are read.`,
  );
}

/** v6 demands it; v4 packages exist whose tags are not in order. */
function checkSorted(...headers: Header[]): void {
  for (const header of headers) {
    const tags = header.tags();
    if (tags.some((tag, at) => tag <= (tags[at - 1] ?? 0)))
      throw damaged('The tags of a v6 header are not in order.');
  }
}

/**
 * Reads the headers of a whole RPM: of a file by its path or open handle (a regular file; read by position, the
 * handle's own place does not move), or of bytes. The payload is not read. Throws RpmError, or the system's error
 * where the file cannot be read.
 */
export async function readHeaders(
  source: string | FileHandle | Uint8Array,
  limits: Partial<Limits> = {},
): Promise<RpmHeaders> {
  if (source instanceof Uint8Array) {
    const parsed = parseHeaders(source, limits);
    if (!parsed.complete) throw truncated(source.length, parsed.needed);
    return { ...parsed.headers, fileSize: source.length };
  }
  if (typeof source !== 'string') return readFrom(source, limits);
  await using file = await open(source, 'r');
  return await readFrom(file, limits);
}

async function readFrom(file: FileHandle, limits: Partial<Limits>): Promise<RpmHeaders> {
  const { size } = await file.stat();
  // Most packages' headers are smaller than this; one read instead of three.
  let bytes = await readPrefix(file, new Uint8Array(0), Math.min(size, 16 * 1024));
  for (;;) {
    const parsed = parseHeaders(bytes, limits);
    if (parsed.complete) return { ...parsed.headers, fileSize: size };
    // Compared with the file's size first: nothing is allocated for what a damaged intro claims.
    if (parsed.needed > size) throw truncated(size, parsed.needed);
    bytes = await readPrefix(file, bytes, parsed.needed);
  }
}

async function readPrefix(file: FileHandle, have: Uint8Array, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  bytes.set(have);
  for (let at = have.length; at < length; ) {
    const { bytesRead } = await file.read(bytes, at, length - at, at);
    if (bytesRead === 0) throw truncated(at, length);
    at += bytesRead;
  }
  return bytes;
}

function truncated(size: number, needed: number): RpmError {
  return new RpmError('truncated', `The file ends after ${size} bytes; its headers need at least ${needed}.`);
}
