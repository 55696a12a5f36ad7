/** That a document is in UTF-8, says no other, and has only characters of XML (1.0 §2.2). */
import { isUtf8 } from 'node:buffer';
import { RepodataError, shown } from '../errors.ts';
import { cut } from './tokens.ts';

const longest = 256;

/** Where the byte order mark and the XML declaration end, as far as they are there; `cut` where more must come to tell. */
export function endOfDeclaration(bytes: Buffer, at: number, end: number): number {
  if (end - at < 6) return cut;
  const from = bytes[at] === 0xef && bytes[at + 1] === 0xbb && bytes[at + 2] === 0xbf ? at + 3 : at;
  const text = bytes.toString('latin1', from, Math.min(end, from + longest));
  if (text.slice(0, 6) === '<?xml '.slice(0, text.length) && !text.includes('?>') && text.length < longest)
    return cut;
  const declared = /^<\?xml\s[^?]*\?>/.exec(text)?.[0] ?? '';
  const encoding = /\sencoding\s*=\s*["']([^"']*)["']/.exec(declared)?.[1] ?? 'utf-8';
  if (encoding.toLowerCase() !== 'utf-8')
    throw new RepodataError(
      'hostile',
      `The metadata claims the encoding ${shown(encoding)}; it must be UTF-8.`,
    );
  return from + declared.length;
}

/** U+FFFE and U+FFFF, which are UTF-8 but no characters of XML. */
const unfit = [Buffer.from([0xef, 0xbf, 0xbe]), Buffer.from([0xef, 0xbf, 0xbf])];

export function checkCharacters(bytes: Buffer): void {
  if (!isUtf8(bytes) || unfit.some((one) => bytes.includes(one)))
    throw new RepodataError('damaged', 'The metadata is not UTF-8.');
}
