/** Integers of OpenPGP (RFC 9580, 3.2): a length in bits, two bytes of it, then the integer without leading zeros. */

/** Writes integers one behind the other. */
export function writeIntegers(integers: readonly Uint8Array[]): Buffer {
  return Buffer.concat(
    integers.flatMap((integer) => {
      const first = integer.findIndex((byte) => byte !== 0);
      const bytes = first < 0 ? integer.subarray(integer.length) : integer.subarray(first);
      const [top = 0] = bytes;
      const bits = bytes.length === 0 ? 0 : bytes.length * 8 - (Math.clz32(top) - 24);
      return [Buffer.from([bits >> 8, bits & 0xff]), bytes];
    }),
  );
}

/** Exactly `count` integers that fill `bytes`, each padded with zeros to `length` bytes; null where it is not so. */
export function readIntegers(bytes: Uint8Array, count: number, length: number): Buffer[] | null {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const integers: Buffer[] = [];
  let at = 0;
  for (let index = 0; index < count; index++) {
    if (at + 2 > view.length) return null;
    const size = Math.ceil(view.readUInt16BE(at) / 8);
    at += 2;
    if (size > length || at + size > view.length) return null;
    const integer = Buffer.alloc(length);
    view.copy(integer, length - size, at, at + size);
    integers.push(integer);
    at += size;
  }
  return at === view.length ? integers : null;
}
