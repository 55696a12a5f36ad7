import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readIntegers, writeIntegers } from './integers.ts';
import { PacketError, readPackets } from './packet.ts';
import { type GpgHome, makeGpgHome } from './testing/gpghome.ts';

let home: GpgHome;
let fingerprint: string;
let signature: Uint8Array;
beforeAll(async () => {
  home = await makeGpgHome();
  fingerprint = await home.makeKey('ed25519');
  signature = await home.sign(Buffer.from('data'), '--default-sig-expire', '5d');
});
afterAll(() => home[Symbol.asyncDispose]());

const hex = (...parts: string[]) => Buffer.from(parts.join('').replaceAll(' ', ''), 'hex');

/** A v4 packet with these subpackets in its signed and in its other part. */
function packet4(hashed: string, unhashed = '', values = '0001 01'): Buffer {
  const area = (text: string) => {
    const bytes = hex(text);
    return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes]);
  };
  const body = Buffer.concat([hex('04 00 16 08'), area(hashed), area(unhashed), hex('abcd', values)]);
  return Buffer.concat([Buffer.from([0xc2, 0xff, 0, 0, body.length >> 8, body.length & 0xff]), body]);
}

test('gpg’s signature is read with its key, its time and its end', async () => {
  const [packet, ...more] = readPackets(signature);
  expect(more).toEqual([]);
  expect(packet).toMatchObject({
    version: 4,
    type: 0,
    keyAlgorithm: 22,
    fingerprint,
    keyId: fingerprint.slice(-16),
    lifetime: 5 * 86_400,
  });
  expect(Math.abs((packet?.created ?? 0) - Date.now() / 1000)).toBeLessThan(600);
  const both = readPackets(Buffer.concat([signature, packet4('05 02 699c0000')]));
  expect(both.map(({ lifetime }) => lifetime)).toEqual([5 * 86_400, null]);
});

test('time and lifetime are read from the signed part alone, the issuer from both', () => {
  const [packet] = readPackets(
    packet4('05 02 00000007', '05 02 00000009 05 03 00000001 09 10 0123456789abcdef'),
  );
  expect(packet).toMatchObject({ created: 7, lifetime: null, keyId: '0123456789abcdef', fingerprint: null });
});

test('a subpacket that demands to be understood, and is not, makes the signature unreadable', () => {
  const notation = '0a 14 00000000 0000 0000 00';
  expect(readPackets(packet4(notation))).toHaveLength(1);
  expect(() => readPackets(packet4(notation.replace('14', '94')))).toThrow('subpacket 20');
  expect(readPackets(packet4('05 82 00000007'))[0]?.created).toBe(7);
});

test.each([
  ['nothing', hex('')],
  ['no packet', Buffer.from('text')],
  ['a key', hex('99 0003 040000')],
  ['a length past the end', hex('c2 05 04')],
  ['parts', hex('c2 e1 0400')],
  ['no length', hex('8b 0400')],
  ['version 5', hex('c2 01 05')],
  ['a signed part past the end', hex('c2 0a 04 00 16 08 00ff 0000 0000')],
  ['no digest’s start', hex('c2 08 04 00 16 08 0000 0000')],
  ['a subpacket without a type', packet4('00')],
  ['a subpacket past the end', packet4('05 02 0000')],
  ['something behind it', Buffer.concat([packet4(''), hex('00')])],
])('what is %s is no signature', (_, bytes) => {
  expect(() => readPackets(bytes)).toThrow(PacketError);
});

test('damaged signatures are read or refused, never else', () => {
  const outcomes = { read: 0, refused: 0 };
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }),
      fc.nat(300),
      (changes, cut) => {
        const bytes = Buffer.from(signature.subarray(0, signature.length - Math.max(0, cut - 250)));
        for (const [at, value] of changes) bytes.writeUInt8(value, at % bytes.length);
        try {
          expect(readPackets(bytes).length).toBeGreaterThan(0);
          outcomes.read++;
        } catch (error) {
          expect(error).toBeInstanceOf(PacketError);
          outcomes.refused++;
        }
      },
    ),
    { seed: 4, numRuns: 3_000 },
  );
  expect(Math.min(outcomes.read, outcomes.refused)).toBeGreaterThan(100);
});

test('integers come back as they were written, padded, and only if there is nothing more', () => {
  const integer = fc.uint8Array({ minLength: 0, maxLength: 40 });
  fc.assert(
    fc.property(fc.array(integer, { maxLength: 3 }), (integers) => {
      const bytes = writeIntegers(integers);
      const padded = integers.map((one) => Buffer.concat([Buffer.alloc(40 - one.length), one]));
      expect(readIntegers(bytes, integers.length, 40)).toEqual(padded);
      expect(readIntegers(Buffer.concat([bytes, Buffer.alloc(1)]), integers.length, 40)).toBeNull();
      if (bytes.length > 0) expect(readIntegers(bytes.subarray(0, -1), integers.length, 40)).toBeNull();
    }),
    { seed: 4 },
  );
});
