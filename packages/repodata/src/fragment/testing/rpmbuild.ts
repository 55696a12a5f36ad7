/** Packages for tests, made by the machine's rpmbuild. */
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** Builds each spec, source package and all, into a folder of its own below `out`; works in `work`. */
export async function buildSpecs(
  work: string,
  out: string,
  specs: Readonly<Record<string, Buffer>>,
): Promise<void> {
  const all = Object.entries(specs);
  await Promise.all(all.map(([name, text]) => build(join(work, name), join(out, name), name, text)));
}

async function build(top: string, out: string, name: string, text: Buffer): Promise<void> {
  await mkdir(top, { recursive: true });
  const path = join(top, `${name}.spec`);
  await writeFile(path, text);
  await writeFile(join(top, 'a.txt'), 'source\n');
  const macros = {
    ...{ _topdir: top, _sourcedir: top, _builddir: top, _rpmdir: out, _srcrpmdir: out },
    ...{ _dbpath: join(top, 'db'), _invalid_encoding_terminates_build: '0', __os_install_post: '%{nil}' },
  };
  const defines = Object.entries(macros).flatMap(([macro, value]) => ['--define', `${macro} ${value}`]);
  await execute('rpmbuild', ['-ba', '--nodeps', '--quiet', ...defines, '--', path], {
    timeout: 60_000,
    maxBuffer: 2 ** 24,
  });
}
