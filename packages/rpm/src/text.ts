/**
 * Text of a header. v4 headers do not say in which encoding their strings are: what is valid UTF-8 is read as UTF-8,
 * any other string as ISO 8859-1, so every byte string has one reading and none is refused. createrepo_c does the
 * same. v6 headers are UTF-8 by definition.
 */

import { isUtf8 } from 'node:buffer';

export function decodeText(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return isUtf8(buffer) ? buffer.toString('utf8') : buffer.toString('latin1');
}

/** Splits `bytes`, which hold NUL-ended strings end to end, into them; each string has its own encoding. */
export function decodeTexts(bytes: Uint8Array): string[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (isUtf8(buffer)) {
    const texts = buffer.toString('utf8').split('\0');
    texts.pop();
    return texts;
  }
  const texts: string[] = [];
  for (let start = 0; start < buffer.length; ) {
    const end = buffer.indexOf(0, start);
    texts.push(decodeText(buffer.subarray(start, end)));
    start = end + 1;
  }
  return texts;
}
