import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NameGuess } from './name-guess.ts';

const names = ['zlib', 'kf5-kcoreaddons', 'KF5Foo', 'SDL2', 'sdl2', 'foo', 'foo-tools', 'foo-devel-kit'];
const guess = new NameGuess(names);

test.each<[string, string | undefined]>([
  ['zlib', 'zlib'],
  ['zlib-devel', 'zlib'],
  ['zlib-devel(x86-64)', 'zlib'],
  ['zlib(aarch-64)', 'zlib'],
  ['zlib-devel-static', 'zlib'],
  ['zlib-libs-docs', 'zlib'],
  ['zlib-srpm-macros', 'zlib'],
  ['pkgconfig(zlib)', 'zlib'],
  ['pkgconfig(SDL2)', 'SDL2'],
  // Two names differ in case alone.
  ['cmake(Sdl2)', undefined],
  ['cmake(kf5foo)', 'KF5Foo'],
  ['cmake(KF5CoreAddons)', undefined],
  // The longest name that fits has it.
  ['foo-tools-devel', 'foo-tools'],
  ['foo-devel-kit', 'foo-devel-kit'],
  ['foo-devel', 'foo'],
  ['foo-extras', undefined],
  ['zlibdevel', undefined],
  ['-devel', undefined],
  ['Zlib', undefined],
  ['perl(zlib)', undefined],
  ['pkgconfig(zlib-devel)', undefined],
  ['/usr/bin/zlib', undefined],
  ['pkgconfig()', undefined],
  ['', undefined],
])('%s is of %s', (capability, name) => {
  expect(guess.guess(capability)).toBe(name === undefined ? undefined : names.indexOf(name));
});

test('a part of a package is its, however many ends its name has', () => {
  const end = fc.constantFrom('-devel', '-libs', '-static', '-utils', '-common', '-headers', '-doc');
  fc.assert(
    fc.property(fc.nat(3), fc.array(end, { maxLength: 4 }), (place, ends) => {
      const found = new NameGuess(['aa', 'bb-kit', 'cc+', 'dd.2']).guess(
        `${['aa', 'bb-kit', 'cc+', 'dd.2'][place]}${ends.join('')}`,
      );
      expect(found).toBe(place);
    }),
    { seed: 20261121 },
  );
});
