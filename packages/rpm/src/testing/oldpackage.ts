/**
 * A package as rpm 4.11 (EL7) writes it, made of a newer one: no digest of the payload in its header, no SHA-256 of the
 * header, only SHA-1, and the MD5 of both. Tests only.
 */

import { createHash } from 'node:crypto';
import { parseHeaders } from '../headers.ts';
import { SIGTAG, TAG } from '../tags.ts';
import { type Entry, entry, joinPackage, typedEntry, writeHeader } from './writer.ts';

const NEWER = new Set(
  [TAG.PAYLOADSHA256, TAG.PAYLOADSHA256ALGO, TAG.PAYLOADSHA256ALT].map((tag) => tag.number),
);

export function oldPackage(file: Buffer): Buffer {
  const parsed = parseHeaders(file);
  if (!parsed.complete) throw new Error('incomplete');
  const { header, signature, headerRange } = parsed.headers;
  const entries = header.tags().flatMap((tag): Entry[] => {
    const stored = header.stored(tag);
    return stored === undefined || NEWER.has(tag) ? [] : [{ tag, ...stored }];
  });
  const main = writeHeader(63, entries);
  const payload = file.subarray(headerRange.end);
  const both = Buffer.concat([main, payload]);
  const ofSignature = [
    entry(SIGTAG.SHA1, createHash('sha1').update(main).digest('hex')),
    typedEntry(SIGTAG.SIZE.number, 4, both.length),
    entry(SIGTAG.MD5, createHash('md5').update(both).digest()),
    typedEntry(SIGTAG.PAYLOADSIZE.number, 4, signature.get(SIGTAG.PAYLOADSIZE) ?? 0),
    entry(SIGTAG.RESERVEDSPACE, new Uint8Array(4128)),
  ];
  return joinPackage(file.subarray(0, 96), writeHeader(62, ofSignature), main, payload);
}
