/**
 * The signature header of an RPM file, cut out of it without reading more of it.
 *
 * Invariant: no more than the header's own length is read, and no header of a length that none has; whether it is sound
 * is for the hub to say. The lead has 96 bytes; the header begins with 16, of which two numbers say how many entries of
 * 16 bytes and how many bytes of data follow (rpm: docs/manual/format_header.md).
 */
import { type FileHandle, open } from 'node:fs/promises';
import { Trouble } from './trouble.ts';

const leadBytes = 96;
const introBytes = 16;
const longest = 2 ** 21;

/** @returns the header as the hub wants it, in base64 */
export async function signatureHeader(path: string): Promise<string> {
  await using file = await open(path, 'r');
  const start = path.endsWith('.rpm') ? leadBytes : 0;
  const intro = await read(file, path, start, introBytes);
  const length = introBytes + 16 * intro.readUInt32BE(8) + intro.readUInt32BE(12);
  if (intro.readUInt32BE(0) !== 0x8eade801 || length > longest)
    throw new Trouble(
      'not_an_rpm',
      `${path} has no signature header where one belongs`,
      'Give a signed RPM file, or what `moromi signer sign-folder` has made.',
    );
  return (await read(file, path, start, length)).toString('base64');
}

async function read(file: FileHandle, path: string, from: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  const { bytesRead } = await file.read(bytes, 0, length, from);
  if (bytesRead < length) throw new Trouble('truncated', `${path} is cut short`, 'Copy it again.');
  return bytes;
}
