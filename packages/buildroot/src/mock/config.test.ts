import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { BuildOrder } from '../driver.ts';
import { loggingIni, mockConfig, mockRootName } from './config.ts';

const order: BuildOrder = {
  id: '7-1',
  arch: 'i686',
  repos: [
    { id: 'build', baseurl: 'http://hub.example/repos/el9-build/7/i686', priority: 1, revision: '7' },
    { id: 'base', baseurl: 'https://mirror.example/el9/i686/', priority: 50, revision: 'x' },
  ],
  groups: { srpmBuild: ['@srpm-build'], build: ['@build', 'which'] },
  macros: { dist: '.el9', vendor: 'Example' },
  with: [],
  without: [],
  network: false,
  timeoutSeconds: 3600,
  logDir: '/var/log/x',
};

/** What Python makes of a configuration, executed as mock executes it. */
function read(
  text: string,
): Record<string, never> & { macros: Record<string, string>; [key: string]: unknown } {
  const program =
    'import json, sys\nc = {"macros": {}, "plugin_conf": {}}\nexec(sys.stdin.read(), {"config_opts": c})\nprint(json.dumps(c))';
  return JSON.parse(
    execFileSync('/usr/bin/python3', ['-I', '-c', program], { input: text, encoding: 'utf8' }),
  );
}

describe('the configuration', () => {
  test('says what the order says', () => {
    const config = read(mockConfig(order, { isolation: 'nspawn', systemBus: false }));
    expect(config).toMatchObject({
      root: mockRootName(order),
      target_arch: 'i686',
      legal_host_arches: ['i386', 'i586', 'i686', 'x86_64'],
      chroot_setup_cmd: 'install @build which',
      isolation: 'nspawn',
      rpmbuild_networking: false,
      rpmbuild_timeout: 3600,
      nspawn_args: ['--register=no', '--keep-unit', '--capability=cap_ipc_lock'],
      macros: { '%dist': '.el9', '%vendor': 'Example' },
      plugin_conf: { root_cache_enable: true, package_state_enable: true },
    });
    expect(config['dnf.conf']).toContain(
      '\n[build]\nname=build\nbaseurl=http://hub.example/repos/el9-build/7/i686\npriority=1\n',
    );
    expect(config['dnf.conf']).toContain('skip_if_unavailable=0');
  });

  test('installs the group of the step', () => {
    expect(read(mockConfig(order, { step: 'srpmBuild' }))).toMatchObject({
      chroot_setup_cmd: 'install @srpm-build',
    });
  });

  test('builds for noarch where the order says so, in a root of its architecture', () => {
    expect(read(mockConfig(order))).not.toHaveProperty('rpmbuild_arch');
    expect(read(mockConfig({ ...order, target: 'noarch' }))).toMatchObject({
      target_arch: 'i686',
      rpmbuild_arch: 'noarch',
    });
  });

  test('has another root for another state of a repository, and caches none of a state without a name', () => {
    const [build, base] = order.repos;
    if (!build || !base) throw new Error('the order has two repositories');
    const later = { ...order, repos: [{ ...build, revision: '8' }, base] };
    expect(mockRootName(later)).not.toBe(mockRootName(order));
    const { revision, ...nameless } = build;
    expect(revision).toBe('7');
    expect(read(mockConfig({ ...order, repos: [nameless, base] }))).toMatchObject({
      plugin_conf: { root_cache_enable: false },
    });
  });

  test('takes any text of a macro as data', () => {
    const nasty = fc.oneof(
      fc.string({ unit: 'binary-ascii' }),
      fc.constantFrom(
        "']; import os #",
        '\\',
        "'''",
        '\ninclude("/etc/shadow")',
        '%{?x:\n%y}',
        '\u2028',
        '😀',
        '\r\n',
        'a\\',
      ),
    );
    fc.assert(
      fc.property(fc.array(nasty), (parts) => {
        const value = parts
          .join('')
          .replaceAll('\0', '')
          .replace(/\{(?=[{%#])/g, '(');
        const text = mockConfig({ ...order, macros: { odd_one: value } });
        expect(text).toMatch(/^[\x20-\x7e\n]*$/);
        expect(text).not.toMatch(/^\s*include\(/m);
      }),
    );
    const values = [
      "']; import os #",
      'ends in a backslash\\',
      "'''",
      'tab\tand 😀 and é',
      '\u2028',
      '%{expand:x}',
    ];
    const macros = Object.fromEntries(values.map((value, index) => [`odd_${index}`, value]));
    const config = read(mockConfig({ ...order, macros }));
    for (const [index, value] of values.entries()) {
      expect(config.macros[`%odd_${index}`]).toBe(value.replace(/\\$/, '\\ '));
    }
  });

  test('continues a value of several lines, so that it cannot begin another macro', () => {
    const config = read(mockConfig({ ...order, macros: { long_one: 'first\n%dist .evil\\\nlast' } }));
    expect(config.macros['%long_one']).toBe('first\\\n%dist .evil\\\nlast');
  });

  test.each(['{{ 7 * 7 }}', '{% include "x" %}', '{# x #}'])('refuses what Jinja would run: %s', (value) => {
    expect(() => mockConfig({ ...order, macros: { odd_one: value } })).toThrow(/template/);
  });

  test('enables the streams of modules, and lets only them be seen', () => {
    const config = read(
      mockConfig({ ...order, modules: ['nodejs:18'], mock: { module_platform_id: 'platform:el9' } }),
    );
    expect(config).toMatchObject({ module_enable: ['nodejs:18'] });
    expect(config['dnf.conf']).toContain('\nmodule_platform_id=platform:el9\n');
    expect(config['dnf.conf']).toContain('\nmodule_hotfixes=0\n');
    expect(read(mockConfig(order))['dnf.conf']).toContain('\nmodule_hotfixes=1\n');
    expect(mockRootName({ ...order, modules: ['nodejs:18'] })).not.toBe(mockRootName(order));
    expect(mockRootName({ ...order, modules: [], mock: {} })).toBe(mockRootName(order));
  });

  test("says mock's options by their names, and those of dnf in dnf.conf", () => {
    const mock = {
      check: false,
      chroot_additional_packages: ['strace', '@debugging'],
      dynamic_buildrequires_max_loops: 3,
      excludepkgs: ['bad-*', 'worse'],
      nosync: true,
    };
    const { excludepkgs: _, ...own } = { ...mock, chroot_additional_packages: 'strace @debugging' };
    const config = read(mockConfig({ ...order, mock }));
    expect(config).toMatchObject(own);
    expect(config['dnf.conf']).toContain('\nexcludepkgs=bad-* worse\n');
  });

  test.each<Record<string, unknown>>([
    { plugin_conf: { bind_mount_enable: true } },
    { rpmbuild_command: '/bin/sh' },
    { check: 'no' },
    { excludepkgs: ['a\nreposdir=/etc'] },
    { module_platform_id: 'platform:x\ngpgcheck=0' },
    { chroot_additional_packages: ['--setopt=x'] },
    { constructor: 'x' },
  ])('is refused for an option of mock that an order may not say: %j', (mock) => {
    expect(() => mockConfig({ ...order, mock })).toThrow(/cannot be carried out/);
  });

  test('is refused for names that are none', () => {
    const [build] = order.repos;
    if (!build) throw new Error('the order has a repository');
    const wrong: Partial<BuildOrder>[] = [
      { id: '../x' },
      { arch: 'noarch' },
      { target: 'x86_64' as 'noarch' },
      { repos: [{ ...build, id: 'a]\n[b' }] },
      { repos: [{ ...build, baseurl: 'http://x/\ngpgcheck=1' }] },
      { repos: [build, build] },
      { repos: [] },
      { groups: { srpmBuild: [], build: ['--setopt=x'] } },
      { macros: { 'a b': '1' } },
      { with: ['x; rm'] },
    ];
    for (const change of wrong)
      expect(() => mockConfig({ ...order, ...change }), JSON.stringify(change)).toThrow();
  });
});

test('logging.ini is one that Python takes', () => {
  const program =
    'import configparser, io, logging.config, sys\nt = sys.stdin.read()\nlogging.config.fileConfig(io.StringIO(t))\nc = configparser.ConfigParser()\nc.read_string(t)\nprint(c.get("formatter_state", "format", raw=1))';
  const format = execFileSync('/usr/bin/python3', ['-I', '-c', program], {
    input: loggingIni,
    encoding: 'utf8',
  });
  expect(format.trim()).toBe('%(asctime)s - %(message)s');
});
