/**
 * Source packages that the buildroot's tests build, made from spec text by this machine's rpmbuild.
 *
 * Each shows one way in which a build goes well or wrong; the name says which.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

function head(name: string, lines: string): string {
  return `Name: ${name}\nVersion: 1.0\nRelease: 1%{?dist}\nSummary: ${name}\nLicense: MIT\n${lines}\n%description\n${name}\n`;
}

const noarch = (name: string, body: string, lines = ''): string =>
  `${head(name, `BuildArch: noarch\n${lines}`)}${body}`;

const specs: Record<string, string> = {
  'hello-c': `${head('hello-c', 'BuildRequires: gcc, make, zlib-devel, pkgconfig(zlib)')}
%prep
%setup -q -c -T
cat >hello.c <<EOF
#include <stdio.h>
#include <zlib.h>
int main(void) { printf("hello %s\\n", zlibVersion()); return 0; }
EOF
%build
gcc -g -O2 -o hello hello.c -lz
%install
install -D -m755 hello %{buildroot}%{_bindir}/hello-c
%check
./hello | grep -q '^hello 1'
%files
%{_bindir}/hello-c
`,
  'plain-c': `${head('plain-c', 'BuildRequires: gcc')}
%prep
%setup -q -c -T
cat >plain.c <<EOF
#include <stdio.h>
int main(void) { printf("%%d\\n", (int)sizeof(void *)); return 0; }
EOF
%build
gcc -g -O2 -o plain plain.c
%install
install -D -m755 plain %{buildroot}%{_bindir}/plain-c
%check
uname -m
./plain
%files
%{_bindir}/plain-c
`,
  notes: noarch(
    'notes',
    '%build\n%install\nmkdir -p %{buildroot}/usr/share/notes; echo n > %{buildroot}/usr/share/notes/n.txt\n%files\n/usr/share/notes\n',
  ),
  logged: noarch(
    'logged',
    '%build\n%install\n%files\n%changelog\n* Mon Jan 06 2025 Jürgen Nobody <nobody@example.org> - 1.0-1\n- first\n',
  ),
  // As a kernel's: for `noarch` there is its documentation alone, for an architecture everything else.
  'like-kernel': `%define debug_package %{nil}
${head('like-kernel', 'ExclusiveArch: noarch x86_64\n%ifarch noarch\nBuildRequires: grep\n%endif')}
%package doc
Summary: doc
BuildArch: noarch
%description doc
doc
%build
echo "built for %{_target_cpu}"
%install
mkdir -p %{buildroot}/usr/share/like-kernel
echo x > %{buildroot}/usr/share/like-kernel/x
%ifarch noarch
%files doc
/usr/share/like-kernel
%else
%files
/usr/share/like-kernel
%endif
`,
  'bad-prep': noarch('bad-prep', '%prep\nfalse\n%build\n%install\n%files\n'),
  'bad-build': noarch(
    'bad-build',
    "%build\necho about to fail; echo 'on stderr' >&2; exit 3\n%install\n%files\n",
  ),
  'bad-install': noarch('bad-install', '%build\n%install\nexit 7\n%files\n'),
  'bad-check': noarch('bad-check', '%build\n%install\n%check\nfalse\n%files\n'),
  'bad-files': noarch(
    'bad-files',
    '%build\n%install\nmkdir -p %{buildroot}/usr/share; echo x > %{buildroot}/usr/share/x\n%files\n',
  ),
  'lost-files': noarch('lost-files', '%build\n%install\n%files\n/usr/share/never-installed\n'),
  'bad-generate': noarch('bad-generate', '%generate_buildrequires\nexit 4\n%build\n%install\n%files\n'),
  'bad-spec': noarch(
    'bad-spec',
    '%if "%{?dist}" == ".el9"\n%{error:not for this target}\n%endif\n%build\n%install\n%files\n',
  ),
  'need-missing': noarch(
    'need-missing',
    '%build\n%install\n%files\n',
    'BuildRequires: no-such-package-devel >= 9',
  ),
  'need-clash': noarch('need-clash', '%build\n%install\n%files\n', 'BuildRequires: bash = 0.1'),
  'other-arch': `${head('other-arch', 'ExclusiveArch: s390x')}%build\n%install\n%files\n`,
  'not-here': `${head('not-here', 'ExcludeArch: x86_64')}%build\n%install\n%files\n`,
  'dyn-br': noarch(
    'dyn-br',
    "%generate_buildrequires\necho 'pkgconfig(zlib)'\n%build\npkg-config --modversion zlib\n%install\n%files\n",
    'BuildRequires: pkgconf',
  ),
  'dyn-two': noarch(
    'dyn-two',
    "%generate_buildrequires\necho pkgconf\nif command -v pkg-config >/dev/null; then echo 'pkgconfig(zlib)'; fi\n%build\npkg-config --modversion zlib\n%install\n%files\n",
  ),
  'dyn-missing': noarch(
    'dyn-missing',
    '%generate_buildrequires\necho no-such-thing\n%build\n%install\n%files\n',
  ),
  'cond-macro': noarch(
    'cond-macro',
    '%build\n%install\n%if %{with extra}\nmkdir -p %{buildroot}/usr/share; echo x > %{buildroot}/usr/share/extra\n%endif\n%files\n%if %{with extra}\n/usr/share/extra\n%endif\n',
    '%bcond_with extra',
  ),
  'wants-net': noarch(
    'wants-net',
    "%build\nsed -n 's/^ *\\([^:]*\\):.*/interface \\1/p' /proc/net/dev\n(exec 3<>/dev/tcp/127.0.0.1/%{port}) 2>/dev/null && echo reached || echo refused\n%install\n%files\n",
  ),
  whoami: noarch(
    'whoami',
    `%build
echo "user $(id -un) $(id -u) $(id -gn) $(id -g)"
echo "home $HOME pwd $(pwd) lang $LANG host $(uname -n) machine $(uname -m)"
grep -E '^(Cap|NoNewPrivs)' /proc/self/status || :
echo "tmp $(stat -c %%a /tmp) shm $(stat -c %%a /dev/shm)"
ls /proc/self/fd | tr '\\n' ' '
echo
for name in null zero full random urandom; do test -c /dev/$name; done
rpm -qa | grep -c .
%install
%files
`,
  ),
  'big-log': noarch(
    'big-log',
    '%build\nfor i in $(seq 1 200000); do echo line $i of a big build log; done\n%install\n%files\n',
  ),
  'bin-log': noarch(
    'bin-log',
    "%build\nprintf 'bytes \\377\\376 \\033[31mred\\033[0m\\r\\n'; head -c 300000 /dev/zero | tr '\\0' 'x'; echo\n%install\n%files\n",
  ),
  // `marker` is a macro of the order, so that a test finds just its own process.
  slow: noarch(
    'slow',
    '%build\n(setsid sleep %{marker} &)\necho ticking\nsleep %{marker}\n%install\n%files\n',
  ),
  hungry: noarch(
    'hungry',
    '%build\nperl -e \'my $x = "x" x 500_000_000; print length $x\'\n%install\n%files\n',
  ),
  // 300 MiB of memory for a second and a half, and 200 MiB of disk until the end.
  takes: noarch(
    'takes',
    '%build\nhead -c 200M /dev/zero >kept\n(head -c 300M /dev/zero; sleep 1.5) | tail -c 300M >/dev/null\n%install\n%files\n',
  ),
  'fills-disk': noarch('fills-disk', '%build\ndd if=/dev/zero of=big bs=1M count=4000\n%install\n%files\n'),
  'sneaky-links': noarch(
    'sneaky-links',
    '%build\nln -s /etc/passwd %{_topdir}/RPMS/stolen.rpm\nln -s /etc/shadow %{_topdir}/SRPMS/stolen.src.rpm\n%install\n%files\n',
  ),
};

/** Writes the named samples (or all) below `dir`; returns where each is. */
export function makeSamples(dir: string, names: string[] = Object.keys(specs)): Map<string, string> {
  const made = new Map<string, string>();
  for (const name of names) {
    const own = join(dir, name);
    mkdirSync(own, { recursive: true });
    const spec = join(own, `${name}.spec`);
    writeFileSync(spec, specs[name] ?? '');
    const target = name === 'other-arch' ? ['--target', 's390x'] : [];
    // The samples carry another distribution's %dist, as a package that comes from elsewhere does.
    const folders = [`_sourcedir ${own}`, `_srcrpmdir ${own}`, `_dbpath ${own}/db`];
    const args = [...folders, 'dist .fc99', 'marker 1', 'port 1'].flatMap((define) => ['--define', define]);
    execFileSync('rpmbuild', ['-bs', '--nodeps', ...target, ...args, spec], { stdio: 'pipe' });
    const file = readdirSync(own).find((entry) => entry.endsWith('.src.rpm'));
    if (!file) throw new Error(`rpmbuild wrote no source package for ${name}`);
    made.set(name, join(own, file));
  }
  return made;
}
