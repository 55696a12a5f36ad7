/**
 * `sign`: from the word that a tag wants a key until its 1,000 small packages are signed and their copies can be fetched:
 * fetched by the signer, read, hashed, checked, signed, noted, and all of it checked again by the hub. Beside one
 * `rpmsign` over the same packages with the same key, which reads, hashes and signs. `sign.desk`: the signer's part
 * alone, on files that are there. `sign.disk`: what a signed copy takes, of the store and of the ledger.
 */
import { execFile, spawnSync } from 'node:child_process';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { call } from '../packages/hub/src/testing/call.ts';
import { type Built, rpmbuild, type Sample } from '../packages/hub/src/testing/samples.ts';
import { submit } from '../packages/hub/src/testing/stage.ts';
import { enrol } from '../packages/hub/src/testing/worker.ts';
import { Chain } from '../packages/worker/src/signer/chain.ts';
import { Desk } from '../packages/worker/src/signer/desk.ts';
import { makeSignerKey } from '../packages/worker/src/signer/make-key.ts';
import { median, print, say, spread } from './figure.ts';
import { startWorld, type World } from './world.ts';

const run = promisify(execFile);
const builds = 10;
const perBuild = 100;
const runs = 3;

export async function sign(): Promise<void> {
  await using world = await startWorld();
  say(`building ${builds * perBuild} packages`);
  const built = await Promise.all(Array.from({ length: builds }, (_, n) => makeBuild(world, n)));
  const rpms = built.flatMap((one) => one.rpms.get('x86_64') ?? []);
  await bring(world, built);
  const signer = await makeSigner(world);
  const peers: number[] = [];
  const desks: number[] = [];
  const wholes: number[] = [];
  const before = await taken(world);
  for (let n = 0; n < runs; n++) {
    peers.push(await rpmsign(world, rpms, signer.keys[n] ?? '', n));
    desks.push(await deskAlone(world, rpms, signer, n));
    wholes.push(await throughHub(world, rpms.length, n));
    say(
      `run ${n}: rpmsign ${peers[n]?.toFixed(1)} s, desk ${desks[n]?.toFixed(1)} s, through the hub ${wholes[n]?.toFixed(1)} s`,
    );
  }
  const after = await taken(world);
  const [peer, ours, desk] = [median(peers), median(wholes), median(desks)];
  const base = { unit: 's', peer, peerName: 'rpmsign', runs };
  print({ figure: 'sign', ...base, ours, ratio: peer / ours, spread: spread(wholes) });
  print({ figure: 'sign.desk', ...base, ours: desk, ratio: peer / desk, spread: spread(desks) });
  const copies = runs * rpms.length;
  print({ figure: 'sign.disk', unit: 'bytes', ours: (after.store - before.store) / copies, runs: copies });
  print({
    figure: 'sign.ledger',
    unit: 'bytes',
    ours: (after.ledger - before.ledger) / copies,
    runs: copies,
  });
}

async function makeBuild(world: World, n: number): Promise<Built> {
  const subpackages = Array.from({ length: perBuild - 1 }, (_, at) => `p${at}`);
  return await rpmbuild(world.home, { name: `bench${n}`, subpackages });
}

/** The packages as builds of a tag; a builder by hand brings them. */
async function bring(world: World, built: readonly Built[]): Promise<void> {
  const { client } = world;
  await client.call('createTag', { body: { name: 'f1', settings: { arches: ['x86_64'] } } });
  await client.call('createTarget', { body: { name: 'f1', buildTag: 'f1', destTag: 'f1' } });
  while ((await client.call('getTag', { params: { name: 'f1' } })).revision === null) await delay(20);
  const token = (await readFile(join(world.home, 'hub', 'admin.token'), 'utf8')).trim();
  const hub = {
    call: <N extends Parameters<typeof call>[2]>(name: N, request?: Parameters<typeof call>[3]) =>
      call(world.hub, token, name, request),
  };
  const worker = await enrol({ url: world.hub, hub: { enrolToken: world.enrolToken } }, 'builder', [
    'x86_64',
  ]);
  for (const one of built) {
    await submit(hub as Parameters<typeof submit>[0], one.srpm);
    for (let n = 0; n < 2; n++) {
      const lease = await worker.take({ kinds: ['srpm', 'build'], waitSeconds: 25 });
      await worker.beat(lease);
      await worker.finish(lease, await worker.make(lease, one));
    }
  }
}

interface Signer {
  home: string;
  rules: string;
  /** Fingerprints, one a run. */
  keys: string[];
}

/** A worker that signs, with a key for each run. */
async function makeSigner(world: World): Promise<Signer> {
  const home = join(world.home, 'signing');
  const rules = join(world.home, 'rules.toml');
  await writeFile(rules, '[[allow]]\nname = "all"\nkeys = ["*"]\npackages = ["*"]\n');
  const keys: string[] = [];
  for (let n = 0; n < runs; n++) {
    const config = { home, rules, journal: join(home, 'journal'), gnupgKeys: [], maxPackageMb: 100 };
    const made = await makeSignerKey(config, { name: `key${n}`, type: 'rsa4096', lifetime: null });
    await world.client.call('addKey', { body: { name: `key${n}`, armor: made.armor } });
    keys.push(made.fingerprint);
  }
  const env = { MOROMI_SIGNER_HOME: home, MOROMI_SIGNER_RULES: rules };
  await world.startWorker('signer', 2, { args: ['--kinds', 'sign'], env });
  return { home, rules, keys };
}

async function throughHub(world: World, count: number, n: number): Promise<number> {
  const { client } = world;
  const name = `key${n}`;
  const at = performance.now();
  await client.call('setTagKey', { params: { name: 'f1' }, body: { key: name, arches: ['x86_64'] } });
  while ((await client.call('getKey', { params: { name } })).signed < count) await delay(20);
  return (performance.now() - at) / 1000;
}

async function deskAlone(
  world: World,
  rpms: readonly Sample[],
  { home, rules, keys }: Signer,
  n: number,
): Promise<number> {
  const folder = join(world.home, `desk${n}`);
  await mkdir(folder);
  for (const one of rpms) await writeFile(join(folder, one.sha256), one.bytes);
  await using desk = await Desk.open({
    home,
    rules,
    journal: join(folder, 'journal'),
    gnupgKeys: [],
    maxPackageMb: 100,
  });
  const packages = rpms.map(({ sha256, bytes, name }) => ({
    sha256,
    size: bytes.length,
    name,
    tag: 'f1',
    nevra: name.replace(/\.rpm$/, ''),
    package: 'bench',
    nvr: 'bench-1-1',
  }));
  const order = { key: keys[n] ?? '', form: 'header' as const, rpm: null, packages, files: [] };
  const at = performance.now();
  const made = await desk.sign(
    order,
    (sha256) => join(folder, sha256),
    { task: null, attempt: null },
    new AbortController().signal,
  );
  const seconds = (performance.now() - at) / 1000;
  if (made.packages.some((one) => one.header === undefined)) throw new Error('the desk refused something');
  await new Chain(join(folder, 'journal')).verify();
  await rm(folder, { recursive: true });
  return seconds;
}

async function rpmsign(
  world: World,
  rpms: readonly Sample[],
  fingerprint: string,
  n: number,
): Promise<number> {
  const folder = join(world.home, `peer${n}`);
  const gnupg = join(folder, 'gnupg');
  await mkdir(gnupg, { recursive: true, mode: 0o700 });
  await cp(join(world.home, 'signing', 'keys', `key${n}.asc`), join(folder, 'key.asc'));
  const env = { PATH: process.env['PATH'] ?? '', GNUPGHOME: gnupg, HOME: folder, LC_ALL: 'C.UTF-8' };
  await run(
    'gpg',
    ['--batch', '--pinentry-mode', 'loopback', '--passphrase', '', '--import', join(folder, 'key.asc')],
    { env },
  );
  for (const one of rpms) await writeFile(join(folder, one.name), one.bytes);
  const define = [
    '--define',
    '__gpg /usr/bin/gpg',
    '--define',
    `_gpg_path ${gnupg}`,
    '--define',
    '_gpg_digest_algo sha256',
  ];
  const at = performance.now();
  const files = rpms.map((one) => join(folder, one.name));
  const done = spawnSync('rpmsign', ['--addsign', `--key-id=${fingerprint}`, ...define, ...files], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const seconds = (performance.now() - at) / 1000;
  await run('gpgconf', ['--kill', 'all'], { env });
  if (done.status !== 0) throw new Error(`rpmsign: ${done.stderr}`);
  await rm(folder, { recursive: true });
  return seconds;
}

/** What the store and the ledger take, in bytes. */
async function taken(world: World): Promise<{ store: number; ledger: number }> {
  const { stdout } = await run('du', [
    '--block-size=1',
    '--summarize',
    '--',
    join(world.home, 'hub', 'blobs'),
  ]);
  const client = new pg.Client(world.database);
  await client.connect();
  try {
    const tables = ['copies', 'signings', 'blobs']
      .map((one) => `pg_total_relation_size('${one}')`)
      .join(' + ');
    const { rows } = await client.query<{ size: string }>(`SELECT ${tables} AS size`);
    return { store: Number(stdout.split('\t')[0]), ledger: Number(rows[0]?.size ?? 0) };
  } finally {
    await client.end();
  }
}
