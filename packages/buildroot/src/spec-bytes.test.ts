import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bytesOf, textOf } from './spec-bytes.ts';

const SEED = 20261121;
/** Bytes that often make, or nearly make, a character. */
const telling = fc.constantFrom(
  0x41,
  0x80,
  0x8f,
  0x90,
  0x9f,
  0xa0,
  0xbf,
  0xc3,
  0xe0,
  0xed,
  0xef,
  0xf0,
  0xf4,
  0xff,
);
const bytes = fc
  .array(fc.oneof(telling, fc.nat(255)), { maxLength: 40 })
  .map((list) => Uint8Array.from(list));

test('whatever bytes a spec has, they are the same again', () => {
  fc.assert(
    fc.property(bytes, (one) => {
      expect(new Uint8Array(bytesOf(textOf(one)))).toEqual(one);
    }),
    { seed: SEED, numRuns: 2000 },
  );
});

test('what is UTF-8 is read as UTF-8, the mark at its start and characters beyond 16 bits included', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      expect(textOf(Buffer.from(text, 'utf8'))).toBe(text);
      expect(bytesOf(text)).toEqual(Buffer.from(text, 'utf8'));
    }),
    { seed: SEED },
  );
  expect(textOf(Buffer.from('\ufeffName: x'))).toBe('\ufeffName: x');
});

test('what is added to a spec in Latin-1 is UTF-8, and the rest stays as it was', () => {
  const spec = Buffer.from('# Andr\xe9 says caf\xc3\xa9\n', 'latin1');
  const edited = bytesOf(`${textOf(spec)}* Łukasz Ångström\n`);
  expect(edited).toEqual(Buffer.concat([spec, Buffer.from('* Łukasz Ångström\n', 'utf8')]));
});
