/**
 * What each process is told, made from the settings.
 *
 * Invariant: a secret comes from a file or the environment only, and goes nowhere but into the configuration of the
 * process that needs it; a token found in a local hub's home is used for that hub's own address only.
 */
import { accessSync, constants, readFileSync } from 'node:fs';
import { homedir, hostname } from 'node:os';
import { delimiter, join } from 'node:path';
import type { HubConfig } from '@moromi/hub';
import type { SignerConfig, WorkerConfig } from '@moromi/worker';
import { readRepoScripts } from './repo-scripts.ts';
import type { Settings } from './settings.ts';
import { listenOf } from './values.ts';

type LogLevel = HubConfig['logLevel'];

export interface Surroundings {
  env: NodeJS.ProcessEnv;
  /** Effective user; 0 is root. */
  uid: number;
}

export interface ClientConfig {
  hub: string;
  token?: string;
}

const usualListen = '127.0.0.1:7171';

export function hubConfig(settings: Settings, around: Surroundings): HubConfig {
  const { host, port } = listenOf(settings.text('hub', 'listen') ?? usualListen);
  return {
    home: hubHome(settings, around),
    host,
    port,
    ...given('publicUrl', settings.text('hub', 'public_url')),
    ...given('databaseUrl', settings.secret('hub', 'database_url')),
    ...given('pgBinaries', settings.text('hub', 'pg_binaries')),
    ownWorker: settings.boolean('hub', 'own_worker') ?? true,
    ...keepingOf(settings),
    ...given('repoScripts', scriptsOf(settings.text('hub', 'repo_scripts'), around)),
    logLevel: (settings.text('hub', 'log_level') ?? 'info') as LogLevel,
  };
}

/** What is said of it and nothing else. */
function keepingOf(settings: Settings): Pick<HubConfig, 'keeping'> {
  const keeping = {
    ...given('revisions', settings.integer('hub', 'keep_revisions')),
    ...given('readableHours', settings.integer('hub', 'keep_readable')),
    ...given('graceHours', settings.integer('hub', 'keep_unused')),
    ...given('runCacheMb', settings.integer('hub', 'run_cache')),
    ...given('scrubDays', settings.integer('hub', 'scrub_days')),
    ...given('scrubMb', settings.integer('hub', 'scrub_rate')),
  };
  return Object.keys(keeping).length === 0 ? {} : { keeping };
}

function scriptsOf(path: string | undefined, { uid }: Surroundings): HubConfig['repoScripts'] {
  return path === undefined ? undefined : readRepoScripts(path, uid);
}

export function workerConfig(settings: Settings, around: Surroundings): WorkerConfig {
  const hub = settings.text('worker', 'hub') ?? clientHub(settings, around);
  const local = localToken(settings, around, hub, 'enrol.token');
  const kinds = (settings.list('worker', 'kinds') ?? ['srpm', 'build']) as WorkerConfig['kinds'];
  return {
    home: workerHome(settings, around),
    hub,
    name: settings.text('worker', 'name') ?? hostname().split('.')[0] ?? 'worker',
    ...given('enrolToken', settings.secret('worker', 'enrol_token') ?? local),
    kinds,
    ...given('arches', settings.list('worker', 'arches')),
    ...given('slots', settings.integer('worker', 'slots')),
    driver: (settings.text('worker', 'driver') ?? usualDriver(around)) as WorkerConfig['driver'],
    ...given('roots', settings.text('worker', 'roots') as WorkerConfig['roots']),
    ...given('isolation', settings.text('worker', 'isolation') as WorkerConfig['isolation']),
    ...given('minFreeDiskMb', settings.integer('worker', 'min_free_disk')),
    ...given('minFreeMemoryMb', settings.integer('worker', 'min_free_memory')),
    ...given('maxClockSeconds', settings.integer('worker', 'max_clock_offset')),
    ...given('stopFile', settings.text('worker', 'stop_file')),
    ...given('signer', kinds.includes('sign') ? signerConfig(settings, around) : undefined),
    logLevel: (settings.text('worker', 'log_level') ?? 'info') as LogLevel,
  };
}

/** Of a worker that signs, and of `moromi signer`. */
export function signerConfig(settings: Settings, around: Surroundings): SignerConfig {
  const home = settings.text('signer', 'home') ?? join(workerHome(settings, around), 'signer');
  return {
    home,
    rules: settings.text('signer', 'rules') ?? join(home, 'rules.toml'),
    journal: settings.text('signer', 'journal') ?? join(home, 'journal'),
    ...given('gnupgHome', settings.text('signer', 'gnupg_home')),
    gnupgKeys: settings.list('signer', 'gnupg_keys') ?? [],
    ...given('passphrase', settings.secret('signer', 'passphrase')),
    maxPackageMb: settings.integer('signer', 'max_package') ?? 8192,
  };
}

/** `hub` is the client's `--hub`, which goes before everything else. */
export function clientConfig(settings: Settings, around: Surroundings, hub?: string): ClientConfig {
  const address = hub ?? clientHub(settings, around);
  const token = settings.secret('client', 'token') ?? localToken(settings, around, address, 'admin.token');
  return { hub: address, ...given('token', token) };
}

export function workerHome(settings: Settings, around: Surroundings): string {
  return settings.text('worker', 'home') ?? usualHome(around, 'moromi-worker');
}

function hubHome(settings: Settings, around: Surroundings): string {
  return settings.text('hub', 'home') ?? usualHome(around, 'moromi');
}

function usualHome(around: Surroundings, name: string): string {
  if (around.uid === 0) return join('/var/lib', name);
  const data = around.env['XDG_DATA_HOME'] ?? join(around.env['HOME'] ?? homedir(), '.local', 'share');
  return join(data, name);
}

/** The address that was set, or that of the hub that runs on this machine. */
function clientHub(settings: Settings, around: Surroundings): string {
  const set = settings.text('client', 'hub');
  if (set !== undefined) return set;
  return runningHub(settings, around) ?? `http://${settings.text('hub', 'listen') ?? usualListen}`;
}

/** What the local hub wrote of itself into `hub.json`; undefined where none did or it cannot be read. */
function runningHub(settings: Settings, around: Surroundings): string | undefined {
  try {
    const told: unknown = JSON.parse(readFileSync(join(hubHome(settings, around), 'hub.json'), 'utf8'));
    const { address, url } = told as { address?: unknown; url?: unknown };
    const found = address ?? url;
    return typeof found === 'string' && found.startsWith('http') ? found : undefined;
  } catch {
    return undefined;
  }
}

/** A token from the local hub's home, for an address that is that hub's and no other. */
function localToken(settings: Settings, around: Surroundings, hub: string, file: string): string | undefined {
  if (!URL.canParse(hub)) return undefined;
  const told = runningHub(settings, around);
  // Another service on this machine must not be handed the hub's token.
  const own = [told, `http://${settings.text('hub', 'listen') ?? usualListen}`]
    .filter((address) => address !== undefined && URL.canParse(address))
    .map((address) => new URL(address ?? ''));
  const url = new URL(hub);
  const here = ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);
  const same = own.some((one) => one.origin === url.origin || (here && one.port === url.port));
  return same ? settings.secretFile(join(hubHome(settings, around), file)) : undefined;
}

function usualDriver(around: Surroundings): 'native' | 'mock' {
  for (const folder of (around.env['PATH'] ?? '').split(delimiter)) {
    try {
      if (folder !== '') {
        accessSync(join(folder, 'mock'), constants.X_OK);
        return 'mock';
      }
    } catch {
      // not in this folder
    }
  }
  return 'native';
}

/** A property only where there is a value: an absent one means the process's own default. */
function given<K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> {
  return value === undefined ? {} : ({ [key]: value } as Record<K, V>);
}
