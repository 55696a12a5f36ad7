import { expect, test } from 'vitest';
import { sonameOf } from './index.ts';

test.each([
  ['libz.so.1()(64bit)', 'libz.so.1()(64bit)'],
  ['libz.so.1(ZLIB_1.2.9)(64bit)', 'libz.so.1()(64bit)'],
  ['libz.so.1', 'libz.so.1'],
  ['libz.so.1(ZLIB_1.2.9)', 'libz.so.1'],
  ['libstdc++.so.6(CXXABI_1.3)(x32)', 'libstdc++.so.6()(x32)'],
  ['libdb-5.3.so()(64bit)', 'libdb-5.3.so()(64bit)'],
  ['libzip', undefined],
  ['lib.sound', undefined],
  ['ld-linux-x86-64.so.2()(64bit)', undefined],
  ['/usr/lib64/libz.so.1', undefined],
  ['libz.so.1()(64bit)(odd)', undefined],
  ['pkgconfig(libz.so)', undefined],
  [`lib${'.so'.repeat(300_000)} `, undefined],
])('of %s the soname is %s', (capability, soname) => {
  expect(sonameOf(capability)).toBe(soname);
});
