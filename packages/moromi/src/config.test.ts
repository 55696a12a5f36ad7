import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { homedir, hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { clientConfig, hubConfig, workerConfig, workerHome } from './config.ts';
import { Settings } from './settings.ts';

let home: string;
let warnings: string[];

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'moromi-config-'));
  warnings = [];
});

function settings(
  env: NodeJS.ProcessEnv = {},
  file?: string,
  flags?: Record<string, string | boolean | string[]>,
  section: 'hub' | 'worker' = 'hub',
) {
  let config: string | undefined;
  if (file !== undefined) {
    config = join(home, 'moromi.toml');
    writeFileSync(config, file, { mode: 0o600 });
  }
  return new Settings({
    env: { HOME: home, ...env },
    ...(config === undefined ? {} : { config }),
    ...(flags === undefined ? {} : { flags: { section, values: flags } }),
    warn: (sentence) => warnings.push(sentence),
  });
}

const person = () => ({ env: { HOME: home, PATH: '' }, uid: 1000 });

test('without any setting a hub listens on the loopback address and keeps all in the usual home', () => {
  expect(hubConfig(settings(), person())).toEqual({
    home: join(home, '.local/share/moromi'),
    host: '127.0.0.1',
    port: 7171,
    ownWorker: true,
    logLevel: 'info',
  });
  expect(hubConfig(settings(), { env: {}, uid: 0 }).home).toBe('/var/lib/moromi');
  expect(workerHome(settings(), { env: {}, uid: 0 })).toBe('/var/lib/moromi-worker');
});

test('a worker takes builds from the hub on its machine, named after it', () => {
  expect(workerConfig(settings(), person())).toEqual({
    home: join(home, '.local/share/moromi-worker'),
    hub: 'http://127.0.0.1:7171',
    name: hostname().split('.')[0],
    kinds: ['srpm', 'build'],
    driver: 'native',
    logLevel: 'info',
  });
  const bin = join(home, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'mock'), '', { mode: 0o755 });
  expect(workerConfig(settings(), { env: { PATH: `/nonexistent:${bin}` }, uid: 0 }).driver).toBe('mock');
});

test('a flag goes before the environment, the environment before the file', () => {
  const file = '[hub]\nlisten = "0.0.0.0:1"\nhome = "/file"\nlog_level = "warn"\nown_worker = false\n';
  const config = hubConfig(
    settings({ MOROMI_HUB_LISTEN: '[::1]:2', MOROMI_HUB_HOME: '/env' }, file, { listen: '127.0.0.1:3' }),
    person(),
  );
  expect(config).toEqual({ home: '/env', host: '127.0.0.1', port: 3, ownWorker: false, logLevel: 'warn' });
});

test('every kind of key can be said in the environment', () => {
  const env = {
    MOROMI_WORKER_SLOTS: '2',
    MOROMI_WORKER_KINDS: 'plan, srpm',
    MOROMI_WORKER_ARCHES: 'x86_64,i686',
    MOROMI_WORKER_DRIVER: 'native',
    MOROMI_WORKER_ROOTS: 'copy',
    MOROMI_WORKER_ISOLATION: 'chroot',
    MOROMI_WORKER_MIN_FREE_DISK: '0',
    MOROMI_WORKER_MIN_FREE_MEMORY: '512',
    MOROMI_WORKER_MAX_CLOCK_OFFSET: '30',
    MOROMI_WORKER_STOP_FILE: '~/stop',
    MOROMI_WORKER_ENROL_TOKEN: 'secret',
    MOROMI_HUB_OWN_WORKER: 'no',
    MOROMI_HUB_DATABASE_URL: 'postgres://x',
  };
  expect(workerConfig(settings(env), person())).toMatchObject({
    slots: 2,
    kinds: ['plan', 'srpm'],
    arches: ['x86_64', 'i686'],
    roots: 'copy',
    isolation: 'chroot',
    minFreeDiskMb: 0,
    minFreeMemoryMb: 512,
    maxClockSeconds: 30,
    stopFile: join(homedir(), 'stop'),
    enrolToken: 'secret',
  });
  expect(hubConfig(settings(env), person())).toMatchObject({ ownWorker: false, databaseUrl: 'postgres://x' });
});

test('what is kept for how long is said in the file or the environment', () => {
  const env = { MOROMI_HUB_KEEP_READABLE: '72', MOROMI_HUB_SCRUB_RATE: '0' };
  expect(hubConfig(settings(env, '[hub]\nkeep_revisions = 3\n'), person()).keeping).toEqual({
    revisions: 3,
    readableHours: 72,
    scrubMb: 0,
  });
  expect(() => settings({ MOROMI_HUB_KEEP_REVISIONS: '0' })).toThrow(
    'hub.keep_revisions wants a whole number',
  );
});

test('a wrong variable or flag is named', () => {
  expect(() => settings({ MOROMI_WORKER_SLOTS: 'many' })).toThrow(
    'MOROMI_WORKER_SLOTS: worker.slots wants a whole number',
  );
  expect(() => settings({}, undefined, { slots: '0' }, 'worker')).toThrow(
    '--slots: worker.slots wants a whole number',
  );
  settings({ MOROMI_HUB_LISEN: 'x' });
  expect(warnings).toEqual(['MOROMI_HUB_LISEN is not a setting; did you mean MOROMI_HUB_LISTEN?']);
});

test("the client's short variables are the same as the long ones, which win", () => {
  expect(clientConfig(settings({ MOROMI_HUB: 'http://a', MOROMI_TOKEN: 't' }), person())).toEqual({
    hub: 'http://a',
    token: 't',
  });
  const both = { MOROMI_HUB: 'http://a', MOROMI_CLIENT_HUB: 'http://b' };
  expect(clientConfig(settings(both), person()).hub).toBe('http://b');
  expect(clientConfig(settings(both), person(), 'http://c').hub).toBe('http://c');
});

function aHub(told: Record<string, unknown> | undefined, mode = 0o600): string {
  const folder = join(home, '.local/share/moromi');
  mkdirSync(folder, { recursive: true });
  if (told !== undefined) writeFileSync(join(folder, 'hub.json'), JSON.stringify(told));
  for (const name of ['admin', 'enrol']) {
    writeFileSync(join(folder, `${name}.token`), `${name}-token\n`);
    chmodSync(join(folder, `${name}.token`), mode);
  }
  return folder;
}

test('a hub on this machine is found with its address and tokens', () => {
  aHub({ url: 'http://127.0.0.1:4321', pid: 1 });
  expect(clientConfig(settings(), person())).toEqual({ hub: 'http://127.0.0.1:4321', token: 'admin-token' });
  expect(workerConfig(settings(), person())).toMatchObject({
    hub: 'http://127.0.0.1:4321',
    enrolToken: 'enrol-token',
  });
});

test('its token goes to no other address', () => {
  aHub({ url: 'http://127.0.0.1:4321', pid: 1 });
  for (const other of [
    'http://127.0.0.1:9999',
    'http://example.org:4321',
    'https://example.org',
    'nonsense',
  ]) {
    expect(clientConfig(settings({ MOROMI_HUB: other }), person()).token).toBeUndefined();
  }
  aHub({ url: 'https://hub.example.org', pid: 1 });
  expect(clientConfig(settings(), person()).token).toBe('admin-token');
  expect(clientConfig(settings({ MOROMI_HUB: 'http://127.0.0.1:7171' }), person()).token).toBe('admin-token');
});

test('a token file that others can read is warned of, and its content is not shown', () => {
  const folder = aHub(undefined, 0o644);
  expect(clientConfig(settings(), person()).token).toBe('admin-token');
  expect(warnings).toEqual([
    `${folder}/admin.token holds a token and others can read it; run: chmod 600 ${folder}/admin.token`,
  ]);
  warnings = [];
  const file = join(home, 'moromi.toml');
  writeFileSync(file, '[client]\ntoken = "secret-token"\n');
  chmodSync(file, 0o644);
  new Settings({ env: {}, config: file, warn: (sentence) => warnings.push(sentence) });
  expect(warnings.join()).toContain('chmod 600');
  expect(warnings.join()).not.toContain('secret-token');
});

test('a secret may stand in a file of its own', () => {
  writeFileSync(join(home, 't'), 'from-file\nsecond line\n', { mode: 0o600 });
  expect(clientConfig(settings({}, `[client]\ntoken_file = "${home}/t"\n`), person()).token).toBe(
    'from-file',
  );
  expect(() => clientConfig(settings({}, '[client]\ntoken_file = "/nonexistent"\n'), person())).toThrow(
    /moromi\.toml:2: client\.token_file: \/nonexistent cannot be read/,
  );
});
