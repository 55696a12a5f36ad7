import { createHash } from 'node:crypto';
import { zstdCompressSync } from 'node:zlib';
import { parseHeaders } from '@moromi/rpm';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RepodataError } from '../errors.ts';
import { dictionary1 } from './dictionary.ts';
import { decodeExtended, decodeFragment, encodeExtended, encodeFragment } from './encoded.ts';
import { type Fragment, type FragmentOptions, fragmentOf } from './fragment.ts';
import { oddPackage } from './testing/generated.ts';
import { realisticHeaders } from './testing/headers.ts';

const seed = 20261122;

function fragmentFrom(bytes: Buffer, options?: FragmentOptions): Fragment {
  const parsed = parseHeaders(bytes);
  if (!parsed.complete) throw new Error('the package is cut');
  return fragmentOf(parsed.headers, options);
}

function codeOf(bytes: Uint8Array, decode: (bytes: Uint8Array) => unknown = decodeFragment): string {
  try {
    decode(bytes);
    return 'read';
  } catch (error) {
    if (error instanceof RepodataError) return error.code;
    throw error;
  }
}

const packed = (text: string | Buffer) =>
  Buffer.concat([Buffer.from([1]), zstdCompressSync(text, { dictionary: dictionary1 })]);
const part = (holes: number) => `<package ${'\0'.repeat(holes)}></package>\n`;
const sound = ['name', '0', '1', '1', 'noarch', part(6), part(1), part(1)];

test('a fragment comes back as it was kept, and keeping it again gives the same bytes', () => {
  fc.assert(
    fc.property(oddPackage, fc.boolean(), (bytes, fileDigests) => {
      const fragment = fragmentFrom(bytes, { fileDigests });
      const kept = encodeFragment(fragment);
      const found = decodeFragment(kept);
      expect(found).toEqual(fragment);
      expect(encodeFragment(found).equals(kept)).toBe(true);
      const { filelistsExt } = fragment;
      if (filelistsExt !== undefined)
        expect(decodeExtended(encodeExtended(filelistsExt))).toEqual(filelistsExt);
    }),
    { seed, numRuns: 200 },
  );
});

test('a package of 22 files, 25 dependencies and 10 changes is kept in less than 2.5 KB', () => {
  const lengths = Array.from(
    { length: 200 },
    (_, at) => encodeFragment(fragmentFrom(realisticHeaders(at + 1))).length,
  );
  expect(Math.max(...lengths)).toBeLessThan(2_500);
  // Typically 1,270.
  expect(lengths.reduce((sum, one) => sum + one) / lengths.length).toBeLessThan(1_500);
});

test('bytes that no fragment gave are refused', () => {
  const kept = encodeFragment(fragmentFrom(realisticHeaders(1)));
  const change = fc.record({
    at: fc.nat(kept.length),
    drop: fc.nat(3),
    more: fc.uint8Array({ maxLength: 3 }),
  });
  fc.assert(
    fc.property(change, ({ at, drop, more }) => {
      const bytes = Buffer.concat([kept.subarray(0, at), more, kept.subarray(at + drop)]);
      fc.pre(!bytes.equals(kept));
      expect(codeOf(bytes)).toBe('damaged');
    }),
    { seed, numRuns: 500 },
  );
  expect(codeOf(Buffer.alloc(0))).toBe('damaged');
  expect(codeOf(Buffer.concat([Buffer.from([2]), kept.subarray(1)]))).toBe('damaged');
});

test('parts that are no parts of a fragment are refused', () => {
  const codeWith = (change: (parts: string[]) => string[]) => codeOf(packed(change([...sound]).join('\x01')));
  expect(codeWith((parts) => parts)).toBe('read');
  expect(codeWith((parts) => [...parts, part(1)])).toBe('read');
  const refused: Record<string, (parts: string[]) => string[]> = {
    'a part too many': (parts) => [...parts, part(1), part(1)],
    'a thousand parts': (parts) => [...parts, ...Array<string>(1000).fill(part(1))],
    'a part too few': (parts) => parts.slice(0, -1),
    'a hole too few': (parts) => parts.with(5, part(5)),
    'a hole too many': (parts) => parts.with(6, part(2)),
    'no element': (parts) => parts.with(7, '\0'),
    'no epoch': (parts) => parts.with(1, ''),
    'another spelling of an epoch': (parts) => parts.with(1, '00'),
    'no name': (parts) => parts.with(0, '<name>'),
  };
  for (const [what, change] of Object.entries(refused)) expect(codeWith(change), what).toBe('damaged');
  expect(codeOf(packed(Buffer.concat([Buffer.from(sound.join('\x01')), Buffer.from([0xff])])))).toBe(
    'damaged',
  );
});

test('filelists-ext alone is read where it is one element with one hole', () => {
  const code = (text: string | Buffer, version = 3) => {
    const bytes = Buffer.concat([Buffer.from([version]), packed(text).subarray(1)]);
    return codeOf(bytes, decodeExtended);
  };
  expect(code(part(1))).toBe('read');
  expect(code(part(1), 1)).toBe('damaged');
  for (const text of [part(0), part(2), `${part(1)}\x01${part(1)}`, '\0', ''])
    expect(code(text), JSON.stringify(text)).toBe('damaged');
  expect(code(Buffer.from(part(1)).fill(0xff, 10, 11))).toBe('damaged');
  expect(codeOf(encodeExtended(Buffer.from(part(1))).subarray(0, -1), decodeExtended)).toBe('damaged');
});

test('what unpacks to more than any fragment has is refused', () => {
  expect(codeOf(packed(Buffer.alloc(2 ** 28 + 1)))).toBe('too_large');
});

test('the dictionary of version 1 is what it was: without it no fragment could be read', () => {
  expect(createHash('sha256').update(dictionary1).digest('hex')).toBe(
    'ae123d7d8bc65ebd73b62fba504642cb0562ae7d056d81089aa5c55d802a8a5b',
  );
});
