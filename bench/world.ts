/**
 * A hub, and builders, for a bench: real processes with homes of their own, PostgreSQL with fsync.
 *
 * Invariant: whatever way the bench ends, what it started ends too, and only that; and it ends.
 *
 * The hub holds memory as its unit tells it to.
 *
 * MOROMI_HUB_NODE: options for the hub's Node, such as `--cpu-prof --cpu-prof-dir=…`.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, open, readFile, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, type NewTag } from '@moromi/contract';
import type pg from 'pg';
import { makeDistro } from '../demo/distro/distro.ts';
import { keep, letGo } from '../tests/harness/keeper.ts';

const executable = join(import.meta.dirname, '../packages/moromi/src/main.ts');
const startLimitMs = 60_000;
/** A bench that takes longer hangs; the keeper sweeps up after it. */
const limitMs = 15 * 60_000;

export interface WorkerWish {
  args?: string[];
  env?: Record<string, string>;
}

export interface World extends AsyncDisposable {
  home: string;
  hub: string;
  client: Client;
  hubPid: number;
  postgresPid: number;
  enrolToken: string;
  /** How to reach the ledger past the hub. */
  database: pg.ClientConfig;
  startWorker(name: string, slots: number, more?: WorkerWish): Promise<void>;
}

/** What the hub's unit says of memory. */
function unitMemory(): Record<string, string> {
  const unit = readFileSync(join(import.meta.dirname, '../deploy/systemd/moromi-hub.service'), 'utf8');
  const words = [...unit.matchAll(/^Environment=(.*)$/gm)].flatMap(([, line = '']) => line.split(' '));
  const said = words.map((word) => /^((?:MALLOC_|NODE_OPTIONS)[A-Z_]*)=(.*)$/.exec(word));
  return Object.fromEntries(said.flatMap((match) => (match === null ? [] : [[match[1], match[2]]])));
}

export async function startWorld(): Promise<World> {
  const home = await mkdtemp('/var/tmp/moromi-bench-');
  keep(home);
  const late = setTimeout(() => {
    console.error(`the bench has not ended within ${limitMs / 60_000} minutes`);
    process.exit(1);
  }, limitMs);
  // The embedded PostgreSQL runs as an unprivileged user and must reach its folder.
  await chmod(home, 0o755);
  const children: ChildProcess[] = [];
  const launch = async (
    name: string,
    args: string[],
    env: Record<string, string> = {},
    node: string[] = [],
  ): Promise<ChildProcess> => {
    const log = await open(join(home, `${name}.log`), 'a');
    const child = spawn(process.execPath, [...node, executable, ...args], {
      stdio: ['ignore', log.fd, log.fd],
      env: { ...process.env, ...env },
    });
    await log.close();
    children.push(child);
    return child;
  };
  const hubHome = join(home, 'hub');
  const hub = await launch(
    'hub',
    ['hub', '--home', hubHome, '--listen', '127.0.0.1:0', '--log-level', 'warn'],
    // Packages that are only told of have no files, which would be told of as damage.
    { ...unitMemory(), MOROMI_HUB_SCRUB_RATE: '0' },
    process.env['MOROMI_HUB_NODE']?.split(' ') ?? [],
  );
  const file = await until(home, hub, () =>
    readFile(join(hubHome, 'hub.json'), 'utf8').catch(() => undefined),
  );
  const { url, pid } = JSON.parse(file) as { url: string; pid: number };
  const token = (await readFile(join(hubHome, 'admin.token'), 'utf8')).trim();
  const enrolToken = (await readFile(join(hubHome, 'enrol.token'), 'utf8')).trim();
  const client = new Client({ hub: url, token });
  const root = join(hubHome, 'pg/18');
  const password = (await readFile(join(root, 'password'), 'utf8')).trim();
  const postmaster = await readFile(join(root, 'data/postmaster.pid'), 'utf8');
  return {
    home,
    hub: url,
    client,
    hubPid: pid,
    postgresPid: Number(postmaster.split('\n')[0]),
    enrolToken,
    database: { host: join(root, 'run'), port: 5432, user: 'moromi', password, database: 'postgres' },
    startWorker: async (name, slots, { args = [], env = {} } = {}) => {
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
          ...args,
        ],
        { MOROMI_WORKER_ENROL_TOKEN: enrolToken, ...env },
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
      letGo(home);
      clearTimeout(late);
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
  await addTarget(world, {
    arches: [arch],
    macros: { dist: '.bench' },
    externalRepos: [{ name: 'base', url: `file://${base}/$arch`, priority: 50 }],
  });
  return arch;
}

/** A tag and target `bench` in which nothing is ever really built. */
export async function makeBareTarget(world: World, arches: string[]): Promise<void> {
  await addTarget(world, { arches, macros: { dist: '.bench' } });
}

async function addTarget(world: World, settings: NonNullable<NewTag['settings']>): Promise<void> {
  await world.client.call('createTag', { body: { name: 'bench', settings } });
  await world.client.call('createTarget', { body: { name: 'bench', buildTag: 'bench', destTag: 'bench' } });
  while ((await world.client.call('getTag', { params: { name: 'bench' } })).revision === null)
    await delay(20);
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
