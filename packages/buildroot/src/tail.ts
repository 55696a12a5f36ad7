/**
 * The end of a log.
 *
 * Invariant: costs the same for a log of any size, and what comes out is text: bytes that are none are replaced.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** At most `bytes` from the end, beginning at the start of a line where there is one; empty without a file. */
export function tailOf(path: string, bytes: number): string {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch {
    return '';
  }
  try {
    const { size } = fstatSync(fd);
    const buffer = Buffer.alloc(Math.min(size, bytes));
    const read = readSync(fd, buffer, 0, buffer.length, size - buffer.length);
    const text = buffer.subarray(0, read).toString('utf8');
    const newline = text.indexOf('\n');
    return size > bytes && newline >= 0 ? text.slice(newline + 1) : text;
  } finally {
    closeSync(fd);
  }
}
