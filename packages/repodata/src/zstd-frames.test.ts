import { constants, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { all } from './testing/packages.ts';
import { unpack } from './unpack.ts';
import { cutAtFrames } from './zstd-frames.ts';

const frame = fc
  .record({
    bytes: fc.uint8Array({ maxLength: 5000 }),
    repeat: fc.integer({ min: 1, max: 60 }),
    checksum: fc.boolean(),
  })
  .map(({ bytes, repeat, checksum }) => {
    const content = Buffer.concat(Array.from({ length: repeat }, () => bytes));
    const params = { [constants.ZSTD_c_checksumFlag]: checksum ? 1 : 0 };
    return { content, packed: zstdCompressSync(content, { params }) };
  });
const skippable = fc.uint8Array({ maxLength: 300 }).map((bytes) => {
  const head = Buffer.alloc(8);
  head.writeUInt32LE(0x184d2a53, 0);
  head.writeUInt32LE(bytes.length, 4);
  return { content: Buffer.alloc(0), packed: Buffer.concat([head, bytes]) };
});

async function* inSteps(bytes: Buffer, steps: number[]): AsyncGenerator<Uint8Array> {
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const step = steps[turn % steps.length] ?? bytes.length;
    yield bytes.subarray(at, at + step);
    at += step;
  }
}

test('any frames in a row, in whatever pieces they come, unpack to all that was packed', async () => {
  await fc.assert(
    fc.asyncProperty(
      frame,
      fc.array(fc.oneof({ weight: 4, arbitrary: frame }, skippable), { maxLength: 6 }),
      fc.array(fc.integer({ min: 1, max: 20_000 }), { minLength: 1, maxLength: 5 }),
      async (first, more, steps) => {
        const frames = [first, ...more];
        const packed = Buffer.concat(frames.map((one) => one.packed));
        const pieces = await all(cutAtFrames(inSteps(packed, steps)));
        expect(Buffer.concat(pieces).equals(packed)).toBe(true);
        const out = await all(unpack(inSteps(packed, steps), 1e9));
        expect(Buffer.concat(out).equals(Buffer.concat(frames.map((one) => one.content)))).toBe(true);
      },
    ),
    { numRuns: 60 },
  );
});

test('what ends within a frame, and what stands between frames, is damaged', async () => {
  const packed = zstdCompressSync(Buffer.alloc(1000, 'x'));
  for (const bad of [
    packed.subarray(0, -1),
    Buffer.concat([packed, Buffer.from('junk')]),
    Buffer.concat([packed, packed.subarray(0, 2)]),
  ]) {
    await expect(all(unpack(inSteps(bad, [7]), 1e9))).rejects.toMatchObject({ code: 'damaged' });
  }
});
