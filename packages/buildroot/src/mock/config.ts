/**
 * A mock configuration for an order.
 *
 * Invariant: a pure function of the order, and the file holds nothing of it but data. mock executes its configuration
 * as Python, replaces lines that begin with `include(`, and renders every string again as a Jinja template: so each
 * value is one Python string literal on a line that we began, and what Jinja would take for its own is refused.
 *
 * Written after mock 6.7; its options are described in /etc/mock/site-defaults.cfg.
 */
import { createHash } from 'node:crypto';
import { BuildFailure, type BuildOrder, type Repo } from '../driver.ts';
import { checkOrder } from '../order.ts';

export interface MockSettings {
  /** Which package set: that of the source package or that of the build. */
  step?: 'srpmBuild' | 'build';
  /** `auto` leaves it to mock: nspawn where that works. Only nspawn cuts the network off. */
  isolation?: 'auto' | 'nspawn' | 'simple';
  /** Installs with the target's own dnf and rpm, which its repositories must then have. */
  bootstrap?: boolean;
  /** Where mock keeps roots and caches; mock's own folders without it. */
  basedir?: string;
  cachedir?: string;
  /** Whether this machine has a system bus for nspawn to register with. */
  systemBus?: boolean;
}

/** Machines on which a root of this architecture runs without emulation. */
const hosts: Record<string, string[]> = {
  i686: ['i386', 'i586', 'i686', 'x86_64'],
  armv7hl: ['armv7l', 'armv8l', 'aarch64'],
};

/** Name of the root. It holds the state of the repositories: mock's root cache never notices a changed group. */
export function mockRootName(order: BuildOrder, settings: MockSettings = {}): string {
  const { arch, repos, groups } = order;
  const state: unknown[] = [
    arch,
    repos.map(stateOf),
    groups[settings.step ?? 'build'],
    settings.bootstrap ?? true,
  ];
  const more = [order.modules ?? [], Object.entries(order.mock ?? {}).toSorted()];
  if (more.some((one) => one.length > 0)) state.push(more);
  return `moromi-${arch}-${createHash('sha256').update(JSON.stringify(state)).digest('hex').slice(0, 16)}`;
}

const stateOf = (repo: Repo): unknown => [repo.id, repo.baseurl, repo.priority, repo.revision ?? null];

/** The text of `<root name>.cfg`. Throws config_failed for an order that cannot be said in mock's words. */
export function mockConfig(order: BuildOrder, settings: MockSettings = {}): string {
  checkOrder(order);
  const { isolation = 'auto', bootstrap = true, systemBus = true } = settings;
  const lines: string[] = ['# Made by moromi for one order; changes are not read back.'];
  const set = (path: string[], value: unknown): void => {
    lines.push(`config_opts${path.map((name) => `[${literal(name)}]`).join('')} = ${literal(value)}`);
  };
  // A cached root is only as good as the name of the state that it was made from.
  const fixed = order.repos.every((repo) => repo.revision !== undefined);
  set(['root'], mockRootName(order, settings));
  set(['target_arch'], order.arch);
  // What `mock --target` sets; the personality and the repositories stay those of `target_arch`.
  if (order.target !== undefined) set(['rpmbuild_arch'], order.target);
  set(['legal_host_arches'], hosts[order.arch] ?? [order.arch]);
  set(['chroot_setup_cmd'], `install ${order.groups[settings.step ?? 'build'].join(' ')}`);
  set(['package_manager'], 'dnf4');
  set(['releasever'], '0');
  set(['use_bootstrap'], bootstrap);
  set(['use_bootstrap_image'], false);
  if (isolation !== 'auto') set(['isolation'], isolation);
  if (!systemBus) {
    set(['nspawn_args'], ['--register=no', '--keep-unit', '--capability=cap_ipc_lock']);
  }
  set(['rpmbuild_networking'], order.network);
  set(['use_host_resolv'], order.network);
  set(['rpmbuild_timeout'], Math.ceil(order.timeoutSeconds));
  if (settings.basedir !== undefined) set(['basedir'], settings.basedir);
  if (settings.cachedir !== undefined) set(['cache_topdir'], settings.cachedir);
  set(['cleanup_on_success'], false);
  set(['cleanup_on_failure'], false);
  const { modules = [], mock = {} } = order;
  if (modules.length > 0) set(['module_enable'], modules);
  for (const name of ownOptions) if (mock[name] !== undefined) set([name], mock[name]);
  const more = mock.chroot_additional_packages ?? [];
  if (more.length > 0) set(['chroot_additional_packages'], more.join(' '));
  for (const [name, value] of Object.entries(order.macros)) set(['macros', `%${name}`], macroValue(value));
  const plugins: Record<string, unknown> = {
    root_cache_enable: fixed,
    package_state_enable: true,
    hw_info_enable: true,
    ccache_enable: false,
    tmpfs_enable: false,
    yum_cache_enable: false,
  };
  for (const [name, value] of Object.entries(plugins)) set(['plugin_conf', name], value);
  lines.push(
    "config_opts['dnf.conf'] = '\\n'.join([",
    ...dnfLines(order).map((line) => `  ${literal(line)},`),
    '])',
  );
  return `${lines.join('\n')}\n`;
}

/** Options of an order that are mock's own, and not dnf's. */
const ownOptions = ['check', 'dynamic_buildrequires_max_loops', 'module_install', 'nosync'] as const;

function dnfLines({ repos, modules = [], mock = {} }: BuildOrder): string[] {
  // Hot fixes are seen whatever is enabled; where streams are chosen, the choice is to count.
  const choosing = modules.length > 0 || (mock.module_install ?? []).length > 0;
  const main = {
    keepcache: 1,
    reposdir: '/dev/null',
    logfile: '/var/log/dnf.log',
    retries: 3,
    obsoletes: 1,
    gpgcheck: 0,
    assumeyes: 1,
    best: 1,
    install_weak_deps: 0,
    metadata_expire: 0,
    module_platform_id: mock.module_platform_id ?? 'platform:moromi',
    ...(mock.excludepkgs === undefined ? {} : { excludepkgs: mock.excludepkgs.join(' ') }),
  };
  const section = (name: string, values: Record<string, string | number>): string[] => [
    `[${name}]`,
    ...Object.entries(values).map(([key, value]) => `${key}=${value}`),
    '',
  ];
  const own = (repo: Repo): string[] =>
    section(repo.id, {
      name: repo.id,
      baseurl: repo.baseurl,
      priority: repo.priority,
      enabled: 1,
      gpgcheck: 0,
      skip_if_unavailable: 0,
      module_hotfixes: choosing ? 0 : 1,
    });
  return [...section('main', main), ...repos.flatMap(own)];
}

/** mock writes `NAME VALUE` lines into ~/.rpmmacros; a value of several lines has to continue its own. */
function macroValue(value: string): string {
  return value.replaceAll(/\\*\r?\n/g, '\\\n').replace(/\\$/, '\\ ') || '%{nil}';
}

/** A Python literal. Strings are ASCII on one line, whatever is in them. */
function literal(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'number') return String(value);
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  return pythonString(String(value));
}

export function pythonString(text: string): string {
  if (/\{[{%#]/.test(text)) {
    throw new BuildFailure(
      'config_failed',
      `mock would take ${JSON.stringify(text)} for a template; write it otherwise`,
    );
  }
  let quoted = '';
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    if (char === '\\' || char === "'") quoted += `\\${char}`;
    else if (code >= 0x20 && code < 0x7f) quoted += char;
    else if (code < 0x10000) quoted += `\\u${code.toString(16).padStart(4, '0')}`;
    else quoted += `\\U${code.toString(16).padStart(8, '0')}`;
  }
  return `'${quoted}'`;
}

/** logging.ini, without which mock does not start from a folder of its own; formats as mock's own have them. */
export const loggingIni = `[formatters]
keys: detailed,simple,unadorned,state

[handlers]
keys: console,warnings

[loggers]
keys: root,mockbuild,state,build

[formatter_detailed]
format: %(levelname)s %(filename)s:%(lineno)d:  %(message)s

[formatter_simple]
format: %(levelname)s: %(message)s

[formatter_unadorned]
format: %(message)s

[formatter_state]
format: %(asctime)s - %(message)s

[handler_console]
class: StreamHandler
args: []
formatter: simple
level: INFO

[handler_warnings]
class: StreamHandler
args: []
formatter: simple
level: WARNING

[logger_root]
level: NOTSET
handlers: console

[logger_mockbuild]
level: NOTSET
handlers:
qualname: mockbuild
propagate: 1

[logger_state]
level: NOTSET
handlers: console
qualname: mockbuild.Root.state
propagate: 0

[logger_build]
level: NOTSET
handlers: warnings
qualname: mockbuild.Root.build
propagate: 0
`;
