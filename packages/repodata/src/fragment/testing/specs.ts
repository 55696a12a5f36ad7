/** Specs of packages that say odd things, as bytes: not all of it is UTF-8. */

function spec(name: string, head: string, body = ''): string {
  return `Name: ${name}\nSummary: ${name}\nLicense: MIT\nBuildArch: noarch\n${head}\n%description\n${name}\n${body}`;
}

/** Made by `touch`, so they are empty. */
function withFiles(paths: readonly string[], files: readonly string[]): string {
  const make = paths.map((path) => `install -D /dev/null %{buildroot}'${path.replaceAll("'", "'\\''")}'`);
  return `%install\n${make.join('\n')}\n%files\n${files.join('\n')}\n`;
}

const evr = 'Version: 1\nRelease: 1';

const asks = spec(
  'asks',
  `${evr}
Requires: plain, versioned >= 1:2.0-1, newer > 3, older < 4-5, at-most <= 0:6, (one or (two and three >= 4))
Requires: twice, twice, twice >= 1, twice, twice >= 1
Requires(pre): early, both
Requires: both
Requires(post): later = 5
Requires(preun,postun): leaving
Requires(pretrans): before-all
Requires(posttrans): after-all
Requires(verify): checked
Requires(meta): meta-only
Requires: /bin/sh, /etc/asks.conf, /usr/share/asks, /usr/sbin/asks, asks = 1-1, virtual = 7, virtual >= 7, virtual
Requires: libc.so.6()(64bit), libc.so.6(GLIBC_2.9)(64bit), libc.so.6(GLIBC_2.34)(64bit), libc.so.6(GLIBC_2.4)(64bit)
Requires: libc.so.6(GLIBC_PRIVATE)(64bit), rtld(GNU_HASH), x"quoted"<y>, a&b, c'd
Requires: pkgconfig(x) >= 1.0~rc1^git2, perl(A::B) >= 1:2, caret = 1^2-3~4
Provides: virtual = 7, virtual, virtual(x) = 1:2-3, libx.so.1()(64bit), /usr/bin/also
Conflicts: rival < 3, rival < 3, rival
Obsoletes: ancient <= 9, older
Recommends: (langpack if lang), good >= 1, good >= 1
Suggests: nice, (a and b)
Supplements: (driver unless other), thing = 1
Enhances: bigger > 1, (x or y)`,
  `%pre\ntrue\n%post -p /usr/bin/lua\n%preun\ntrue\n%posttrans\ntrue\n%triggerin -- other\ntrue\n${withFiles(['/etc/asks.conf', '/usr/share/asks', '/usr/sbin/asks'], ['/etc/asks.conf', '/usr/share/asks', '/usr/sbin/asks'])}`,
);

const has = spec(
  'has',
  evr,
  `${withFiles(
    [
      '/etc/has/deep/a',
      '/opt/x/bin/tool',
      '/opt/cabin/x',
      '/opt/bin',
      '/usr/lib/sendmail',
      '/usr/lib/sendmail.d',
      '/usr/libexec/bin/in bin',
      '/usr/share/a b&<c>"d\'e\u00e9\u{1f600}',
      '/usr/share/x/real',
      '/var/log/has.log',
      '/var/lib/ghosts/one',
      '/usr/share/doc/has/README',
      '/usr/share/has/COPYING',
    ],
    [
      '%dir /etc/has',
      '/etc/has/deep',
      '%config(noreplace) /etc/has/deep/a',
      '/opt/x/bin/tool',
      '/opt/cabin/x',
      '/opt/bin',
      '/usr/lib/sendmail',
      '/usr/lib/sendmail.d',
      '"/usr/libexec/bin/in bin"',
      '/usr/share/a*',
      '/usr/share/x',
      '/usr/sbin/link',
      '%ghost /var/log/has.log',
      '%ghost %dir /var/lib/ghosts',
      '%ghost %config /var/lib/ghosts/one',
      '%doc /usr/share/doc/has/README',
      '%license /usr/share/has/COPYING',
    ],
  ).replace(
    '%files',
    `ln %{buildroot}/usr/share/x/real %{buildroot}/usr/share/x/hard
ln -s real %{buildroot}/usr/share/x/soft
mkdir -p %{buildroot}/usr/sbin
ln -s /usr/share/x %{buildroot}/usr/sbin/link
%files`,
  )}`,
);

const says = `Name: says
Epoch: 2
Version: 1.0~rc1^git5
Release: 3.el9~1^2
Summary: Caf\xe9 \xabquoted\xbb \x80 in Latin-1
License: MIT and "quoted" <x> & 'y'
Group: Development/Tools
URL: https://example.org/?a=1&b=<2>
Vendor: \xc3\xbcnicode <vendor@example.org>
Packager: Jane "J" Roe <jane@example.org>
BuildArch: noarch
Source0: a.txt
NoSource: 0
BuildRequires: maker >= 4, (gcc or clang)
%description
Several\ttabs
  lines, na\xefve.  "q" 'a' <b> & ]]>

   the end.  ${'  '}
%package sub
Summary: UTF-8: na\xc3\xafve \xf0\x9f\x98\x80
Group: Other
Requires: %{name} = %{epoch}:%{version}-%{release}
%description sub
%package -n other-name
Epoch: 0
Version: 7
Summary: s
URL: /local/path
%description -n other-name
one line
%files
%files sub
%files -n other-name
%changelog
* Tue Mar 03 2026 Jos\xe9 <jose@example.org> - 1.0-3
- Sm\xf8rrebr\xf8d \xab
* Tue Mar 03 2026 Jos\xc3\xa9 "Q" <jose@example.org>    ${' '}
- two of a day <>&'"
  and a second line
* Tue Mar 03 2026 x
- three of a day
* Mon Mar 02 2026 Jane <jane@example.org> - 1.0-2
- plain
`;

const day = (number: number) => new Date(Date.UTC(2026, 0, 40 - number)).toUTCString();
/** More than the limit, most days with several. */
const changes = Array.from({ length: 25 }, (_, at) => {
  const [, date = '', month = '', year = ''] =
    /, (\d+) (\w+) (\d+)/.exec(day(Math.floor(at / 3) + (at % 2 === 0 ? 0 : 0))) ?? [];
  const week = day(Math.floor(at / 3)).slice(0, 3);
  return `* ${week} ${month} ${date} ${year} Packager ${at} <p@example.org> - ${25 - at}\n- change ${at}`;
});
const changed = spec('changed', evr, `%files\n%changelog\n${changes.join('\n')}\n`);

const bare = spec('bare', `${evr}\nAutoReqProv: no`, '%files\n');
const zero = spec('zero', 'Epoch: 0\nVersion: 0\nRelease: 0', '%files\n');

export const oddSpecs: Readonly<Record<string, Buffer>> = {
  asks: Buffer.from(asks),
  has: Buffer.from(has),
  // One character a byte.
  says: Buffer.from(says, 'latin1'),
  changed: Buffer.from(changed),
  bare: Buffer.from(bare),
  zero: Buffer.from(zero),
};
