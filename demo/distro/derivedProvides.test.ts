import { describe, expect, test } from 'vitest';
import { providesOfFiles } from './derivedProvides.ts';

describe('what a package provides by its files', () => {
  test('a .pc file is a pkgconfig() of the package version', () => {
    const paths = [
      '/usr/lib/x86_64-linux-gnu/pkgconfig/zlib.pc',
      '/usr/share/pkgconfig/x.pc',
      '/usr/share/zlib.pc',
    ];
    expect(providesOfFiles(paths, '1.2.13', [])).toEqual([
      'pkgconfig(x) = 1.2.13',
      'pkgconfig(zlib) = 1.2.13',
    ]);
  });

  test.each([
    ['/usr/share/perl5/Git/Packet.pm', 'perl(Git::Packet)'],
    ['/usr/share/perl/5.36.0/Test/More.pm', 'perl(Test::More)'],
    ['/usr/lib/x86_64-linux-gnu/perl-base/strict.pm', 'perl(strict)'],
    ['/usr/lib/x86_64-linux-gnu/perl/5.36/Encode.pm', 'perl(Encode)'],
    ['/usr/lib/i386-linux-gnu/perl5/5.36/X/Y.pm', 'perl(X::Y)'],
  ])('%s is a Perl module', (path, provided) => {
    expect(providesOfFiles([path], '1', [])).toEqual([provided]);
  });

  test('a Python distribution is known under both names', () => {
    expect(providesOfFiles(['/usr/lib/python3/dist-packages/Foo_Bar-66.1.1.egg-info'], '1', [])).toEqual([
      'python3.11dist(foo-bar) = 66.1.1',
      'python3dist(foo-bar) = 66.1.1',
    ]);
  });

  test('a program keeps its place before the merge into /usr', () => {
    expect(providesOfFiles([], '1', ['/bin/bash', '/sbin/ldconfig', '/lib/x.so', '/bin'])).toEqual([
      '/bin/bash',
      '/sbin/ldconfig',
    ]);
  });
});
