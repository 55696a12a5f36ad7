import { afterEach, beforeEach, expect, test } from 'vitest';
import { packageSettings, packageWords } from './package-settings.ts';
import { FakeHub } from './testing/fake-hub.ts';
import { type Played, play } from './testing/stage.ts';

let hub: FakeHub;

function tag(change: number, macros: Record<string, string>, packages: Record<string, unknown> = {}) {
  const settings = { macros, packages, cpuLevels: {}, externalRepos: [] };
  return { name: 'f1', change, repoFile: 'http://hub/f1.repo', settings };
}

beforeEach(async () => {
  hub = await FakeHub.start();
  hub.on('GET', /^\/tags\/f1$/, () => tag(8, {}));
  hub.on('POST', /^\/tags(\/f1\/edit)?$/, () => tag(9, {}));
});
afterEach(async () => {
  await hub[Symbol.asyncDispose]();
});

async function edit(...args: string[]): Promise<Played> {
  return await play(hub.address, ['edit-tag', 'f1', ...args]);
}

const kernel =
  'kernel* memory=16G,disk=512M,cores=8,weight=2.5,channel=large,arches=noarch+i686,timeout=2d,stuck=6h';
const kernelSettings = {
  memoryMb: 16_384,
  diskMb: 512,
  cores: 8,
  weight: 2.5,
  channel: 'large',
  additionalArches: ['noarch', 'i686'],
  timeoutSeconds: 172_800,
  stuckSeconds: 21_600,
};

test('editing a tag sends what is named and nothing else', async () => {
  const { out } = await edit('--timeout', '2h');
  expect(hub.sent).toEqual([{ settings: { timeoutSeconds: 7200 } }]);
  expect(out).toBe('Edited tag f1 (change 9); `moromi tag-info f1` shows it\n');
  await edit(
    ...['--arch', 'x86_64', '--optional-arch', 's390x,ppc64le', '--tolerate-arch', 'riscv64'],
    ...['--fail-fast', '--cpu-level', 'x86_64=3', '--priority', 'background', '--stuck', '1h'],
    ...['--package', kernel, '--package', 'gcc memory=8G'],
  );
  expect(hub.sent[1]).toEqual({
    settings: {
      arches: ['x86_64'],
      optionalArches: ['s390x', 'ppc64le'],
      toleratedArches: ['riscv64'],
      failFast: true,
      cpuLevels: { x86_64: 3 },
      priority: 30,
      stuckSeconds: 3600,
      packages: { 'kernel*': kernelSettings, gcc: { memoryMb: 8192 } },
    },
  });
  expect(JSON.parse((await edit('--json', '--stuck', '1h')).out)).toMatchObject({ name: 'f1' });
});

test('what is given empty is sent empty, and none takes a priority away', async () => {
  await edit('--package', '', '--macro', '', '--optional-arch', '', '--cpu-level', '');
  await edit('--priority', 'none', '--no-fail-fast');
  expect(hub.sent).toEqual([
    { settings: { packages: {}, macros: {}, optionalArches: [], cpuLevels: {} } },
    { settings: { priority: null, failFast: false } },
  ]);
});

test('what a list says no longer once it is replaced is told', async () => {
  hub.on('GET', /^\/tags\/f1$/, () => tag(8, { dist: '.f1', vendor: 'a' }, { gcc: {} }));
  hub.on('POST', /^\/tags\/f1\/edit$/, () => tag(9, { vendor: 'b' }));
  expect((await edit('--macro', 'vendor b')).out).toContain('It no longer has %dist, settings of gcc\n');
});

test('a new tag takes the same settings', async () => {
  await play(hub.address, ['add-tag', 'f1', '--fail-fast', '--package', 'gcc memory=8G']);
  expect(hub.sent).toEqual([
    { name: 'f1', settings: { failFast: true, packages: { gcc: { memoryMb: 8192 } } } },
  ]);
});

test('words that cannot be understood are refused before anything is sent', async () => {
  const cases: [string[], RegExp][] = [
    [[], /nothing is said that could be changed/],
    [['--package', 'kernel'], /--package wants 'GLOB key=value,…'/],
    [['--package', 'k[e] memory=1G'], /--package wants a name of packages/],
    [['--package', 'kernel ram=16G'], /--package knows channel, memory, .*; not "ram=16G"/],
    [['--package', 'kernel toString=1'], /--package knows/],
    [['--package', 'kernel memory=16'], /memory of --package wants a size such as 512M, 16G/],
    [['--package', 'kernel cores=x'], /cores of --package wants a whole number/],
    [['--package', 'kernel weight=0'], /weight of --package wants a number above 0/],
    [['--cpu-level', 'x86_64=5'], /--cpu-level wants ARCH=N \(1 to 4\)/],
    [['--priority', 'soon'], /--priority wants a whole number from 0 to 100/],
    [['--stuck', '1w'], /--stuck wants a duration/],
    [['--inherit', 'f2'], /unknown option '--inherit'/],
  ];
  for (const [args, message] of cases) {
    const { err, exit } = await edit(...args);
    expect(err).toMatch(message);
    expect(exit).toBe(2);
  }
  expect(hub.asked).toEqual([]);
});

test('settings of one glob add up, and are shown in the form in which they are typed', () => {
  expect(packageSettings(['gcc memory=8G', 'gcc cores=4,memory=9G'])).toEqual({
    gcc: { memoryMb: 9216, cores: 4 },
  });
  const { 'kernel*': settings = {} } = packageSettings([kernel]);
  expect(packageSettings([`kernel* ${packageWords(settings)}`])).toEqual({ 'kernel*': kernelSettings });
  expect(packageWords({ memoryMb: 1536, timeoutSeconds: 90 })).toBe('memory=1536M,timeout=90s');
});

test('modules and options of mock are sent as what they are, for the tag and for packages', async () => {
  await edit(
    ...[
      '--module',
      'nodejs:18,php:8.2',
      '--mock-option',
      'check=no',
      '--mock-option',
      'excludepkgs=bad-*+worse',
    ],
    ...['--package', 'node* module=nodejs:20,mock.check=yes,mock.chroot_additional_packages=strace'],
  );
  expect(hub.sent).toEqual([
    {
      settings: {
        modules: ['nodejs:18', 'php:8.2'],
        mock: { check: false, excludepkgs: ['bad-*', 'worse'] },
        packages: {
          'node*': { modules: ['nodejs:20'], mock: { check: true, chroot_additional_packages: ['strace'] } },
        },
      },
    },
  ]);
});

test('an option of mock that would run something on a builder is refused, with what there is', async () => {
  expect(await edit('--mock-option', 'rpmbuild_command=/bin/sh')).toMatchObject({
    exit: 2,
    err: expect.stringContaining('chroot_additional_packages'),
  });
  expect(hub.sent).toEqual([]);
});

test('groups of packages are sent and shown, both or one of them', async () => {
  await edit(
    '--package',
    'a group=x+y',
    '--package',
    'b group.build=z,module=m:1',
    '--for-arch',
    'i686 group.srpm=w',
  );
  const said = {
    a: { groups: { srpmBuild: ['x', 'y'], build: ['x', 'y'] } },
    b: { groups: { srpmBuild: [], build: ['z'] }, modules: ['m:1'] },
  };
  expect(hub.sent).toEqual([
    { settings: { packages: said, perArch: { i686: { groups: { srpmBuild: ['w'], build: [] } } } } },
  ]);
  expect(packageWords(said.b)).toBe('module=m:1,group.build=z');
});
