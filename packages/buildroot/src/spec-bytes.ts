/**
 * A spec file between its bytes and its text.
 *
 * Invariant: what was read and not changed is written with the same bytes, whatever they are. Bytes that are no UTF-8
 * (old specs hold Latin-1, in comments or names) stand in the text as single surrogates, U+DC80 to U+DCFF, as in
 * Python's `surrogateescape`; so what is added to such a spec is still UTF-8, which newer rpmbuild demands of a header.
 */

/** UTF-8 beyond ASCII as characters of Latin-1: RFC 3629, section 4. Whatever else is above ASCII is the second group. */
const beyondAscii =
  /((?:[\xc2-\xdf]|\xe0[\xa0-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]|\xed[\x80-\x9f]|\xf0[\x90-\xbf][\x80-\xbf]|[\xf1-\xf3][\x80-\xbf]{2}|\xf4[\x80-\x8f][\x80-\xbf])[\x80-\xbf])|([\x80-\xff])/g;

export function textOf(bytes: Uint8Array): string {
  const plain = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  return plain.replace(beyondAscii, (_, whole?: string, stray = '') =>
    whole === undefined
      ? String.fromCharCode(0xdc00 + stray.charCodeAt(0))
      : Buffer.from(whole, 'latin1').toString('utf8'),
  );
}

export function bytesOf(text: string): Buffer {
  const parts = text.split(/([\udc80-\udcff]+)/u);
  return Buffer.concat(
    parts.map((part, at) =>
      at % 2 === 0
        ? Buffer.from(part, 'utf8')
        : Buffer.from([...part].map((one) => one.charCodeAt(0) & 0xff)),
    ),
  );
}
