import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RpmError } from './errors.ts';
import {
  checkFileName,
  checkNevra,
  formatFileName,
  formatNevra,
  formatNvr,
  type Nevra,
  parseNevra,
  parseNvr,
} from './nevra.ts';

const SEED = 20261121;
const word = (pattern: RegExp) => fc.stringMatching(pattern).filter((text) => !text.includes('..'));
const nevra: fc.Arbitrary<Nevra> = fc.record({
  name: word(/^[A-Za-z0-9_][A-Za-z0-9._+-]{0,12}$/),
  epoch: fc.option(fc.nat({ max: 0xffff_ffff })),
  version: word(/^[A-Za-z0-9._+~^]{1,8}$/),
  release: word(/^[A-Za-z0-9._+~^]{1,8}$/),
  arch: fc.constantFrom('x86_64', 'noarch', 'src', 'nosrc', 'armv7hl', 'i686'),
});

test('what is written is read again, with every name that is allowed', () => {
  fc.assert(
    fc.property(nevra, (value) => {
      expect(parseNevra(formatNevra(value))).toEqual(value);
      expect(checkFileName(formatFileName(value))).toEqual({ ...value, epoch: null });
      expect(checkFileName(formatFileName(value), value)).toEqual(value);
      const { name, version, release } = value;
      expect(parseNvr(formatNvr(value))).toEqual({ name, version, release });
    }),
    { seed: SEED },
  );
});

test('an NVR is split from the right', () => {
  expect(parseNvr('a-b-1.0-2.el9')).toEqual({ name: 'a-b', version: '1.0', release: '2.el9' });
});

test('whatever text is read as a name is one harmless component of a path', () => {
  const hostile = fc.oneof(
    fc.string(),
    fc
      .array(fc.constantFrom('a', '-1', '-2', '.', '..', '/', '\0', '\n', 'x86', ':', '\u202e', '%2f', '\\'))
      .map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(hostile, (text) => {
      let read: Nevra;
      try {
        read = checkFileName(`${text}.rpm`);
      } catch (error) {
        expect(error).toMatchObject({ code: 'bad_nevra' });
        return;
      }
      expect(formatFileName(read)).toBe(`${text}.rpm`);
      expect(text).toMatch(/^[A-Za-z0-9_][A-Za-z0-9._+~^-]*$/);
      expect(text).not.toContain('..');
    }),
    { seed: SEED, numRuns: 2_000 },
  );
});

test.each([
  'a-1-1.x86_64',
  'a-1-1.rpm',
  '../a-1-1.noarch.rpm',
  'x/a-1-1.noarch.rpm',
  'a-1-1..rpm',
  'a..b-1-1.noarch.rpm',
  'a-1..2-1.noarch.rpm',
  '.a-1-1.noarch.rpm',
  '-1-1.noarch.rpm',
  'a--1.noarch.rpm',
  'a-1-1.no-arch.rpm',
  'a-2:1-1.noarch.rpm',
  'a-1-1.noarch.rpm\n',
  'a\0-1-1.noarch.rpm',
  'é-1-1.noarch.rpm',
  `${'a'.repeat(250)}-1-1.noarch.rpm`,
])('%j is refused as a file name', (text) => {
  expect(() => checkFileName(text)).toThrow(RpmError);
});

test('a file must be named as its header says', () => {
  const expected = { name: 'a', epoch: 1, version: '1', release: '1', arch: 'noarch' };
  expect(checkFileName('a-1-1.noarch.rpm', expected)).toBe(expected);
  expect(() => checkFileName('b-1-1.noarch.rpm', expected)).toThrow('its header says "a-1-1.noarch.rpm"');
});

test('an epoch is a whole number of 32 bits', () => {
  const base = { name: 'a', version: '1', release: '1', arch: 'noarch' };
  expect(() => checkNevra({ ...base, epoch: 0xffff_ffff })).not.toThrow();
  for (const epoch of [-1, 1.5, 2 ** 32, Number.NaN])
    expect(() => checkNevra({ ...base, epoch })).toThrow(RpmError);
  expect(() => parseNevra('a-4294967296:1-1.noarch')).toThrow(RpmError);
});
