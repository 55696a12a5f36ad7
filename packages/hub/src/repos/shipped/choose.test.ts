import type { DistDefinition } from '@moromi/contract';
import { describe, expect, test } from 'vitest';
import { type BuiltPackage, choose, treesOf } from './choose.ts';
import { debugged, isDebug } from './debug.ts';
import { isMultilib, isRuntime } from './multilib.ts';

const definition: DistDefinition = {
  ...{ arches: ['x86_64', 'aarch64'], keys: [], unsigned: 'wait', repoKey: null, layout: 'hashed' },
  ...{
    compression: 'gzip',
    debug: true,
    source: true,
    include: [],
    exclude: [],
    records: [],
    automatic: true,
  },
  multilib: { x86_64: { arch: 'i686', method: 'devel', white: [], black: [] } },
};

let last = 0;
function built(name: string, arch: string, more: Partial<BuiltPackage> = {}): BuiltPackage {
  last += 1;
  const traits = name.endsWith('-libs') ? (['runtime'] as const) : [];
  return { rpm: last, name, arch, source: arch === 'src', traits, copies: new Map([['', last]]), ...more };
}

/** What stands where, by name and architecture. */
function trees(build: readonly BuiltPackage[], more: Partial<DistDefinition> = {}): Record<string, string[]> {
  const all = { ...definition, ...more };
  const names = new Map(build.map((one) => [one.rpm, `${one.name}.${one.arch}`]));
  const { placed } = choose(build, all);
  return Object.fromEntries(
    treesOf(all).map((tree) => [
      tree,
      placed.filter((one) => one.tree === tree).map((one) => names.get(one.copy) ?? ''),
    ]),
  );
}

const parts = ['foo', 'foo-libs', 'foo-devel', 'foo-debuginfo', 'foo-libs-debuginfo', 'foo-debugsource'];
const foo = [
  ...['x86_64', 'i686'].flatMap((arch) => parts.map((name) => built(name, arch))),
  built('foo-doc', 'noarch'),
  built('foo', 'src'),
];

describe('the packages of a build', () => {
  test('stand in the trees of their architecture, those for debugging and the source apart', () => {
    expect(trees(foo, { multilib: {} })).toEqual({
      'x86_64/os': ['foo.x86_64', 'foo-libs.x86_64', 'foo-devel.x86_64', 'foo-doc.noarch'],
      'x86_64/debug/tree': ['foo-debuginfo.x86_64', 'foo-libs-debuginfo.x86_64', 'foo-debugsource.x86_64'],
      'aarch64/os': ['foo-doc.noarch'],
      'aarch64/debug/tree': [],
      'source/tree': ['foo.src'],
    });
  });

  test('of a smaller architecture stand beside the larger one where the rules say so, and debugging follows', () => {
    const beside = (method: 'runtime' | 'devel' | 'all' | 'none', more = {}) => {
      const rules = { arch: 'i686', method, white: [], black: [], ...more };
      const found = trees(foo, { multilib: { x86_64: rules } });
      const small = (tree: string) => found[tree]?.filter((name) => name.endsWith('.i686'));
      return [small('x86_64/os'), small('x86_64/debug/tree')];
    };
    expect(beside('none')).toEqual([[], []]);
    expect(beside('runtime')).toEqual([
      ['foo-libs.i686'],
      ['foo-libs-debuginfo.i686', 'foo-debugsource.i686'],
    ]);
    expect(beside('devel')[0]).toEqual(['foo-libs.i686', 'foo-devel.i686']);
    expect(beside('runtime', { white: ['foo'], black: ['foo-libs'] })[0]).toEqual(['foo.i686']);
    expect(beside('all')[0]).toEqual(['foo.i686', 'foo-libs.i686', 'foo-devel.i686']);
  });

  test('that are left out take their debugging packages with them, and the last its source', () => {
    const found = trees(foo, { multilib: {}, exclude: ['[x86_64]foo-libs'] });
    expect(found['x86_64/os']).toEqual(['foo.x86_64', 'foo-devel.x86_64', 'foo-doc.noarch']);
    expect(found['x86_64/debug/tree']).toEqual(['foo-debuginfo.x86_64', 'foo-debugsource.x86_64']);
    expect(trees(foo, { exclude: ['foo*'] })['source/tree']).toEqual([]);
    expect(trees(foo, { include: ['*-doc'] })).toMatchObject({
      'x86_64/os': ['foo-doc.noarch'],
      'x86_64/debug/tree': [],
      'source/tree': ['foo.src'],
    });
  });

  test('for debugging are about all of them where no package has their name, whatever the source is called', () => {
    const names = ['lib-libs', 'lib-devel', 'lib-debuginfo', 'lib-debugsource'];
    const build = [...names.map((name) => built(name, 'x86_64')), built('lib', 'src')];
    expect(trees(build, { multilib: {} })['x86_64/debug/tree']).toEqual([
      'lib-debuginfo.x86_64',
      'lib-debugsource.x86_64',
    ]);
    const common = 'kernel-debuginfo-common-x86_64';
    const kernel = ['kernel', 'kernel-core', 'kernel-debuginfo', common].map((name) => built(name, 'x86_64'));
    const debug = (exclude: string[]) => trees([...kernel], { multilib: {}, exclude })['x86_64/debug/tree'];
    expect(debug([])).toEqual(['kernel-debuginfo.x86_64', `${common}.x86_64`]);
    expect(debug(['kernel'])).toEqual([`${common}.x86_64`]);
    expect(debug(['kernel*'])).toEqual([]);
  });

  test('are told apart by globs, for one architecture or all, and what is excluded is out whatever includes it', () => {
    const build = ['app', 'app-cli', 'lib', 'lib2'].flatMap((name) => [
      built(name, 'x86_64'),
      built(name, 'aarch64'),
    ]);
    build.push(built('data', 'noarch'));
    const of = (more: Partial<DistDefinition>, tree = 'x86_64/os') =>
      trees(build, { multilib: {}, ...more })[tree];
    expect(of({ include: ['lib?'] })).toEqual(['lib2.x86_64']);
    expect(of({ include: ['[aarch64]app*', 'lib'] })).toEqual(['lib.x86_64']);
    expect(of({ include: ['[aarch64]app*', 'lib'] }, 'aarch64/os')).toEqual([
      ...['app.aarch64', 'app-cli.aarch64', 'lib.aarch64'],
    ]);
    expect(of({ include: ['app*'], exclude: ['*-cli'] })).toEqual(['app.x86_64']);
    // Packages for all architectures are judged by the tree.
    expect(of({ exclude: ['[aarch64]data'] })).toContain('data.noarch');
    expect(of({ exclude: ['[aarch64]data'] }, 'aarch64/os')).not.toContain('data.noarch');
  });

  test('of the smaller architecture obey globs for it, and the black list comes before the white one', () => {
    const x86 = { arch: 'i686', method: 'devel' as const };
    const small = (more: Partial<DistDefinition>, white: string[], black: string[]) =>
      trees(foo, { ...more, multilib: { x86_64: { ...x86, white, black } } })['x86_64/os']?.filter((name) =>
        name.endsWith('.i686'),
      );
    expect(small({}, ['foo'], ['foo', 'foo-devel'])).toEqual(['foo-libs.i686']);
    expect(small({ exclude: ['[i686]foo-libs'] }, [], [])).toEqual(['foo-devel.i686']);
    expect(small({ exclude: ['[x86_64]foo-libs'] }, [], [])).toEqual(['foo-libs.i686', 'foo-devel.i686']);
  });

  test('are shipped as the first of the keys has signed them', () => {
    const copies = (...keys: [string, number][]) => new Map(keys);
    const signed = built('a', 'x86_64', { copies: copies(['', 1], ['old', 2], ['new', 3]) });
    const half = built('b', 'x86_64', { copies: copies(['', 4], ['old', 5]) });
    const not = built('c', 'x86_64', { copies: copies(['', 6]) });
    const chosen = (unsigned: DistDefinition['unsigned']) =>
      choose([signed, half, not], { ...definition, keys: ['new', 'old'], unsigned });
    expect(chosen('skip').placed.map((one) => one.copy)).toEqual([3, 5]);
    expect(chosen('skip').unsigned).toEqual([{ rpm: not.rpm, name: 'c', arch: 'x86_64' }]);
    expect(chosen('allow').placed.map((one) => one.copy)).toEqual([3, 5, 6]);
  });
});

test('packages for debugging are told by their names', () => {
  const names = [
    'foo-debuginfo',
    'foo-debugsource',
    'kernel-debuginfo-common-x86_64',
    'kernel-debug-debuginfo',
  ];
  expect(names.map(isDebug)).toEqual([true, true, true, true]);
  expect(['kernel-debug', 'debuginfod', 'foo-debuginfox', 'elfutils-debuginfod'].map(isDebug)).toEqual([
    false,
    false,
    false,
    false,
  ]);
  expect(names.map(debugged)).toEqual(['foo', null, null, 'kernel-debug']);
});

test('what programs load is told by the files', () => {
  const isLoaded = (path: string) => {
    const at = path.lastIndexOf('/');
    return isRuntime([{ dir: path.slice(0, at), name: path.slice(at + 1) }]);
  };
  const loaded = [
    '/usr/lib/libfoo.so.1',
    '/lib/libnss_foo.so',
    '/usr/lib/gtk-3.0/3.0.0/immodules/im-foo.so',
    '/usr/lib/sasl2/libplain.so',
    '/lib/security/pam_foo.so',
    '/etc/ld.so.conf.d/foo.conf',
    '/usr/lib/qt5/plugins/platforms/libq.so',
    '/usr/lib/sane/libsane-foo.so.1',
    '/usr/lib/gstreamer-1.0/libgst.so',
  ];
  expect(loaded.filter((path) => !isLoaded(path))).toEqual([]);
  const others = [
    '/usr/lib/libfoo.so',
    '/usr/lib/foo/libfoo.so.1',
    '/usr/bin/foo',
    '/usr/share/doc/libfoo.so.1',
    '/etc/ld.so.conf.d/README',
  ];
  expect(others.filter(isLoaded)).toEqual([]);
});

test('kernels and debuggers of the smaller architecture stay out', () => {
  const rules = { method: 'devel' as const, white: [], black: [] };
  expect(isMultilib('kernel', ['runtime', 'kernel'], rules)).toBe(false);
  expect(isMultilib('kernel-devel', ['kernel-devel'], rules)).toBe(false);
  expect(isMultilib('gdb', ['runtime'], rules)).toBe(false);
  expect(isMultilib('ghc-foo-devel', [], rules)).toBe(false);
});
