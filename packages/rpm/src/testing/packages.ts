/** Real packages for the tests, made by the machine's rpmbuild and signed by its gpg, in a folder of their own. */

import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './rpm.ts';

/** Everything that a header can say: weak and rich dependencies, scriptlets, links, subpackages, a Latin-1 changelog. */
const RICH = `Name: wealthy
Epoch: 2
Version: 1.0~rc1^git5
Release: 3.el9
Summary: Caf\xe9 in Latin-1
License: MIT and "quoted"
Group: Development/Tools
URL: https://example.org/?a=1&b=2
Vendor: Example <vendor@example.org>
Packager: Jane Roe <jane@example.org>
Source0: a.txt
Requires: plain, versioned >= 1:2.0-1, (one or (two and three >= 4)), /bin/sh
Requires(pre): early
Requires(post): later = 5
Provides: virtual = 7, libx.so.1()(64bit)
Conflicts: rival < 3
Obsoletes: ancient <= 9
Recommends: (langpack if lang)
Suggests: nice
Supplements: (driver unless other)
Enhances: bigger > 1
BuildRequires: maker >= 4
ExclusiveArch: %{_target_cpu} i686
ExcludeArch: s390
%description
Several
lines, na\xefve.
%package -n sub
Summary: UTF-8: na\xc3\xafve
BuildArch: noarch
%description -n sub
Nothing but a ghost.
%prep
%build
%install
mkdir -p %{buildroot}/opt/w/empty %{buildroot}/etc
echo hello > %{buildroot}/opt/w/file
echo conf > %{buildroot}/etc/w.conf
ln -s file %{buildroot}/opt/w/link
ln %{buildroot}/opt/w/file %{buildroot}/opt/w/hard
touch %{buildroot}/opt/w/ghost
%pre
true
%post
true
%postun
true
%files
%dir /opt/w
/opt/w/empty
%attr(4755, root, daemon) /opt/w/file
/opt/w/hard
/opt/w/link
%config(noreplace) /etc/w.conf
%files -n sub
%ghost /opt/w/ghost
%changelog
* Tue Mar 03 2026 Jos\xe9 <jose@example.org> - 1.0-3
- Sm\xf8rrebr\xf8d
* Mon Mar 02 2026 Jane <jane@example.org> - 1.0-2
- plain
`;

const SMALL = `Name: small
Version: 1
Release: 1
Summary: small
License: MIT
BuildArch: noarch
Source0: a.txt
NoSource: 0
%description
small
%install
mkdir -p %{buildroot}/opt/s
for i in $(seq 60); do echo $i > %{buildroot}/opt/s/$i; done
%files
/opt/s
`;

/** Payload modes of rpmbuild. */
const MODES = ['w9.gzdio', 'w9.xzdio', 'w3.zstdio', 'w9.bzdio'] as const;

export interface Packages extends AsyncDisposable {
  readonly folder: string;
  /** All packages, sorted: for each payload compressor a source package, the package \`small\` and two of \`wealthy\`. */
  readonly files: readonly string[];
  /** A copy of one package, signed; and the fingerprint of its key, in lower case. */
  readonly signed: string;
  readonly fingerprint: string;
}

export async function buildPackages(): Promise<Packages> {
  const folder = await mkdtemp(join(tmpdir(), 'moromi-rpm-'));
  const [signed] = await Promise.all([signing(folder), ...MODES.map((mode) => build(folder, mode))]);
  const key = await signed(join(folder, 'w3.zstdio'));
  const files = await Promise.all(MODES.map((mode) => list(join(folder, mode))));
  return {
    folder,
    files: files.flat().sort(),
    ...key,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

async function list(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true });
  return names.filter((name) => name.endsWith('.rpm')).map((name) => join(folder, name));
}

async function build(folder: string, mode: string): Promise<void> {
  const top = join(folder, mode);
  await mkdir(top);
  await writeFile(join(top, 'a.txt'), 'source\n');
  const specs = [join(top, 'wealthy.spec'), join(top, 'small.spec')];
  await writeFile(join(top, 'wealthy.spec'), Buffer.from(RICH, 'latin1'));
  await writeFile(join(top, 'small.spec'), SMALL);
  const defines = {
    _topdir: top,
    _sourcedir: top,
    _builddir: top,
    _rpmdir: top,
    _srcrpmdir: top,
    _dbpath: join(top, 'db'),
    _binary_payload: mode,
    _source_payload: mode,
    _invalid_encoding_terminates_build: '0',
    debug_package: '%{nil}',
    __os_install_post: '%{nil}',
  };
  const options = Object.entries(defines).flatMap(([name, value]) => ['--define', `${name} ${value}`]);
  await run('rpmbuild', ['-ba', '--nodeps', '--quiet', ...options, '--', ...specs]);
}

/** Starts making a key; gives what signs a copy of the first binary package in a folder. */
async function signing(
  folder: string,
): Promise<(from: string) => Promise<{ signed: string; fingerprint: string }>> {
  const home = join(folder, 'gpg');
  await mkdir(home, { mode: 0o700 });
  const batch = ['--batch', '--homedir', home, '--pinentry-mode', 'loopback', '--passphrase', ''];
  await run('gpg', [...batch, '--quick-generate-key', 'Test <test@example.org>', 'rsa2048', 'sign', 'never']);
  const keys = await run('gpg', [...batch, '--with-colons', '--list-keys']);
  const fingerprint = /^fpr:+([0-9A-F]{40}):/m.exec(keys)?.[1] ?? '';
  return async (from) => {
    const signed = join(folder, 'signed.rpm');
    const [original = ''] = (await list(from)).filter(
      (name) => name.includes('small') && name.includes('noarch'),
    );
    await run('cp', ['--', original, signed]);
    const defines = [
      '--define',
      '__gpg /usr/bin/gpg',
      '--define',
      `_gpg_path ${home}`,
      '--define',
      '_gpg_digest_algo sha256',
    ];
    await run('rpmsign', ['--addsign', `--key-id=${fingerprint}`, ...defines, signed], { GNUPGHOME: home });
    await run('gpgconf', ['--homedir', home, '--kill', 'gpg-agent']);
    return { signed, fingerprint: fingerprint.toLowerCase() };
  };
}
