/** A repository for the tests of plans, made by rpmbuild and createrepo_c: several sources with several packages each. */
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** By source: its packages, each with what it provides besides its name: capabilities, and paths of empty files. */
export type Sources = Record<string, Record<string, string[]>>;

/** @param version of every source; returns the folder of the repository */
export async function makeRepository(dir: string, sources: Sources, version = '1'): Promise<string> {
  const repo = join(dir, 'repo');
  await mkdir(repo, { recursive: true });
  const specs = await Promise.all(
    Object.entries(sources).map(async ([source, packages]) => {
      const path = join(dir, `${source}.spec`);
      await writeFile(path, specOf(source, version, packages));
      return path;
    }),
  );
  const macros = {
    ...{ _topdir: dir, _rpmdir: repo, _build_id_links: 'none', _binary_payload: 'w0.gzdio' },
    ...{ __os_install_post: '%{nil}', debug_package: '%{nil}' },
  };
  const defines = Object.entries(macros).flatMap(([macro, value]) => ['--define', `${macro} ${value}`]);
  await execute('rpmbuild', ['-bb', '--quiet', ...defines, '--', ...specs], { timeout: 60_000 });
  await execute('createrepo_c', ['--quiet', '--no-database', '--', repo], { timeout: 60_000 });
  return repo;
}

function specOf(source: string, version: string, packages: Record<string, string[]>): string {
  const isPath = (one: string) => one.startsWith('/');
  const files = Object.values(packages).flat().filter(isPath);
  const { [source]: own, ...parts } = packages;
  const provides = (list: string[]) => list.filter((one) => !isPath(one)).map((one) => `Provides: ${one}`);
  return [
    `Name: ${source}\nVersion: ${version}\nRelease: 1\nSummary: s\nLicense: MIT\nBuildArch: noarch`,
    ...['AutoReqProv: no', ...provides(own ?? []), '%description\nd'],
    ...Object.entries(parts).flatMap(([name, list]) => [
      `%package -n ${name}\nSummary: s\nAutoReqProv: no`,
      ...provides(list),
      `%description -n ${name}\nd\n%files -n ${name}`,
      ...list.filter(isPath),
    ]),
    ...(own === undefined ? [] : ['%files', ...own.filter(isPath)]),
    '%install',
    ...files.map((path) => `install -D /dev/null "%{buildroot}${path}"`),
  ].join('\n');
}
