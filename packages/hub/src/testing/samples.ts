/** Small real packages, made by rpmbuild. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface Sample {
  name: string;
  sha256: string;
  bytes: Buffer;
}

export interface Built {
  srpm: Sample;
  /** Binary packages by the architecture that they were built on. */
  rpms: Map<string, Sample[]>;
}

export interface Recipe {
  name: string;
  version?: string;
  release?: string;
  arches?: readonly string[];
  /** Lines of the preamble, such as `BuildArch: noarch`. */
  preamble?: readonly string[];
  subpackages?: readonly string[];
  /** The text of the one file that the package has. */
  payload?: string;
  /** Noarch subpackages, each with lines of its own preamble. */
  noarch?: Readonly<Record<string, readonly string[]>>;
}

export function sampleOf(name: string, bytes: Buffer): Sample {
  return { name, bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
}

/** Builds a package on each architecture, without compiling, so that any machine can. @param folder to work in */
export async function rpmbuild(folder: string, recipe: Recipe): Promise<Built> {
  const { name, version = '1', release = '1', arches = ['x86_64'], preamble = [], subpackages = [] } = recipe;
  const top = join(folder, `${name}-${version}-${release}`);
  await mkdir(top, { recursive: true });
  const spec = [
    `Name: ${name}`,
    `Version: ${version}`,
    `Release: ${release}`,
    'Summary: sample',
    'License: MIT',
    ...preamble,
    '%description',
    'sample',
    ...(recipe.payload === undefined
      ? ['%files']
      : [
          '%install',
          `install -D -m644 ${top}/payload %{buildroot}/usr/share/${name}`,
          '%files',
          `/usr/share/${name}`,
        ]),
    ...subpackages.flatMap((one) => [
      `%package ${one}`,
      'Summary: sub',
      `%description ${one}`,
      'sub',
      `%files ${one}`,
    ]),
    ...Object.entries(recipe.noarch ?? {}).flatMap(([one, lines]) => [
      ...[`%package ${one}`, 'Summary: sub', 'BuildArch: noarch', ...lines],
      ...[`%description ${one}`, 'sub', `%files ${one}`],
    ]),
    '',
  ].join('\n');
  const file = join(top, `${name}.spec`);
  await writeFile(file, spec);
  if (recipe.payload !== undefined) await writeFile(join(top, 'payload'), recipe.payload);
  const built: Built = { srpm: sampleOf('', Buffer.alloc(0)), rpms: new Map() };
  for (const [index, arch] of arches.entries()) {
    const out = join(top, arch);
    const defines = ['_topdir', '_rpmdir', '_srcrpmdir'].flatMap((macro) => ['--define', `${macro} ${out}`]);
    const options = [...defines, '--define', '_build_name_fmt %%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm'];
    await run(
      'rpmbuild',
      [
        index === 0 ? '-ba' : '-bb',
        '--nodeps',
        '--target',
        arch,
        '--define',
        'debug_package %{nil}',
        ...options,
        file,
      ],
      { timeout: 60_000, env: { PATH: process.env['PATH'], HOME: top, LC_ALL: 'C.UTF-8' } },
    );
    const made = [];
    for (const found of (await readdir(out)).toSorted()) {
      if (!found.endsWith('.rpm')) continue;
      const sample = sampleOf(found, await readFile(join(out, found)));
      if (found.endsWith('.src.rpm')) built.srpm = sample;
      else made.push(sample);
    }
    built.rpms.set(arch, made);
  }
  return built;
}
