/**
 * One run of a script inside a root.
 *
 * Invariant: when `inRoot` returns, no process of the run is left and nothing of it is mounted; when this process is
 * killed instead, the kernel does the same. Inside: an unprivileged user without capabilities and without means to
 * gain any, no network unless the order asks for it, its own pid, ipc and host name. Scripts are constant text;
 * what varies are positional parameters.
 *
 * The chain is one process from here down to bubblewrap: setpriv (die with us) → unshare (own mounts) → setarch →
 * enter.sh (cgroup, overlay) → bwrap. bwrap's child is the first process of the pid namespace: when that is killed,
 * the kernel kills all others before its parent, whom we wait for, can see it end.
 */
import { type ChildProcess, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type RunResult, run, toolPath } from '../exec.ts';
import type { Capabilities } from '../probe.ts';

const asset = (name: string): string => fileURLToPath(new URL(`../../assets/${name}`, import.meta.url));

/** What `/` is: an overlay that the run mounts for itself, or a folder that holds a whole root. */
export interface Place {
  /** Options of the overlay mount; nothing where `dir` is a root already. */
  overlay: string;
  dir: string;
}

export interface Visit {
  place: Place;
  arch: string;
  /** Constant shell text and its positional parameters. */
  script: string;
  args: readonly string[];
  /** `mockbuild` for everything that a package decides; `root` only to install packages, with capabilities cut. */
  user: 'mockbuild' | 'root';
  /** This machine's folder that is /builddir inside; without it the root has none. */
  builddir?: string;
  /** More folders and files to show, in this machine's words and the root's; hidden from a plain chroot. */
  binds?: { from: string; to: string; writable?: boolean }[];
  /** A root inside the root: it gets /dev and /proc of its own, and `/` is shown without leave to write. */
  innerRoot?: string;
  network: boolean;
  hostname: string;
  /** Whether the root has util-linux's setpriv; coreutils' chroot changes the user where it has not. */
  setpriv: boolean;
  /** `cgroup.procs` files to join. */
  cgroups?: readonly string[];
  /** What the run prints goes to root.log; build.log is descriptor 5 inside. */
  rootLog: number;
  buildLog?: number;
  timeoutMs: number;
  signal?: AbortSignal;
  /** Told the number of the process that all others of the run descend from. */
  started?: (pid: number) => void;
}

export type Entry = Omit<Visit, 'script' | 'args' | 'rootLog' | 'timeoutMs' | 'started'> & {
  interactive?: boolean;
};

/** uid and gid of mockbuild, as mock has them. */
export const buildUser = { uid: 1000, gid: 135 } as const;

/** What installing packages takes: owners, modes, device nodes, file capabilities, chroot for scriptlets. */
const installing = [
  'CAP_CHOWN',
  'CAP_DAC_OVERRIDE',
  'CAP_FOWNER',
  'CAP_FSETID',
  'CAP_KILL',
  'CAP_MKNOD',
  'CAP_SETFCAP',
  'CAP_SETGID',
  'CAP_SETUID',
  'CAP_SYS_CHROOT',
];
const droppingUser = ['CAP_SETUID', 'CAP_SETGID', 'CAP_SETPCAP'];

const environment: Record<string, string> = {
  HOME: '/builddir',
  HOSTNAME: 'localhost',
  LANG: 'C.UTF-8',
  PATH: '/usr/bin:/bin:/usr/sbin:/sbin',
  SHELL: '/bin/bash',
  TERM: 'vt100',
};

/** Descriptor 3 of the script is what it answers; it comes back as `collected(3)`. */
export function inRoot(capabilities: Capabilities, visit: Visit): Promise<RunResult> {
  const namespaces = capabilities.isolation === 'namespaces';
  const { command, args } = commandOf(capabilities, visit, [
    '/bin/sh',
    '-c',
    visit.script,
    'sh',
    ...visit.args,
  ]);
  return run(command, args, {
    signal: visit.signal,
    timeoutMs: visit.timeoutMs,
    started: visit.started,
    stdout: visit.rootLog,
    stderr: visit.rootLog,
    more: ['collect', 'collect', visit.buildLog ?? visit.rootLog],
    env: { PATH: toolPath },
    ...(namespaces
      ? { kill: killNamespace }
      : { tethered: false, ownGroup: true, holdStdin: true, kill: stopSupervisor }),
  });
}

/** The whole command line that leads into the root and ends in `inner`. */
export function commandOf(
  capabilities: Capabilities,
  visit: Entry,
  inner: readonly string[],
): { command: string; args: string[] } {
  const chain: string[] = [];
  if (capabilities.roots === 'overlay') chain.push('unshare', '--mount', '--propagation', 'private', '--');
  if (isThirtyTwoBit(visit.arch) && process.arch !== 'ia32' && process.arch !== 'arm') {
    chain.push('setarch', 'linux32', '--');
  }
  chain.push(
    'bash',
    asset('enter.sh'),
    String(process.pid),
    visit.place.overlay,
    visit.place.dir,
    ...(visit.cgroups ?? []),
    '--',
  );
  if (capabilities.isolation === 'namespaces') {
    chain.push('bwrap', ...bubblewrap(visit), ...asUser(visit), ...inner);
  } else {
    chain.push(
      'bash',
      asset('chroot.sh'),
      visit.place.dir,
      capabilities.roots === 'overlay' ? 'mounts' : 'plain',
      visit.builddir ?? '',
      visit.user === 'root' ? '0:0' : `${buildUser.uid}:${buildUser.gid}`,
      visit.interactive ? 'interactive' : 'batch',
      '--',
      ...Object.entries(environment).map(([name, value]) => `${name}=${value}`),
      '--',
      ...inner,
    );
  }
  const [command = '', ...args] = chain;
  return { command, args };
}

function bubblewrap(visit: Entry): string[] {
  const keep = visit.user === 'root' ? installing : droppingUser;
  return [
    ...[visit.innerRoot ? '--ro-bind' : '--bind', visit.place.dir, '/'],
    ...['--dev', '/dev', '--proc', '/proc'],
    // find-debuginfo writes there as the build user; without the mode its package ends up empty.
    ...['--perms', '1777', '--tmpfs', '/tmp', '--perms', '1777', '--tmpfs', '/dev/shm'],
    ...(visit.builddir ? ['--bind', visit.builddir, '/builddir'] : []),
    ...(visit.binds ?? []).flatMap((bind) => [bind.writable ? '--bind' : '--ro-bind', bind.from, bind.to]),
    ...(visit.innerRoot ? ['--dev', `${visit.innerRoot}/dev`, '--proc', `${visit.innerRoot}/proc`] : []),
    ...['--unshare-pid', '--unshare-ipc', '--unshare-uts', '--hostname', visit.hostname],
    ...(visit.network ? [] : ['--unshare-net']),
    '--die-with-parent',
    ...(visit.interactive ? [] : ['--new-session', '--info-fd', '4']),
    '--clearenv',
    ...Object.entries(environment).flatMap(([name, value]) => ['--setenv', name, value]),
    ...(visit.user === 'root' ? ['--setenv', 'HOME', '/root'] : []),
    ...['--chdir', visit.builddir ? '/builddir' : '/'],
    ...['--cap-drop', 'ALL', ...keep.flatMap((name) => ['--cap-add', name])],
    ...(visit.user === 'root' || visit.setpriv ? [] : ['--cap-add', 'CAP_SYS_CHROOT']),
    '--',
  ];
}

function asUser(visit: Pick<Visit, 'user' | 'setpriv'>): string[] {
  if (visit.user === 'root') return [];
  const { uid, gid } = buildUser;
  if (!visit.setpriv) return ['chroot', `--userspec=${uid}:${gid}`, '--groups=', '--skip-chdir', '/'];
  return [
    'setpriv',
    ...['--reuid', String(uid), '--regid', String(gid), '--clear-groups'],
    ...['--inh-caps=-all', '--bounding-set=-all', '--no-new-privs', '--'],
  ];
}

/** Ends a run by killing the first process of its pid namespace, which bwrap has told us on descriptor 4. */
function killNamespace(child: ChildProcess, collected: (fd: number) => string): void {
  const first = Number(/"child-pid":\s*(\d+)/.exec(collected(4))?.[1] ?? 0);
  if (first > 1 && child.pid !== undefined && parentOf(first) === child.pid) {
    try {
      process.kill(first, 'SIGKILL');
      // bwrap ends by itself once its child has; should it not, its own end does the same to the namespace.
      setTimeout(() => child.kill('SIGKILL'), 500).unref();
      return;
    } catch {
      // It ended in between; so does bwrap.
    }
  }
  child.kill('SIGKILL');
}

/** Without namespaces a supervisor outside the root finds the processes; see chroot.sh. */
function stopSupervisor(child: ChildProcess): void {
  child.kill('SIGTERM');
  setTimeout(() => child.kill('SIGKILL'), 5000).unref();
}

function parentOf(pid: number): number | undefined {
  try {
    return Number(/^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  } catch {
    return undefined;
  }
}

const isThirtyTwoBit = (arch: string): boolean => /^(i[3-6]86|armv[5-7]\w*)$/.test(arch);

/** Goes into a root on the caller's terminal; returns the command's exit status. */
export function visitInteractively(
  capabilities: Capabilities,
  visit: Entry,
  inner: readonly string[],
): number {
  const { command, args } = commandOf(capabilities, { ...visit, interactive: true }, inner);
  const result = spawnSync(command, args, {
    stdio: 'inherit',
    env: { PATH: toolPath, TERM: process.env['TERM'] ?? 'vt100' },
  });
  return result.status ?? 128;
}
