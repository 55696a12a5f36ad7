/**
 * The mock driver: lets mock make the root and run the build.
 *
 * NOT VERIFIED ON A REAL MOCK. It was written after mock's sources and after runs of mock 6.7 by hand, and is tested
 * against a stand-in that replays such runs (fixtures/mock-stand-in).
 *
 * Invariant: mock decides nothing that the order decides: its configuration is generated for each order, and the
 * site's own defaults are not read.
 */
import { access, chown, copyFile, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { diskOf } from '../disk.ts';
import {
  BuildFailure,
  type BuildOrder,
  type Buildroot,
  type Driver,
  type InstalledPackage,
} from '../driver.ts';
import { removeTrees } from '../files.ts';
import { keepMock } from '../kept.ts';
import { MemoryWatch } from '../memory.ts';
import { Resolver } from '../native/resolve.ts';
import { sweep } from '../native/sweep.ts';
import { checkOrder } from '../order.ts';
import { ownName } from '../owner.ts';
import type { MockOptions } from './options.ts';
import { judgeMock } from './outcome.ts';
import { probeMock } from './probe.ts';
import { asUser, type MockRun, prepare, resultFiles, rootArguments, rootFolder, runMock } from './run.ts';
import { unpackedAction } from './unpack.ts';
import { mockUser } from './user.ts';

export function createMockDriver(options: MockOptions): Driver {
  const { home, mockCommand = '/usr/bin/mock', log = () => {} } = options;
  const resolver = new Resolver(home);
  let swept: Promise<void> | undefined;
  return {
    name: 'mock',
    probe: (arches) => probeMock(options, arches),
    async open(order) {
      checkOrder(order);
      await mkdir(home, { recursive: true });
      swept ??= sweep(home, log);
      await swept;
      const systemBus = await access('/run/dbus/system_bus_socket').then(
        () => true,
        () => false,
      );
      const user = mockUser(options.user);
      // mock makes these itself, but with the rights of whoever calls it.
      for (const name of ['mock', 'mock-cache']) {
        const dir = join(home, name);
        await mkdir(dir, { recursive: true });
        if (user) await chown(dir, user.uid, user.gid);
      }
      return openRoot(
        resolver,
        {
          order,
          dir: join(home, 'work', `${order.id}@${ownName()}`),
          command: mockCommand,
          user,
          settings: {
            isolation: options.isolation ?? 'auto',
            bootstrap: options.bootstrap ?? true,
            basedir: join(home, 'mock'),
            cachedir: join(home, 'mock-cache'),
            systemBus,
          },
        },
        home,
      );
    },
  };
}

function openRoot(resolver: Resolver, base: MockRun, home: string): Buildroot {
  const { order } = base;
  const memory = new MemoryWatch();
  let last: MockRun | undefined;
  let kept = false;
  async function step(
    name: 'srpmBuild' | 'build',
    srpm: string,
    signal: AbortSignal,
    actionOf: (one: MockRun, source: string) => Promise<string[]>,
  ): Promise<{ srpms: string[]; rpms: string[]; installed: InstalledPackage[] }> {
    const one: MockRun = { ...base, settings: { ...base.settings, step: name } };
    try {
      await removeTrees(one.dir);
      await mkdir(join(one.dir, 'source'), { recursive: true });
      await mkdir(order.logDir, { recursive: true });
      const source = join(one.dir, 'source', 'source.src.rpm');
      await copyFile(srpm, source).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOSPC')
          throw new BuildFailure('disk_full', 'no space left for the source package');
        throw new BuildFailure('srpm_damaged', `cannot read the source package: ${error.code}`);
      });
      const results = await prepare(one);
      const action = await actionOf(one, source);
      last = one;
      const { result, end } = await runMock(one, results, action, memory, signal);
      if (result.code !== 0 || result.ended) throw judgeMock(end);
      const installed = await installedPackages(resolver, order, signal);
      return { ...(await resultFiles(results)), installed };
    } catch (error) {
      if (error instanceof BuildFailure) throw error;
      if (signal.aborted) throw new BuildFailure('canceled', 'the build was canceled');
      throw new BuildFailure(
        'root_failed',
        error instanceof Error ? error.message.slice(0, 500) : String(error),
      );
    }
  }
  return {
    async buildSource(srpm, signal, edit) {
      const { srpms, installed } = await step('srpmBuild', srpm, signal, (one, source) =>
        unpackedAction(one, source, edit),
      );
      if (!srpms[0]) throw new BuildFailure('spec_unreadable', 'mock wrote no source package');
      return { srpm: srpms[0], installed };
    },
    async buildBinary(srpm, signal) {
      const { srpms, rpms, installed } = await step('build', srpm, signal, async (_, source) => [
        '--rebuild',
        source,
      ]);
      if (!srpms[0]) throw new BuildFailure('build_failed', 'mock wrote no source package');
      return { srpm: srpms[0], rpms, installed };
    },
    async used(signal) {
      const diskMib = last ? await diskOf([last.dir, rootFolder(last)], signal) : 0;
      return { memoryMib: memory.mib, diskMib };
    },
    async keep(until) {
      if (!last) throw new BuildFailure('root_failed', 'there is no root to keep: mock did not run');
      const root = await keepMock(home, last, rootArguments(last), until);
      kept = true;
      return root;
    },
    async destroy() {
      if (kept) return;
      if (last)
        await asUser(last, [last.command, ...rootArguments(last), '--clean'], { timeoutMs: 5 * 60_000 });
      last = undefined;
      await removeTrees(base.dir);
    },
  };
}

/** mock lists names; which files those were, the repositories say. */
async function installedPackages(
  resolver: Resolver,
  order: BuildOrder,
  signal: AbortSignal,
): Promise<InstalledPackage[]> {
  const text = await readFile(join(order.logDir, 'installed_pkgs.log'), 'utf8').catch(() => '');
  const nevras = text
    .split('\n')
    .map((line) => line.split(' ')[0] ?? '')
    .filter((nevra) => nevra !== '' && !nevra.startsWith('gpg-pubkey-'));
  return resolver.identify(order.arch, order.repos, nevras, signal);
}
