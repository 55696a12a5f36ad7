/** Real packages for tests, made by rpmbuild: small, noarch, with what metadata finds hard to say. */
import { execFile } from 'node:child_process';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

export interface Made {
  name: string;
  version: string;
  path: string;
  fileName: string;
}

/** Builds one package for each `name-version`; returns them in that order. */
export async function makePackages(dir: string, nvs: [name: string, version: string][]): Promise<Made[]> {
  await mkdir(dir, { recursive: true });
  return await Promise.all(
    nvs.map(async ([name, version], at) => {
      const top = join(dir, `top-${at}`);
      await mkdir(top, { recursive: true });
      const spec = join(top, `${name}.spec`);
      await writeFile(spec, specOf(name, version));
      const macros = Object.entries({ _topdir: top, _rpmdir: top, _build_id_links: 'none', dist: '.t1' });
      const defines = macros.flatMap(([macro, value]) => ['--define', `${macro} ${value}`]);
      await execute('rpmbuild', ['-bb', ...defines, spec], { timeout: 60_000 });
      const [fileName = ''] = (await readdir(join(top, 'noarch'))).filter((file) => file.endsWith('.rpm'));
      return { name, version, path: join(top, 'noarch', fileName), fileName };
    }),
  );
}

function specOf(name: string, version: string): string {
  return `Name: ${name}
Epoch: ${name.length}
Version: ${version}
Release: 1%{?dist}
Summary: A "summary" with <tags> & an ampersand, ünïcode too
License: MIT
BuildArch: noarch
Provides: virtual(${name}) = 3
Requires: (bash or zsh)
Recommends: /usr/bin/nice
%description
Text with ]]> and &amp; and
more than one line.
%install
mkdir -p %{buildroot}/usr/share/${name}
echo ${version} > "%{buildroot}/usr/share/${name}/a file"
%files
/usr/share/${name}
%changelog
* Sat Nov 21 2026 A Packager <a@example.org> - ${version}-1
- <made> & "quoted"
`;
}

export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}
