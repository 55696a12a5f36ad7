/** Modules and options of mock in native roots, against a repository with streams that createrepo_c has made. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { BuildOrder, Driver } from '../../packages/buildroot/src/index.ts';
import { build, distro, type Machine, nativeForAll, smallGroups } from './machine.ts';

let machine: Machine;
let driver: Driver;
let modular: string;
nativeForAll((made, native) => {
  machine = made;
  driver = native;
});

const run = (command: string, args: string[], cwd: string): string =>
  execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

/** A package of no content, `streamy`, whose version is that of its stream. */
function streamy(dir: string, version: string): void {
  const spec = join(dir, `streamy-${version}.spec`);
  writeFileSync(
    spec,
    `Name: streamy\nVersion: ${version}\nRelease: 1\nSummary: streamy\nLicense: MIT\nBuildArch: noarch\n%description\nstreamy\n%files\n`,
  );
  const folders = [
    `_rpmdir ${dir}`,
    `_dbpath ${dir}/db`,
    '_rpmfilename %{NAME}-%{VERSION}-%{RELEASE}.%{ARCH}.rpm',
  ];
  run('rpmbuild', ['-bb', ...folders.flatMap((one) => ['--define', one]), '--', spec], dir);
}

const stream = (name: string, version: string, requires = '{}'): string => `---
document: modulemd
version: 2
data:
  name: streamy
  stream: "${name}"
  version: 1
  context: aaaa1111
  arch: x86_64
  summary: streamy
  description: streamy
  license: {module: [MIT]}
  dependencies:
  - requires: ${requires}
  artifacts:
    rpms:
    - streamy-0:${version}-1.noarch
...
`;

beforeAll(() => {
  modular = join(machine.dir, 'modular');
  mkdirSync(modular);
  for (const version of ['1', '2', '3']) streamy(modular, version);
  const modules = [stream('old', '1'), stream('new', '2'), stream('el', '3', '{platform: [el9]}')].join('');
  writeFileSync(join(modular, 'modules.yaml'), modules);
  run('createrepo_c', ['-q', '--', modular], machine.dir);
  run(
    'modifyrepo_c',
    ['--mdtype=modules', join(modular, 'modules.yaml'), join(modular, 'repodata')],
    machine.dir,
  );
});

function order(changes: Partial<BuildOrder> = {}): BuildOrder {
  const base = distro('x86_64');
  return machine.order({
    repos: [
      { id: 'base', baseurl: base, priority: 99, revision: base },
      { id: 'modular', baseurl: `file://${modular}`, priority: 50, revision: 'modular' },
    ],
    groups: { srpmBuild: [...smallGroups.srpmBuild, 'streamy'], build: [...smallGroups.build, 'streamy'] },
    ...changes,
  });
}

const streamIn = (installed: string[]): string[] => installed.filter((one) => one.startsWith('streamy-'));
/** What the failure of making a source package says. */
async function refused(wanted: BuildOrder): Promise<unknown> {
  return await build(driver, wanted, 'buildSource', notes()).then(
    () => 'nothing failed',
    (error: unknown) => error,
  );
}
const notes = (): string => machine.sample('notes');

describe('a module', () => {
  test('gives its root the packages of the stream that is enabled, and no other', async () => {
    for (const [name, version] of [
      ['old', '1'],
      ['new', '2'],
    ]) {
      const { installed } = await build(
        driver,
        order({ modules: [`streamy:${name}`] }),
        'buildSource',
        notes(),
      );
      expect(streamIn(installed), name).toEqual([`streamy-${version}-1.noarch`]);
    }
  });

  test('gives nothing where no stream is enabled', async () => {
    expect(await refused(order())).toMatchObject({ code: 'config_failed' });
  });

  test('asks for its platform', async () => {
    const el = { modules: ['streamy:el'] };
    const there = order({ ...el, mock: { module_platform_id: 'platform:el9' } });
    expect(streamIn((await build(driver, there, 'buildSource', notes())).installed)).toEqual([
      'streamy-3-1.noarch',
    ]);
    expect(await refused(order(el))).toMatchObject({ code: 'config_failed' });
  });

  test('that no repository has is told by its name', async () => {
    expect(await refused(order({ modules: ['streamy:never'] }))).toMatchObject({
      code: 'config_failed',
      message: expect.stringContaining('streamy:never'),
    });
  });
});

describe('an option of mock', () => {
  test('is honoured where a native root can: packages beside the group, packages left out, no %check', async () => {
    const enabled = { modules: ['streamy:new'], groups: smallGroups };
    const more = order({ ...enabled, mock: { chroot_additional_packages: ['streamy'] } });
    expect(streamIn((await build(driver, more, 'buildSource', notes())).installed)).toHaveLength(1);
    const less = order({
      ...enabled,
      mock: { chroot_additional_packages: ['streamy'], excludepkgs: ['stream*'] },
    });
    expect(await refused(less)).toMatchObject({ code: 'config_failed' });
    const unchecked = order({ groups: smallGroups, mock: { check: false } });
    const { names } = await build(driver, unchecked, 'buildBinary', machine.sample('bad-check'));
    expect(names).toContain('bad-check-1.0-1.el9.noarch.rpm');
  });

  test('is named in root.log where a native root can not', async () => {
    const wanted = order({ groups: smallGroups, mock: { nosync: true } });
    await build(driver, wanted, 'buildSource', notes());
    expect(machine.log(wanted, 'root.log')).toContain("mock's option nosync is not honoured here");
  });
});
