/** A repository for tests, made by rpmbuild and createrepo_c, and what dnf's library says of it. */
import { execFile } from 'node:child_process';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);
const bounds = { timeout: 60_000, maxBuffer: 64 * 1024 * 1024 };

export interface Wanted {
  name: string;
  /** [epoch:]version-release */
  evr: string;
  /** As in a spec: `name`, or `name = 1:2-3`. */
  provides?: string[];
  requires?: string[];
  /** Absolute paths of empty files. */
  files?: string[];
}

/** Builds the packages, all noarch, into a repository; returns the path of its primary metadata. */
export async function makeRepository(dir: string, packages: readonly Wanted[]): Promise<string> {
  await mkdir(dir, { recursive: true });
  // Packages of one name cannot come from one spec.
  const rounds: Wanted[][] = [];
  for (const one of packages) {
    const round = rounds.find((taken) => taken.every(({ name }) => name !== one.name));
    if (round === undefined) rounds.push([one]);
    else round.push(one);
  }
  const specs = await Promise.all(
    rounds.map(async (round, at) => {
      const path = join(dir, `round${at}.spec`);
      await writeFile(path, specOf(`round${at}`, round));
      return path;
    }),
  );
  const macros = {
    ...{ _topdir: dir, _rpmdir: join(dir, 'repo'), _build_id_links: 'none', _binary_payload: 'w0.gzdio' },
    ...{ __os_install_post: '%{nil}', debug_package: '%{nil}' },
  };
  const defines = Object.entries(macros).flatMap(([macro, value]) => ['--define', `${macro} ${value}`]);
  await execute('rpmbuild', ['-bb', '--quiet', ...defines, '--', ...specs], bounds);
  await execute('createrepo_c', ['--quiet', '--no-database', '--', join(dir, 'repo')], bounds);
  const [primary = ''] = (await readdir(join(dir, 'repo', 'repodata'))).filter((name) =>
    name.includes('primary'),
  );
  return join(dir, 'repo', 'repodata', primary);
}

function specOf(source: string, packages: readonly Wanted[]): string {
  const files = packages.flatMap((one) => one.files ?? []);
  const made = files.map((path) => `install -D /dev/null "%{buildroot}${path}"`);
  return [
    `Name: ${source}\nVersion: 1\nRelease: 1\nSummary: s\nLicense: MIT\nBuildArch: noarch\n%description\nd\n`,
    ...packages.map(partOf),
    '%install',
    ...made,
  ].join('\n');
}

function partOf({ name, evr, provides = [], requires = [], files = [] }: Wanted): string {
  const [, epoch, version, release] = /^(?:([0-9]+):)?([^-]+)-(.+)$/.exec(evr) ?? [];
  return [
    `%package -n ${name}\nVersion: ${version}\nRelease: ${release}\nSummary: s\nAutoReqProv: no`,
    ...(epoch === undefined ? [] : [`Epoch: ${epoch}`]),
    ...provides.map((provide) => `Provides: ${provide}`),
    ...requires.map((require) => `Requires: ${require}`),
    `%description -n ${name}\nd\n%files -n ${name}`,
    ...files.map((path) => `"${path}"`),
  ].join('\n');
}

/**
 * What libdnf finds for each requirement, through the bindings that dnf itself uses, in one process: of the newest
 * packages those that provide it or have the file; as `name-[epoch:]version-release.arch`, sorted.
 */
export async function askDnf(primary: string, requirements: readonly string[]): Promise<string[][]> {
  const program = `
import hawkey, json, os, sys, warnings
warnings.simplefilter('ignore')
primary, asked = sys.argv[1], json.loads(sys.argv[2])
sack = hawkey.Sack(make_cache_dir=False, cachedir=os.path.dirname(primary))
repo = hawkey.Repo('test')
repo.repomd_fn, repo.primary_fn = os.path.join(os.path.dirname(primary), 'repomd.xml'), primary
sack.load_repo(repo, build_cache=False)
newest = hawkey.Query(sack).filter(latest_per_arch=True)
newest.run()
def found(one):
    packages = {str(p) for p in newest.filter(provides=one)}
    if one.startswith('/'): packages |= {str(p) for p in newest.filter(file=one)}
    return sorted(packages)
print(json.dumps([found(one) for one in asked]))
`;
  const { stdout } = await execute(
    '/usr/bin/python3',
    ['-c', program, primary, JSON.stringify(requirements)],
    bounds,
  );
  return JSON.parse(stdout);
}

export interface Said {
  /** As `askDnf` writes it. */
  name: string;
  sourceRpm: string;
  provides: string[];
  files: string[];
}

/** What rpm says of the packages' files. */
export async function askRpm(primary: string): Promise<Said[]> {
  const folder = join(primary, '..', '..', 'noarch');
  const paths = (await readdir(folder)).map((name) => join(folder, name));
  const format = '%{nevra}\t%{sourcerpm}\t[%{providenevrs}\v]\t[%{filenames}\v]\n';
  const { stdout } = await execute('rpm', ['-qp', '--nosignature', '--qf', format, '--', ...paths], bounds);
  return stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => {
      const [name = '', sourceRpm = '', provides = '', files = ''] = line.split('\t');
      const list = (text: string) => text.split('\v').slice(0, -1);
      return { name: name.replace('-0:', '-'), sourceRpm, provides: list(provides), files: list(files) };
    });
}
