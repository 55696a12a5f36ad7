/**
 * What this machine allows, found by trying it.
 *
 * Invariant: nothing is concluded from a version or a file's presence where it can be tried; each thing that is less
 * than it could be is one sentence with what to do about it.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type CgroupKind, detectCgroups } from './cgroup.ts';
import type { Probe } from './driver.ts';
import { tryArches } from './emulation.ts';
import { run } from './exec.ts';

export interface Capabilities {
  roots: 'overlay' | 'copy';
  isolation: 'namespaces' | 'chroot';
}

export interface Forced {
  roots?: 'overlay' | 'copy';
  isolation?: 'namespaces' | 'chroot';
}

const enter = fileURLToPath(new URL('../assets/enter.sh', import.meta.url));

/** Tries an overlay mount and bubblewrap on the file system where roots will stand; `forced` skips a trial. */
export async function findCapabilities(
  home: string,
  forced: Forced = {},
): Promise<Capabilities & { warnings: string[] }> {
  const [overlay, namespaces] = await Promise.all([
    forced.roots ? undefined : tryOverlay(home),
    forced.isolation ? undefined : tryNamespaces(),
  ]);
  const roots = forced.roots ?? (overlay === '' ? 'overlay' : 'copy');
  const isolation = forced.isolation ?? (namespaces === '' ? 'namespaces' : 'chroot');
  const warnings: string[] = [];
  if (roots === 'copy') {
    warnings.push(
      `Every root is a full copy and slow to make, because overlayfs is ${refusal(overlay)} here: run as root on a host, or in a container with CAP_SYS_ADMIN and the state folder on a volume.`,
    );
  }
  if (isolation === 'chroot') {
    warnings.push(
      `BUILDS ARE NOT ISOLATED: they run in a plain chroot and see this machine's network and processes, because namespaces are ${refusal(namespaces)} here. Build only sources that you trust, or install bubblewrap and allow namespaces (in a container: CAP_SYS_ADMIN).`,
    );
  }
  return { roots, isolation, warnings };
}

const refusal = (said: string | undefined): string =>
  said === undefined ? 'switched off by configuration' : `refused (${said.split('\n')[0]})`;

/** Empty when it works, else what was said. */
async function tryOverlay(home: string): Promise<string> {
  await mkdir(home, { recursive: true });
  const dir = await mkdtemp(join(home, 'probe-'));
  try {
    for (const name of ['lower/old', 'upper', 'work', 'root'])
      await mkdir(join(dir, name), { recursive: true });
    const options = `lowerdir=${dir}/lower,upperdir=${dir}/upper,workdir=${dir}/work`;
    // Removing a lower folder and making it again needs whiteouts and opaque folders, which some file systems refuse.
    const work = 'rmdir "$1/old" && mkdir "$1/old" && echo new >"$1/old/new"';
    const result = await run(
      'unshare',
      [
        ...['--mount', '--propagation', 'private', '--', 'bash', enter, String(process.pid), options],
        ...[join(dir, 'root'), '--', 'sh', '-c', work, 'sh', join(dir, 'root')],
      ],
      { timeoutMs: 10_000 },
    );
    return result.code === 0 ? '' : result.stderr.trim() || `status ${result.code}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

async function tryNamespaces(): Promise<string> {
  try {
    const result = await run(
      'bwrap',
      [
        ...['--ro-bind', '/', '/', '--dev', '/dev', '--proc', '/proc', '--perms', '1777', '--tmpfs', '/tmp'],
        ...['--unshare-pid', '--unshare-net', '--unshare-ipc', '--unshare-uts', '--hostname', 'localhost'],
        ...['--die-with-parent', '--cap-drop', 'ALL', '--cap-add', 'CAP_SETUID', '--', 'true'],
      ],
      { timeoutMs: 10_000 },
    );
    return result.code === 0 ? '' : result.stderr.trim() || `status ${result.code}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** The native driver's answer to "what can you do here". */
export async function probeNative(
  home: string,
  forced: Forced = {},
  asked: readonly string[] = [],
): Promise<Probe> {
  const problems: string[] = [];
  if (process.getuid?.() !== 0) {
    problems.push(
      'The native driver installs packages into roots and must run as root; use the mock driver otherwise.',
    );
  }
  const [found, versions, arches] = await Promise.all([
    findCapabilities(home, forced),
    toolVersions(),
    tryArches(asked, home),
  ]);
  found.warnings.push(...arches.warnings);
  problems.push(...arches.problems);
  const needed = { rpm: 'rpm', 'python3-dnf': 'python3-dnf', setpriv: 'util-linux', unshare: 'util-linux' };
  for (const [tool, source] of Object.entries(needed)) {
    if (!versions[tool]) problems.push(`${tool} is not there: install ${source}.`);
  }
  const cgroups: CgroupKind = await detectCgroups();
  if (cgroups === 'none') {
    found.warnings.push(
      'A build can take all memory, because no memory cgroup can be made here: run under systemd with Delegate=yes.',
    );
  }
  return {
    driver: 'native',
    usable: problems.length === 0,
    roots: found.roots,
    isolation: found.isolation,
    cgroups,
    arches: arches.runs,
    warnings: found.warnings,
    problems,
    versions,
  };
}

async function toolVersions(): Promise<Record<string, string>> {
  const asked: [string, string, string[]][] = [
    ['rpm', 'rpm', ['--version']],
    ['bwrap', 'bwrap', ['--version']],
    ['setpriv', 'setpriv', ['--version']],
    ['unshare', 'unshare', ['--version']],
    ['python3-dnf', '/usr/bin/python3', ['-I', '-c', 'import dnf.const; print(dnf.const.VERSION)']],
  ];
  const answers = await Promise.all(
    asked.map(async ([name, command, args]): Promise<[string, string][]> => {
      const result = await run(command, args, { timeoutMs: 20_000 }).catch(() => undefined);
      const version = /\d[\w.]*/.exec(result?.code === 0 ? result.stdout : '')?.[0];
      return version ? [[name, version]] : [];
    }),
  );
  return Object.fromEntries([...answers.flat(), ['node', process.versions.node]]);
}
