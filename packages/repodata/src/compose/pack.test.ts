import { execFileSync } from 'node:child_process';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { plain } from '../testing/members.ts';
import { documentHead, documentKinds, documentTail, extendedKinds } from './document.ts';
import { type Compression, gzip, pack, packRun, runKey, zstd } from './pack.ts';

const entries = ['<package>1</package>\n', '<package>é</package>\n'].map((text) => Buffer.from(text));

test('a run unpacks to its entries, one after the other', () => {
  expect(gunzipSync(packRun(entries, gzip))).toEqual(Buffer.concat(entries));
  expect(zstdDecompressSync(packRun(entries, zstd))).toEqual(Buffer.concat(entries));
});

test('the same entries give the same bytes, without time or system in them', () => {
  for (const compression of [gzip, zstd]) {
    expect(packRun(entries, compression)).toEqual(packRun([Buffer.concat(entries)], compression));
  }
  const packed = packRun(entries, gzip);
  expect(packed.subarray(0, 4).toString('hex')).toBe('1f8b0800');
  expect(packed.subarray(4, 8).toString('hex')).toBe('00000000');
  expect(packed[9]).toBe(255);
});

test('head, runs and tail joined are one document to other programs', () => {
  const open: [Compression, string][] = [
    [gzip, 'gzip'],
    [zstd, 'zstd'],
  ];
  for (const [compression, program] of open) {
    for (const kind of extendedKinds) {
      const pieces = [documentHead(kind, 4), ...entries, ...entries, documentTail(kind)];
      const file = Buffer.concat(pieces.map((piece) => pack(piece, compression)));
      const plain = execFileSync(program, ['--decompress', '--stdout'], { input: file });
      expect(plain).toEqual(Buffer.concat(pieces));
    }
  }
});

test('heads say how many packages follow', () => {
  expect(documentHead('primary', 7).toString()).toContain(' packages="7">\n');
  expect(() => documentHead('primary', -1)).toThrow(RangeError);
  expect(() => documentHead('primary', 1.5)).toThrow(RangeError);
});

test('the key of a run tells apart members, their order, documents and compressions', () => {
  const [a, b] = [plain(1), plain(2)];
  const keys = [
    runKey([a, b], documentKinds, gzip),
    runKey([b, a], documentKinds, gzip),
    runKey([a], documentKinds, gzip),
    runKey([a, b], extendedKinds, gzip),
    runKey([a, b], ['other'], gzip),
    runKey([a, b], documentKinds, zstd),
    runKey([a, b], documentKinds, { type: 'gzip', level: 9 }),
    runKey([{ ...a, key: 'changed' }, b], documentKinds, gzip),
  ];
  expect(new Set(keys).size).toBe(keys.length);
  expect(runKey([{ ...a }, { ...b, bytes: 0 }], documentKinds, gzip)).toBe(keys[0]);
});

test('the key of a run of the three documents is what it was before there was a fourth', () => {
  expect(runKey([plain(1), plain(2)], documentKinds, gzip)).toBe(
    'ae158a11a36db76d56d4f1c7e052905feb9da1751e74df65e4f3632cd7360aa8',
  );
});
