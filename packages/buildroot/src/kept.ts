/**
 * Roots that stay after a failed build, for a person to look into.
 *
 * Invariant: `kept/<name>/kept.json` says all that is needed to enter the root again, also after a restart, and until
 * when it stays; the layers below carry a use of that name, so they stay as long.
 */
import { spawnSync } from 'node:child_process';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { BuildFailure, type BuildOrder, type KeptRoot } from './driver.ts';
import { run } from './exec.ts';
import { removeTrees, writeWhole } from './files.ts';
import type { MockRun } from './mock/run.ts';
import { overlayOptions, type WorkFolder } from './native/root.ts';
import { visitInteractively } from './native/sandbox.ts';
import type { Capabilities } from './probe.ts';

type KeptFile = KeptNative | KeptMock;

interface KeptMock {
  driver: 'mock';
  order: string;
  until: string;
  /** The command that opens a shell in the root, and the one that removes it. */
  shell: string[];
  clean: string[];
}

interface KeptNative {
  driver: 'native';
  order: string;
  arch: string;
  network: boolean;
  until: string;
  capabilities: Capabilities;
  /** Folders of the layers below, topmost first. */
  lowers: string[];
  /** Folder inside the kept one that holds `upper`, `work` and `root`. */
  root: string;
  setpriv: boolean;
}

/** Hands the order's working folder over to `kept/`; the caller must not touch it any more. */
export async function keepRoot(
  home: string,
  capabilities: Capabilities,
  order: BuildOrder,
  work: WorkFolder,
  until: Date,
): Promise<KeptRoot> {
  const { current } = work;
  if (!current)
    throw new BuildFailure('root_failed', 'there is no root to keep: the build failed before it had one');
  const name = basename(work.dir);
  const dir = join(home, 'kept', name);
  const kept: KeptNative = {
    driver: 'native',
    order: order.id,
    arch: order.arch,
    network: order.network,
    until: until.toISOString(),
    capabilities,
    lowers: current.layer.lowers,
    root: current.folder,
    setpriv: current.layer.setpriv,
  };
  await writeWhole(join(work.dir, 'kept.json'), JSON.stringify(kept, null, 2));
  await mkdir(dirname(dir), { recursive: true });
  await rename(work.dir, dir);
  // Now that the folder is there the uses that name it count; until here this process's own held the layers.
  for (const lower of current.layer.lowers) {
    await writeFile(join(home, 'uses', basename(dirname(lower)), `kept-${name}`), '');
  }
  await current.layer.release();
  return { dir, until };
}

/** The same for mock's root, which stays where mock has it; its configuration moves along. */
export async function keepMock(
  home: string,
  mock: MockRun,
  rootArguments: string[],
  until: Date,
): Promise<KeptRoot> {
  const dir = join(home, 'kept', basename(mock.dir));
  const { user } = mock;
  const become = user
    ? ['setpriv', '--reuid', String(user.uid), '--regid', String(user.gid), '--clear-groups', '--']
    : [];
  const moved = rootArguments.map((argument) => argument.replace(mock.dir, dir));
  const kept: KeptMock = {
    driver: 'mock',
    order: mock.order.id,
    until: until.toISOString(),
    shell: [...become, mock.command, ...moved, '--no-clean', '--unpriv', '--shell'],
    clean: [...become, mock.command, ...moved, '--clean'],
  };
  await writeWhole(join(mock.dir, 'kept.json'), JSON.stringify(kept, null, 2));
  await mkdir(dirname(dir), { recursive: true });
  await rename(mock.dir, dir);
  return { dir, until };
}

/**
 * Opens a shell in a kept root on the caller's terminal, or runs `command` in it; returns the exit status.
 * Whatever is changed there stays until the root goes.
 */
export async function enterKept(dir: string, options: { command?: string[] } = {}): Promise<number> {
  const kept: KeptFile = JSON.parse(await readFile(join(dir, 'kept.json'), 'utf8'));
  if (kept.driver === 'mock') {
    const [command = '', ...args] = [...kept.shell, ...(options.command ? ['--', ...options.command] : [])];
    return spawnSync(command, args, { stdio: 'inherit' }).status ?? 128;
  }
  const root = join(dir, kept.root);
  const overlay = kept.capabilities.roots === 'overlay';
  const place = {
    overlay: overlay ? overlayOptions(kept.lowers, join(root, 'upper'), join(root, 'work')) : '',
    dir: join(root, 'root'),
  };
  const moved = !overlay && kept.capabilities.isolation === 'chroot';
  const inside = join(place.dir, 'builddir');
  if (moved) await swapIn(join(dir, 'builddir'), inside);
  try {
    return visitInteractively(
      kept.capabilities,
      {
        place,
        arch: kept.arch,
        user: 'mockbuild',
        builddir: moved ? '' : join(dir, 'builddir'),
        network: kept.network,
        hostname: 'localhost',
        setpriv: kept.setpriv,
      },
      options.command ?? ['/bin/bash', '-l'],
    );
  } finally {
    if (moved) await rename(inside, join(dir, 'builddir'));
  }
}

async function swapIn(from: string, to: string): Promise<void> {
  await rm(to, { recursive: true, force: true });
  await rename(from, to);
}

/** Removes the kept roots whose time is over, with their uses of layers; returns how many. */
export async function sweepKept(home: string, now = new Date()): Promise<number> {
  const over: string[] = [];
  for (const name of await readdir(join(home, 'kept')).catch(() => [])) {
    const dir = join(home, 'kept', name);
    const kept = await readFile(join(dir, 'kept.json'), 'utf8')
      .then((text): KeptFile => JSON.parse(text))
      .catch(() => undefined);
    if (kept && new Date(kept.until) > now) continue;
    if (kept?.driver === 'mock') {
      const [command = '', ...args] = kept.clean;
      // A root that mock cannot remove is mock's; the record of it goes all the same.
      await run(command, args, { timeoutMs: 5 * 60_000 }).catch(() => {});
    }
    over.push(dir);
    for (const key of await readdir(join(home, 'uses')).catch(() => [])) {
      const use = join(home, 'uses', key, `kept-${name}`);
      if (await stat(use).catch(() => undefined)) await rm(use, { force: true });
    }
  }
  await removeTrees(...over);
  return over.length;
}
