/** Source packages that a bench makes for itself, and handing them to a hub. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Build, BuildOptions, Client } from '@moromi/contract';

export interface PackageFile {
  name: string;
  path: string;
  bytes: Buffer<ArrayBuffer>;
  sha256: string;
}

/** @param spec all of the spec but its name, version, release, summary and license */
export async function makeSource(
  dir: string,
  name: string,
  spec: string,
  files: Record<string, string> = {},
): Promise<PackageFile> {
  const folder = join(dir, name);
  await mkdir(folder, { recursive: true });
  const head = `Name: ${name}\nVersion: 1.0\nRelease: 1%{?dist}\nSummary: bench\nLicense: MIT\n`;
  await writeFile(join(folder, `${name}.spec`), `${head}${spec}`);
  for (const [file, text] of Object.entries(files)) await writeFile(join(folder, file), text);
  rpmbuild('-bs', folder, name);
  return await read(folder, '.src.rpm');
}

/** A noarch package without files, and the source package that it comes from. */
export async function makeEmpty(
  dir: string,
  name: string,
): Promise<{ source: PackageFile; rpm: PackageFile }> {
  const source = await makeSource(dir, name, 'BuildArch: noarch\n%description\nbench\n%files\n');
  rpmbuild('-bb', join(dir, name), name);
  return { source, rpm: await read(join(dir, name), '.noarch.rpm') };
}

function rpmbuild(what: '-bs' | '-bb', folder: string, name: string): void {
  const macros = [
    `_sourcedir ${folder}`,
    `_srcrpmdir ${folder}`,
    `_rpmdir ${folder}`,
    '_build_name_fmt %%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm',
    'dist %{nil}',
    `_topdir ${folder}/top`,
  ].flatMap((macro) => ['--define', macro]);
  const done = spawnSync('rpmbuild', [what, '--nodeps', ...macros, '--', join(folder, `${name}.spec`)], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  if (done.status !== 0) throw new Error(`rpmbuild ${what} ${name}: ${done.stderr}`);
}

async function read(folder: string, end: string): Promise<PackageFile> {
  const name = (await readdir(folder)).find((one) => one.endsWith(end));
  if (name === undefined) throw new Error(`rpmbuild made no ${end} in ${folder}`);
  const path = join(folder, name);
  const bytes = (await readFile(path)) as Buffer<ArrayBuffer>;
  return { name, path, bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
}

/** Submits what is uploaded. */
export async function submit(client: Client, source: PackageFile, options: BuildOptions): Promise<Build> {
  return await client.call('createBuild', {
    body: { target: 'bench', source: { name: source.name, sha256: source.sha256 }, options },
  });
}

/** Hands in a file as the command line does; one part is enough for these. */
export async function upload(client: Client, source: PackageFile): Promise<void> {
  const started = await client.call('createUpload', {
    body: { name: source.name, size: source.bytes.length, sha256: source.sha256 },
  });
  if (started.complete) return;
  await client.call('putPart', {
    params: { upload: started.id, part: 0 },
    query: { sha256: source.sha256 },
    body: source.bytes,
  });
  await client.call('completeUpload', { params: { upload: started.id } });
}

/** A small C program with debuginfo: what `build-overhead` builds. */
export function smallProgram(name: string): { spec: string; files: Record<string, string> } {
  return {
    spec: `Source0: hello.c
BuildRequires: gcc, make
%description
bench
%prep
%setup -q -c -T
cp %{SOURCE0} .
%build
gcc -g -O2 -o ${name} hello.c
%install
install -D -m755 ${name} %{buildroot}%{_bindir}/${name}
%files
%{_bindir}/${name}
`,
    files: { 'hello.c': `#include <stdio.h>\nint main(void){puts("${name}");return 0;}\n` },
  };
}
