/** A signer on a machine of its own, from its key to packages that dnf takes; and what may happen to it. */
import { execFile } from 'node:child_process';
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { BuildSigning } from '@moromi/contract';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { checkPromises } from '../harness/promises.ts';
import { System } from '../harness/system.ts';
import { SignerPlace } from './place.ts';

const run = promisify(execFile);

let system: System;
let place: SignerPlace;
let fingerprint: string;

beforeAll(async () => {
  system = await System.start();
  place = await SignerPlace.make(system);
});
afterEach(async () => {
  // What a test that failed has left.
  await place?.stopAll();
});
afterAll(async () => {
  try {
    if (system !== undefined) await checkPromises(system.connection(), join(system.home('hub'), 'blobs'));
  } finally {
    await system?.stop();
    await place?.[Symbol.asyncDispose]();
  }
});

async function moromi(...args: string[]): Promise<string> {
  const { code, out } = await system.cli(args);
  if (code !== 0) throw new Error(`moromi ${args.join(' ')}: ${code}\n${out}`);
  return out;
}

const signing = async (build: number): Promise<BuildSigning> =>
  await system.client.call('getBuildSigning', { params: { build: String(build) } });
const signed = (build: number) => system.event(build, /^build\.signed$/, 90_000);

/** A build that is complete and whose build repository shows it. */
async function built(dist: string): Promise<number> {
  const { id } = await system.submit('hello-c', { dist, arches: ['x86_64'] });
  expect(await system.over(id)).toMatchObject({ state: 'complete' });
  await system.event(id, /^build\.published$/);
  return id;
}

/** What the signer's journal notes of the first package of a build. */
async function noted({ items: [first] }: BuildSigning): Promise<string[]> {
  const lines = (await place.signer('journal')).trim().split('\n');
  return lines
    .map((line) => JSON.parse(line) as { sha256?: string; event: string })
    .flatMap((line) => (line.sha256 === first?.unsigned.sha256 ? [line.event] : []));
}

async function copiesOf(build: number): Promise<number> {
  const [found] = await system.sql<{ n: number }>(
    'SELECT count(*)::int AS n FROM copies c JOIN rpms r ON r.id = c.rpm_id WHERE r.build_id = $1 AND c.key_id IS NOT NULL',
    [build],
  );
  return found?.n ?? 0;
}

async function leave(worker: Awaited<ReturnType<SignerPlace['start']>>): Promise<void> {
  worker.signal('SIGTERM');
  await worker.ends();
}

test('a key is made on the signer, and only its public part leaves it', async () => {
  const said = await place.signer('make-key', 'release', '--type', 'rsa4096', '--expires', '1y');
  fingerprint = /Made release: ([0-9a-f]{40})/.exec(said)?.[1] ?? '';
  expect(fingerprint).not.toBe('');
  expect(said).toContain('-----BEGIN PGP PUBLIC KEY BLOCK-----');
  expect(said).not.toContain('PRIVATE');
  const worker = await place.start();
  expect(JSON.parse(await moromi('--json', 'list-keys'))).toMatchObject([
    { name: 'release', state: 'offered', fingerprint, signers: ['signer'], backend: 'file' },
  ]);
  await moromi('add-key', 'release', '--offered', fingerprint);
  await moromi('set-tag-key', 'el9', 'release');
  await leave(worker);
});

test('the signer reaches the hub and nothing else, and nobody else reaches its keys', async () => {
  const probe = join(system.dir, 'probe.mjs');
  await writeFile(
    probe,
    `import { connect } from 'node:net';
     import { networkInterfaces } from 'node:os';
     const tries = process.argv.slice(2).map((one) => new Promise((done) => {
       const [host, port] = one.split(' ');
       const socket = connect({ host, port: Number(port), timeout: 3000 });
       socket.on('connect', () => { done('connected'); socket.destroy(); });
       socket.on('timeout', () => { done('timeout'); socket.destroy(); });
       socket.on('error', (error) => done(error.code));
     }));
     const on = Object.keys(networkInterfaces());
     console.log(JSON.stringify({ tries: await Promise.all(tries), on, uid: process.getuid() }));`,
  );
  // Another service of the host's own loopback, and the world.
  const other = createServer().listen(0, '127.0.0.1');
  await new Promise((done) => other.once('listening', done));
  const { port } = other.address() as { port: number };
  const wanted = [`127.0.0.1 ${system.port}`, `127.0.0.1 ${port}`, '192.0.2.1 80', '2001:db8::1 80'];
  const [file = '', ...args] = place.inside([process.execPath, probe, ...wanted]);
  const { stdout } = await run(file, args, { env: place.env() });
  other.close();
  expect(JSON.parse(stdout)).toMatchObject({
    tries: ['connected', 'ECONNREFUSED', 'ENETUNREACH', expect.stringMatching(/UNREACH|NOTAVAIL/)],
    on: ['lo'],
    uid: 64_321,
  });
  const stranger = ['--reuid', '64322', '--regid', '64322', '--clear-groups', 'ls', join(place.home, 'keys')];
  await expect(run('setpriv', stranger)).rejects.toThrow(/Permission denied/);
});

test('what a tag holds is signed, rpm says so, and dnf installs it with gpgcheck and repo_gpgcheck', async () => {
  const worker = await place.start();
  const definition = { arches: ['x86_64'], keys: ['release'], repoKey: 'release' };
  await system.client.call('createDist', { body: { name: 'prod', tag: 'el9', definition } });
  const build = await built('.signed');
  await signed(build);
  const { state, items } = await signing(build);
  expect(state).toBe('signed');
  expect(items.every((one) => one.signer === 'signer')).toBe(true);
  const { url } = await system.client.call('getKey', { params: { name: 'release' } });
  await writeFile(join(system.dir, 'release.key'), await (await fetch(url)).text());
  const db = ['--dbpath', join(system.dir, 'rpmdb')];
  await run('rpmkeys', [...db, '--import', join(system.dir, 'release.key')]);
  for (const one of items) {
    const path = join(system.dir, one.name);
    await writeFile(path, Buffer.from(await (await fetch(one.signed?.url ?? '')).arrayBuffer()));
    const { stdout } = await run('rpmkeys', [...db, '--define', '_pkgverify_level all', '-Kv', path]);
    expect(stdout).toMatch(/Header V4 RSA\/SHA256 Signature, key ID [0-9a-f]+: OK/);
    expect(stdout).not.toMatch(/NOT|BAD/);
  }
  const written = join(system.dir, 'written');
  expect(await moromi('sign-build', String(build))).toContain(items[0]?.name);
  // Koji's word for it.
  await moromi('write-signed', 'release', String(build), '--dir', written);
  expect((await readdir(written)).toSorted()).toEqual(items.map((one) => one.name).toSorted());
  for (const { name } of items)
    expect(await readFile(join(written, name))).toEqual(await readFile(join(system.dir, name)));
  expect(await moromi('build-info', String(build))).toMatch(/Signatures: +signed/);
  await system.until('the repository that is shipped shows the build', async () => {
    const { revision } = await system.client.call('getDist', { params: { name: 'prod' } });
    return revision?.trees.some((one) => one.tree === 'x86_64/os' && one.packages > 0) || undefined;
  });
  expect(await dnfInstall('hello-c')).toMatch(/hello-c-1\.0-1\.signed\.x86_64/);
  await leave(worker);
});

/** From the repository that is shipped, as its own .repo file says. @returns what rpm says of it in the new root */
async function dnfInstall(name: string): Promise<string> {
  const repos = join(system.dir, 'repos.d');
  await mkdir(repos);
  const file = await (await fetch(`${system.url}/dist/prod/prod.repo`)).text();
  expect(file).toMatch(/^gpgcheck=1$/m);
  expect(file).toMatch(/^repo_gpgcheck=1$/m);
  const base = `[base]\nname=base\nbaseurl=${system.externalUrl().replace('$arch', 'x86_64')}\ngpgcheck=0\n`;
  await writeFile(join(repos, 'all.repo'), `${file}\n${base}`);
  const root = join(system.dir, 'signed-root');
  const where = [
    `--installroot=${root}`,
    '--releasever=9',
    '--forcearch=x86_64',
    `--setopt=reposdir=${repos}`,
    // It would offer what other clients of this machine have fetched.
    '--disableplugin=local',
  ];
  const own = [`--setopt=cachedir=${system.dir}/dnf-signed`, `--setopt=logdir=${system.dir}`];
  const env = { ...process.env, HOME: system.dir };
  await run('dnf', ['--assumeyes', ...where, ...own, '--setopt=install_weak_deps=0', 'install', name], {
    env,
  });
  const query = [
    '--root',
    root,
    '--query',
    '--queryformat',
    '%{NEVRA} %{SIGPGP:pgpsig}%{RSAHEADER:pgpsig}',
    name,
  ];
  return (await run('rpm', query, { env })).stdout;
}

describe('a signer that is killed', () => {
  test.each(['worker.sign.journal', 'worker.sign.signed', 'worker.result:before', 'worker.result:after'])(
    'at %s leaves one copy of each package, and a line for each signature that it made',
    async (point) => {
      const marker = join(place.home, `${point.replace(':', '-')}.done`);
      const worker = await place.start({ MOROMI_FAULT_KILL: point, MOROMI_FAULT_DONE: marker });
      const build = await built(`.${point.replace(/[^a-z]/g, '')}`);
      await worker.ends(90_000);
      const again = await place.start();
      await signed(build);
      const said = await signing(build);
      expect(said.state).toBe('signed');
      const expected = {
        'worker.sign.journal': ['signing', 'signing', 'signed'],
        'worker.result:after': ['signing', 'signed'],
      };
      const usual = ['signing', 'signed', 'signing', 'signed'];
      expect(await noted(said)).toEqual(expected[point as keyof typeof expected] ?? usual);
      expect(await copiesOf(build)).toBe(said.items.length);
      expect(await place.signer('journal', '--verify')).toMatch(/lines, whole/);
      await leave(again);
    },
  );
});

describe('a hub that is killed while it accepts signatures', () => {
  test.each(['signing.fronts', 'ledger.tasks.finish.sign:before', 'ledger.tasks.finish.sign:after'])(
    'at %s has each of them once when it is back',
    async (point) => {
      const build = await built(`.hub${point.replace(/[^a-z]/g, '')}`);
      const marker = join(system.dir, `${point.replace(':', '-')}.done`);
      await system.killHub();
      const hub = await system.startHub({ MOROMI_FAULT_KILL: point, MOROMI_FAULT_DONE: marker });
      const worker = await place.start();
      await hub.ends(90_000);
      await system.startHub({ MOROMI_FAULT_DONE: marker });
      await signed(build);
      const said = await signing(build);
      expect(said.state).toBe('signed');
      expect(await copiesOf(build)).toBe(said.items.length);
      await leave(worker);
    },
  );
});

test('a list of checksums and an announcement are signed, and gpg says so', async () => {
  const worker = await place.start();
  const path = join(system.dir, 'CHECKSUM');
  await writeFile(path, 'SHA256 (a.iso) = 00\n- not a dash\n');
  const gpg = async (...args: string[]) => {
    const keyring = join(system.dir, 'release.gpg');
    const armor = await (
      await fetch((await system.client.call('getKey', { params: { name: 'release' } })).url)
    ).text();
    await writeFile(join(system.dir, 'release.asc'), armor);
    await run('gpg', ['--batch', '--yes', '--dearmor', '--output', keyring, join(system.dir, 'release.asc')]);
    return (await run('gpgv', ['--keyring', keyring, ...args])).stderr;
  };
  expect(await moromi('sign-file', 'release', path)).toContain(`${path}.asc`);
  expect(await gpg(`${path}.asc`, path)).toContain('Good signature');
  await moromi('sign-file', 'release', path, '--clear', '--output', `${path}.signed`);
  expect(await readFile(`${path}.signed`, 'utf8')).toMatch(/^-----BEGIN PGP SIGNED MESSAGE-----/);
  expect(await gpg(`${path}.signed`)).toContain('Good signature');
  // Only what its rules name.
  await writeFile(join(system.dir, 'other.txt'), 'not for this key\n');
  const { code, out } = await system.cli(['sign-file', 'release', join(system.dir, 'other.txt')]);
  expect([code, out]).toEqual([1, expect.stringContaining('not_allowed')]);
  await leave(worker);
});

test('a package that is damaged on its way is not signed, and is when it is whole again', async () => {
  const build = await built('.damaged');
  const [item] = (await signing(build)).items;
  const sha256 = item?.unsigned.sha256 ?? '';
  const path = join(system.home('hub'), 'blobs', 'sha256', sha256.slice(0, 2), sha256.slice(2));
  const good = await readFile(path);
  const bad = Buffer.from(good);
  bad[bad.length - 10] = (bad[bad.length - 10] ?? 0) ^ 1;
  await writeFile(path, bad);
  const worker = await place.start();
  await worker.says(/blob_damaged/, 60_000);
  expect(await signing(build)).toMatchObject({ state: 'needsign' });
  await writeFile(path, good);
  // It may have been tried so often meanwhile that it rests for a while.
  await system.until('it is signed', async () => {
    await system.passTime(60);
    return (await signing(build)).state === 'signed' || undefined;
  });
  await leave(worker);
});

describe('where no hub is reached', () => {
  test('packages are exported, signed in their folder, and their signatures come back', async () => {
    const build = await built('.gap');
    const folder = join(system.dir, 'gap');
    expect(await moromi('export-unsigned', folder, '--key', 'release', '--target', 'el9')).toMatch(
      /of 1 builds/,
    );
    await run('chown', ['-R', '64321:64321', folder]);
    expect(await place.signer('sign-folder', folder)).toMatch(/hello.*\.rpm {2}signed/);
    expect(await moromi('import-sig', folder)).toMatch(/imported/);
    const { state, items } = await signing(build);
    expect(state).toBe('signed');
    expect(items.every((one) => one.signer === 'admin')).toBe(true);
  });

  test('or are signed by rpmsign; and a PUSHED marker finishes what was done elsewhere', async () => {
    const build = await built('.rpmsign');
    const folder = join(system.dir, 'rpmsign');
    await moromi('export-unsigned', folder, '--key', 'release', '--tag', 'el9');
    const gnupg = join(system.dir, 'gnupg');
    await mkdir(gnupg, { mode: 0o700 });
    const env = { PATH: process.env['PATH'] ?? '', GNUPGHOME: gnupg, HOME: gnupg };
    const secret = join(place.home, 'keys', 'release.asc');
    await run('gpg', ['--batch', '--pinentry-mode', 'loopback', '--passphrase', '', '--import', secret], {
      env,
    });
    const [first, ...rest] = (await signing(build)).items;
    const macros = ['__gpg /usr/bin/gpg', `_gpg_path ${gnupg}`, '_gpg_digest_algo sha256'];
    const defines = macros.flatMap((one) => ['--define', one]);
    const file = join(folder, first?.name ?? '');
    await run('rpmsign', ['--addsign', `--key-id=${fingerprint}`, ...defines, file], { env });
    await run('gpgconf', ['--kill', 'all'], { env });
    for (const { name } of rest) await rm(join(folder, name));
    await moromi('import-sig', folder);
    expect(await signing(build)).toMatchObject({ state: 'needsign' });
    await expect(moromi('import-sig', '--pushed', folder)).rejects.toThrow(/PUSHED/);
    await writeFile(join(folder, 'PUSHED'), '');
    await moromi('import-sig', '--pushed', folder);
    const { state, items } = await signing(build);
    expect(state).toBe('finished');
    expect(new Set(items.map((one) => one.state))).toEqual(new Set(['finished', 'signed']));
  });

  test('a PUSHED marker finishes nothing of what a signer owes by another key', async () => {
    const made = await place.signer('make-key', 'paper', '--type', 'rsa3072', '--expires', '1y');
    const armor = /-----BEGIN PGP PUBLIC KEY BLOCK-----.*-----END PGP PUBLIC KEY BLOCK-----/s.exec(made)?.[0];
    await writeFile(join(system.dir, 'paper.asc'), `${armor}\n`);
    await moromi('add-key', 'paper', join(system.dir, 'paper.asc'), '--offline');
    await moromi('set-tag-key', 'el9', 'paper');
    const build = await built('.paper');
    const folder = join(system.dir, 'paper');
    await moromi('export-unsigned', folder, '--key', 'paper', '--tag', 'el9');
    await writeFile(join(folder, 'PUSHED'), '');
    // Of an earlier build, so it is of another package than the one that it is named after.
    const [{ name = '' } = {}] = (await signing(build)).items;
    const wrong = join(folder, `${name}.sig`);
    const [other = ''] = (await readdir(join(system.dir, 'gap'))).filter((one) => one.endsWith('.sig'));
    await copyFile(join(system.dir, 'gap', other), wrong);
    const { code, out } = await system.cli(['import-sig', '--pushed', folder]);
    expect([code, out]).toEqual([1, expect.stringContaining(`build ${build} is not finished for paper`)]);
    expect(out).toMatch(new RegExp(`^${name.replaceAll('.', '\\.')} .*refused`, 'm'));
    expect((await signing(build)).items.every((one) => one.state === 'waiting')).toBe(true);
    await rm(wrong);
    expect(await moromi('import-sig', '--pushed', folder)).toContain(`build ${build} is finished for paper`);
    expect(await signing(build)).toMatchObject({ state: 'needsign' });
    const worker = await place.start();
    await signed(build);
    const { state, items } = await signing(build);
    expect(state).toBe('finished');
    expect(new Set(items.map((one) => `${one.key} ${one.state}`))).toEqual(
      new Set(['release signed', 'paper finished']),
    );
    await leave(worker);
  });
});
