/**
 * One run of mock.
 *
 * Invariant: runs as an unprivileged user in a folder that is that user's alone; the logs are in the order's folder as
 * they are written; when it returns, mock and its children are gone.
 */
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemOomKills } from '../cgroup.ts';
import type { BuildOrder } from '../driver.ts';
import { must, type RunResult, run, toolPath } from '../exec.ts';
import type { MemoryWatch } from '../memory.ts';
import { watchSpace } from '../native/space.ts';
import { ProcessTree } from '../process-tree.ts';
import { tailOf } from '../tail.ts';
import { loggingIni, type MockSettings, mockConfig, mockRootName } from './config.ts';
import { LogFollower } from './follow.ts';
import type { MockEnd } from './outcome.ts';
import type { MockUser } from './user.ts';

const supervisor = fileURLToPath(new URL('../../assets/mock.sh', import.meta.url));
const logNames = ['root.log', 'build.log', 'state.log', 'hw_info.log', 'installed_pkgs.log'];

export interface MockRun {
  order: BuildOrder;
  settings: MockSettings;
  /** The order's own folder, the user's. */
  dir: string;
  command: string;
  /** Undefined where this process is unprivileged already. */
  user: MockUser | undefined;
}

/** What every call of mock for the same order has in common: which configuration, which root. */
export function rootArguments(one: MockRun): string[] {
  return [
    ...['--configdir', join(one.dir, 'config'), '-r', mockRootName(one.order, one.settings)],
    ...['--uniqueext', one.order.id],
  ];
}

/** Where mock has the root. */
export function rootFolder({ order, settings }: MockRun): string {
  return join(settings.basedir ?? '/var/lib/mock', `${mockRootName(order, settings)}-${order.id}`);
}

/** Writes the configuration; returns the folder of results. */
export async function prepare(one: MockRun): Promise<string> {
  const config = join(one.dir, 'config');
  const results = join(one.dir, 'results');
  for (const dir of [config, results]) await mkdir(dir, { recursive: true });
  await writeFile(
    join(config, `${mockRootName(one.order, one.settings)}.cfg`),
    mockConfig(one.order, one.settings),
  );
  await writeFile(join(config, 'site-defaults.cfg'), '');
  await writeFile(join(config, 'logging.ini'), loggingIni);
  if (one.user) await must('chown', ['-R', `${one.user.uid}:${one.user.gid}`, '--', one.dir]);
  return results;
}

/** Runs `mock … ACTION` and follows its logs. `action` ends the command line. */
export async function runMock(
  one: MockRun,
  results: string,
  action: readonly string[],
  memory: MemoryWatch,
  signal: AbortSignal,
): Promise<{ result: RunResult; end: MockEnd }> {
  const { order } = one;
  const follower = new LogFollower(results, order.logDir, logNames);
  const space = watchSpace(one.dir);
  const oomBefore = systemOomKills();
  let unwatch = (): void => {};
  try {
    const conditionals = [
      ...order.with.flatMap((name) => ['--with', name]),
      ...order.without.flatMap((name) => ['--without', name]),
    ];
    const args = [...rootArguments(one), '--resultdir', results, ...conditionals, ...action];
    const result = await asUser(one, [one.command, ...args], {
      signal,
      started: (pid) => {
        const tree = new ProcessTree(pid);
        unwatch = memory.start(() => tree.anonymous());
      },
      // mock keeps rpmbuild's limit itself; this one is for all that comes before.
      timeoutMs: (order.timeoutSeconds + 3600) * 1000,
    });
    await follower.finish();
    const tail = (name: string): string => tailOf(join(order.logDir, name), 256 << 10);
    const end: MockEnd = {
      code: result.code,
      killedBy: result.killedBy,
      ended: result.ended,
      buildLog: tail('build.log'),
      rootLog: tail('root.log'),
      stateLog: tail('state.log'),
      console: result.stderr + result.stdout,
      diskFull: space.wasFull(),
      oomKills: systemOomKills() - oomBefore,
      timeoutSeconds: order.timeoutSeconds,
    };
    return { result, end };
  } finally {
    unwatch();
    space.stop();
    await follower.finish();
  }
}

/** Runs a command as mock's user, under the supervisor. */
export function asUser(
  one: MockRun,
  command: readonly string[],
  options: { signal?: AbortSignal; timeoutMs: number; started?: (pid: number) => void },
): Promise<RunResult> {
  const { user } = one;
  const become = user
    ? ['setpriv', '--reuid', String(user.uid), '--regid', String(user.gid), '--clear-groups', '--']
    : [];
  return run('bash', [supervisor, ...become, ...command], {
    ...options,
    tethered: false,
    ownGroup: true,
    holdStdin: true,
    cwd: one.dir,
    env: { PATH: toolPath, LANG: 'C.UTF-8', HOME: user?.home ?? process.env['HOME'] ?? '/' },
    kill: (child) => {
      child.kill('SIGTERM');
      setTimeout(() => child.kill('SIGKILL'), 8000).unref();
    },
  });
}

export async function resultFiles(results: string): Promise<{ srpms: string[]; rpms: string[] }> {
  const files = (await readdir(results, { withFileTypes: true })).filter((entry) => entry.isFile());
  const paths = files
    .map((entry) => entry.name)
    .filter((name) => name.endsWith('.rpm'))
    .sort()
    .map((name) => join(results, name));
  const isSource = (path: string): boolean => /\.(no)?src\.rpm$/.test(path);
  return { srpms: paths.filter(isSource), rpms: paths.filter((path) => !isSource(path)) };
}
