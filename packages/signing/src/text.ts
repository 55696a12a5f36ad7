/** Signed text (RFC 9580, 5.2.1.2): what is signed is the text with CR LF at its lines' ends, whatever they are here. */

/** Makes line ends canonical in pieces as they come. */
export function canonicalLines(): (chunk: Uint8Array) => Uint8Array {
  let last = 0;
  return (chunk) => {
    const parts: Uint8Array[] = [];
    let from = 0;
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) {
      const before = at === 0 ? last : chunk[at - 1];
      if (before === 13) continue;
      parts.push(chunk.subarray(from, at), CR);
      from = at;
    }
    last = chunk.at(-1) ?? last;
    parts.push(chunk.subarray(from));
    return Buffer.concat(parts);
  };
}

const CR = Uint8Array.of(13);
