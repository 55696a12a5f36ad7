/**
 * A hub, and builders, for a bench: real processes with homes of their own, PostgreSQL with fsync.
 *
 * Invariant: whatever way the bench ends, what it started ends too, and only that.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, open, readFile, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from '@moromi/contract';
import { makeDistro } from '../demo/distro/distro.ts';

const executable = join(import.meta.dirname, '../packages/moromi/src/main.ts');
const startLimitMs = 60_000;

export interface World extends AsyncDisposable {
  home: string;
  hub: string;
  client: Client;
  hubPid: number;
  enrolToken: string;
  startWorker(name: string, slots: number): Promise<void>;
}

export async function startWorld(): Promise<World> {
  const home = await mkdtemp('/var/tmp/moromi-bench-');
  // The embedded PostgreSQL runs as an unprivileged user and must reach its folder.
  await chmod(home, 0o755);
  const children: ChildProcess[] = [];
  const launch = async (
    name: string,
    args: string[],
    env: Record<string, string> = {},
  ): Promise<ChildProcess> => {
    const log = await open(join(home, `${name}.log`), 'a');
    const child = spawn(process.execPath, [executable, ...args], {
      stdio: ['ignore', log.fd, log.fd],
      env: { ...process.env, ...env },
    });
    await log.close();
    children.push(child);
    return child;
  };
  const hubHome = join(home, 'hub');
  const hub = await launch('hub', [
    'hub',
    '--home',
    hubHome,
    '--listen',
    '127.0.0.1:0',
    '--log-level',
    'warn',
  ]);
  const file = await until(home, hub, () =>
    readFile(join(hubHome, 'hub.json'), 'utf8').catch(() => undefined),
  );
  const { url, pid } = JSON.parse(file) as { url: string; pid: number };
  const token = (await readFile(join(hubHome, 'admin.token'), 'utf8')).trim();
  const enrolToken = (await readFile(join(hubHome, 'enrol.token'), 'utf8')).trim();
  const client = new Client({ hub: url, token });
  return {
    home,
    hub: url,
    client,
    hubPid: pid,
    enrolToken,
    startWorker: async (name, slots) => {
      const worker = await launch(
        name,
        [
          'worker',
          '--home',
          join(home, name),
          '--hub',
          url,
          '--name',
          name,
          '--slots',
          String(slots),
          '--driver',
          'native',
        ],
        { MOROMI_WORKER_ENROL_TOKEN: enrolToken },
      );
      await until(home, worker, async () =>
        (await client.call('listWorkers', { query: {} })).items.some(
          (one) => one.name === name && one.state === 'online',
        )
          ? true
          : undefined,
      );
    },
    [Symbol.asyncDispose]: async () => {
      for (const child of children.toReversed()) await end(child);
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** A tag and target `bench` over the small distribution of this machine's architecture. */
export async function makeTarget(world: World): Promise<string> {
  const arch = process.arch === 'arm64' ? 'aarch64' : 'x86_64';
  const distro = await makeDistro({ arch });
  const base = join(world.home, 'base');
  await mkdir(base);
  await symlink(distro.repo, join(base, arch));
  const settings = {
    arches: [arch],
    macros: { dist: '.bench' },
    externalRepos: [{ name: 'base', url: `file://${base}/$arch`, priority: 50 }],
  };
  await world.client.call('createTag', { body: { name: 'bench', settings } });
  await world.client.call('createTarget', { body: { name: 'bench', buildTag: 'bench', destTag: 'bench' } });
  while ((await world.client.call('getTag', { params: { name: 'bench' } })).revision === null)
    await delay(20);
  return arch;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  // A worker that hears it twice leaves now; a hub that hears it twice leaves its PostgreSQL to the next one.
  child.kill('SIGTERM');
  if (child.spawnargs.includes('worker')) child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), 30_000);
  await gone;
  clearTimeout(late);
}

async function until<T>(home: string, child: ChildProcess, look: () => Promise<T | undefined>): Promise<T> {
  const limit = performance.now() + startLimitMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (child.exitCode !== null || performance.now() > limit)
      throw new Error(`a process does not come up; see the logs in ${home}`);
    await delay(20);
  }
}
