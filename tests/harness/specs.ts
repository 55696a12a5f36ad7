/** Small specs that a test writes for itself. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface SpecParts {
  version?: string;
  release?: string;
  /** More lines of the head. */
  lines?: string;
  /** From `%prep` on. */
  body?: string;
}

/** Writes a spec. @returns its path */
export function makeSpec(dir: string, name: string, parts: SpecParts = {}): string {
  const { version = '1', release = '1%{?dist}', lines = 'BuildArch: noarch', body = usualBody } = parts;
  const folder = join(dir, 'specs', name);
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${name}.spec`);
  const head = `Name: ${name}\nVersion: ${version}\nRelease: ${release}\nSummary: ${name}\nLicense: MIT\n${lines}\n`;
  writeFileSync(path, `${head}\n%description\n${name}\n\n${body}`);
  return path;
}

/** From `%build` on. */
export const usualBody = `%build

%install
mkdir -p %{buildroot}%{_datadir}/%{name}
echo '%{name}' > %{buildroot}%{_datadir}/%{name}/name

%files
%{_datadir}/%{name}
`;

/** Packs a spec by this machine's rpmbuild. @returns the source package's path */
export function packSpec(spec: string, out: string, macros: Record<string, string> = {}): string {
  mkdirSync(out, { recursive: true });
  const defines = { _srcrpmdir: out, _dbpath: join(out, 'db'), ...macros };
  const args = Object.entries(defines).flatMap(([key, value]) => ['--define', `${key} ${value}`]);
  const done = spawnSync('rpmbuild', ['-bs', '--nodeps', ...args, '--', spec], { encoding: 'utf8' });
  const made = /^Wrote: (.*)$/m.exec(done.stdout)?.[1];
  if (done.status !== 0 || made === undefined)
    throw new Error(`rpmbuild failed: ${done.stdout}${done.stderr}`);
  return made;
}
