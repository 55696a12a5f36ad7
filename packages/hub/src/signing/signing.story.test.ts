/** Signing from a tag's word to a signed copy, over the real API with real packages and keys of gpg. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Build } from '@moromi/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { query } from '../testing/hub.ts';
import { type Built, rpmbuild, sampleOf } from '../testing/samples.ts';
import { HandSigner, makeKeys, type TestKey } from '../testing/signer.ts';
import { type Stage, stageForEach } from '../testing/stage.ts';

const run = promisify(execFile);

let folder: string;
let alpha: Built;
let beta: Built;
let keys: Record<'one' | 'two', TestKey>;
let stage: Stage;
let signer: HandSigner;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'moromi-signing-'));
  [alpha, beta, keys] = await Promise.all([
    rpmbuild(folder, { name: 'alpha', arches: ['x86_64', 'i686'] }),
    rpmbuild(folder, { name: 'beta', preamble: ['BuildArch: noarch'] }),
    makeKeys({ one: {}, two: {} }),
  ]);
});
afterAll(() => rm(folder, { recursive: true }));
stageForEach(async (fresh) => {
  stage = fresh;
  await stage.call('addKey', { body: { name: 'one', armor: keys.one.armor } });
  signer = await HandSigner.enrol(stage, 'signer', keys.one);
});

const want = (key: string | null, more: object = {}, tag = 'f1') =>
  stage.call('setTagKey', { params: { name: tag }, body: { key, ...more } });
const signing = (build: Build) => stage.call('getBuildSigning', { params: { build: String(build.id) } });
const events = async (type: string) =>
  await query<{ data: Record<string, unknown>; subject: string }>(
    stage.access,
    'SELECT data, subject FROM events WHERE type = $1 ORDER BY id',
    [type],
  );

/** Built to its end, on a repository that shows what was built before. */
async function built(what: Built, tasks = 3): Promise<Build> {
  for (let more = true; more; ) {
    const lease = await stage.worker.claim({ kinds: ['publish'] });
    more = lease !== null;
    if (lease !== null) await stage.worker.finish(lease, { outcome: 'done' });
  }
  const build = await stage.submit(what.srpm);
  for (let n = 0; n < tasks; n++) await stage.worker.work(what, { kinds: ['srpm', 'build'] });
  return build;
}

/** What rpm says of a file, with one key in its keyring. */
async function rpmkeys(key: TestKey, bytes: Buffer): Promise<string> {
  const own = await mkdtemp(join(folder, 'rpmdb-'));
  const [file, ring] = [join(own, 'a.rpm'), join(own, 'key')];
  await writeFile(file, bytes);
  await writeFile(ring, key.armor);
  const dbpath = ['--dbpath', join(own, 'db')];
  await run('rpmkeys', [...dbpath, '--import', ring]);
  return (await run('rpmkeys', [...dbpath, '--define', '_pkgverify_level all', '-Kv', file])).stdout;
}

async function download(sha256: string): Promise<Buffer> {
  return Buffer.from(await (await fetch(`${stage.url}/api/v1/blobs/${sha256}`)).arrayBuffer());
}

describe('a build in a tag that wants a key', () => {
  test('is signed by it, and what comes out is what rpm takes for signed', async () => {
    await want('one');
    const build = await built(alpha);
    expect(await signing(build)).toMatchObject({ state: 'needsign' });
    const lease = await signer.take();
    expect(lease.sign).toMatchObject({ key: keys.one.fingerprint, form: 'header', rpm: null, files: [] });
    expect(lease.sign.packages.map((one) => [one.name, one.tag, one.package, one.nvr])).toEqual(
      expect.arrayContaining([
        ['alpha-1-1.src.rpm', 'f1', 'alpha', 'alpha-1-1'],
        ['alpha-1-1.x86_64.rpm', 'f1', 'alpha', 'alpha-1-1'],
        ['alpha-1-1.i686.rpm', 'f1', 'alpha', 'alpha-1-1'],
      ]),
    );
    expect(await signer.finish(lease, await signer.sign(lease.sign))).toEqual({
      accepted: true,
      state: 'done',
    });
    const after = await signing(build);
    expect(after.state).toBe('signed');
    for (const { signed, unsigned, signer: by } of after.items) {
      expect(by).toBe('signer');
      const bytes = await download(signed?.sha256 ?? '');
      expect(sampleOf('', bytes).sha256).toBe(signed?.sha256);
      expect(bytes.length).toBe(signed?.size);
      expect(signed?.sha256).not.toBe(unsigned.sha256);
      const said = await rpmkeys(keys.one, bytes);
      expect(said).toMatch(
        new RegExp(`Header V4 RSA/SHA256 Signature, key ID ${keys.one.fingerprint.slice(-8)}: OK`),
      );
      expect(said).not.toMatch(/NOT OK|BAD/);
    }
    expect(await events('build.signed')).toMatchObject([{ data: { key: 'one', rpms: 3, nvr: 'alpha-1-1' } }]);
    expect(await signer.claim()).toBeNull();
  });

  test('is signed in the form that an old release needs, and by a key that its rpm knows', async () => {
    expect(await want('one', { rpm: '4.11' })).toMatchObject({
      from: 'f1',
      keys: [{ key: 'one', form: 'header+payload', rpm: '4.11' }],
    });
    const build = await built(beta, 2);
    const lease = await signer.work();
    expect(lease.sign).toMatchObject({ form: 'header+payload', rpm: '4.11' });
    const [item] = (await signing(build)).items;
    const said = await rpmkeys(keys.one, await download(item?.signed?.sha256 ?? ''));
    expect(said.match(/Signature, key ID \w+: OK/g)).toHaveLength(2);
  });

  test('is told of as needing a signature, and its packages show who signed them', async () => {
    await want('one');
    const build = await built(beta, 2);
    expect(await events('build.needsign')).toMatchObject([
      { subject: `build:${build.id}`, data: { nvr: 'beta-1-1', rpms: 2 } },
    ]);
    await signer.work();
    const info = await stage.call('getRpm', { params: { rpm: 'beta-1-1.noarch' } });
    expect(info).toMatchObject({
      name: 'beta-1-1.noarch.rpm',
      nvr: 'beta-1-1',
      signings: [{ key: 'one', state: 'signed' }],
    });
    expect(await stage.call('getRpm', { params: { rpm: 'beta-1-1.noarch.rpm' } })).toEqual(info);
    expect((await stage.call('getKey', { params: { name: 'one' } })).signed).toBe(2);
  });
});

describe('what a tag wants', () => {
  test('comes from the nearest tag that says something, and a tag may want none', async () => {
    await want('one');
    await stage.call('createTag', { body: { name: 'child', inherits: [{ parent: 'f1', priority: 1 }] } });
    const keysOf = (name: string) => stage.call('getTagKeys', { params: { name } });
    expect(await keysOf('child')).toMatchObject({ from: 'f1', keys: [{ key: 'one', form: 'header' }] });
    await want(null, {}, 'child');
    expect(await keysOf('child')).toMatchObject({ from: 'child', keys: [{ key: null }] });
    await stage.call('removeTagKey', { params: { name: 'child' }, body: { key: null } });
    expect(await keysOf('child')).toMatchObject({ from: 'f1' });
    await stage.call('removeTagKey', { params: { name: 'f1' }, body: { key: 'one' } });
    expect(await keysOf('child')).toMatchObject({ from: null, keys: [] });
  });

  test('is wanted of what was there before, and of what is tagged into a tag above', async () => {
    const early = await built(beta, 2);
    await stage.call('addKey', { body: { name: 'two', armor: keys.two.armor } });
    await stage.call('createTag', { body: { name: 'child', inherits: [{ parent: 'f1', priority: 1 }] } });
    await want('two', {}, 'child');
    const second = await HandSigner.enrol(stage, 'second', keys.two);
    expect(await signing(early)).toMatchObject({
      state: 'needsign',
      items: [{ key: 'two' }, { key: 'two' }],
    });
    await second.work();
    expect(await signing(early)).toMatchObject({ state: 'signed' });
    const later = await built(alpha);
    await second.work();
    expect(await signing(later)).toMatchObject({ state: 'signed', items: [{ tag: 'child' }, {}, {}] });
    // The parent says nothing, so nobody wants the first key.
    expect(await signer.claim()).toBeNull();
  });

  test('may be of some architectures alone', async () => {
    await want('one', { arches: ['i686'] });
    const build = await built(alpha);
    expect((await signer.work()).sign.packages.map((one) => one.name)).toEqual(['alpha-1-1.i686.rpm']);
    expect(await signing(build)).toMatchObject({ state: 'signed', items: [{ arch: 'i686' }] });
  });

  test('is nothing for a scratch build', async () => {
    await want('one');
    const build = await stage.submit(beta.srpm, { scratch: true });
    for (let n = 0; n < 2; n++) await stage.worker.work(beta, { kinds: ['srpm', 'build'] });
    expect(await signing(build)).toMatchObject({ state: 'none', items: [] });
    expect(await signer.claim()).toBeNull();
  });
});

describe('a key', () => {
  test('that a signer offers counts when somebody says so, and only then', async () => {
    const offered = { name: 'two', armor: keys.two.armor, backend: 'file' };
    await signer.worker.line('offerKeys', { body: { keys: [offered] } });
    expect(await stage.call('getKey', { params: { name: 'two' } })).toMatchObject({
      state: 'offered',
      addedBy: 'signer',
      backend: 'file',
    });
    await expect(want('two')).rejects.toMatchObject({ problem: { code: 'unknown_key' } });
    const body = { name: 'release', fingerprint: keys.two.fingerprint };
    expect(await stage.call('addKey', { body })).toMatchObject({
      name: 'release',
      state: 'active',
      addedBy: 'admin',
    });
    expect(await want('release')).toMatchObject({ keys: [{ key: 'release' }] });
  });

  test('is given to dnf and rpm as it was, and never with its secret', async () => {
    const reply = await fetch((await stage.call('getKey', { params: { name: 'one' } })).url);
    expect(reply.headers.get('content-type')).toContain('application/pgp-keys');
    const own = await mkdtemp(join(folder, 'ring-'));
    await writeFile(join(own, 'key'), await reply.text());
    await run('rpmkeys', ['--dbpath', join(own, 'db'), '--import', join(own, 'key')]);
    const secret = stage.call('addKey', { body: { name: 'bad', armor: keys.two.secret } });
    await expect(secret).rejects.toMatchObject({ problem: { code: 'secret_key' } });
    const none = stage.call('addKey', { body: { name: 'bad', armor: 'no key' } });
    await expect(none).rejects.toMatchObject({ problem: { code: 'bad_key' } });
  });

  test('gives its place to another: tags go over, builds are signed anew, what it signed stays', async () => {
    await want('one');
    const build = await built(beta, 2);
    await signer.work();
    await stage.call('addKey', { body: { name: 'two', armor: keys.two.armor } });
    const second = await HandSigner.enrol(stage, 'second', keys.two);
    const old = await stage.call('rotateKey', { params: { name: 'one' }, body: { to: 'two' } });
    expect(old).toMatchObject({ state: 'retiring', successor: 'two', tags: [], signed: 2 });
    expect(await signing(build)).toMatchObject({ state: 'needsign' });
    await second.work();
    const after = await signing(build);
    expect(after.state).toBe('signed');
    expect(after.items.map((one) => one.key).toSorted()).toEqual(['one', 'one', 'two', 'two']);
    await expect(want('one')).rejects.toMatchObject({ problem: { code: 'key_revoked' } });
  });

  test('that is revoked signs nothing any more, and what waits for it is told so', async () => {
    await want('one');
    const build = await built(beta, 2);
    const lease = await signer.take();
    const signed = await signer.sign(lease.sign);
    await stage.call('revokeKey', { params: { name: 'one' }, body: { reason: 'lost' } });
    await expect(signer.finish(lease, signed)).rejects.toMatchObject({ problem: { code: 'lease_lost' } });
    const after = await signing(build);
    expect(after.items).toMatchObject([
      { state: 'canceled', failure: { code: 'key_revoked' }, signed: null },
      { state: 'canceled' },
    ]);
    const asked = stage.call('signBuilds', { body: { builds: [String(build.id)], key: 'one' } });
    await expect(asked).rejects.toMatchObject({ problem: { code: 'key_revoked' } });
    // A tag that still wants it is told with each build that comes.
    const next = await built(alpha);
    expect((await signing(next)).items[0]).toMatchObject({
      state: 'failed',
      failure: { code: 'key_revoked' },
    });
  });
});

describe('who asks', () => {
  test('for a key that no tag wants gets it, once', async () => {
    const build = await built(beta, 2);
    const ask = () => stage.call('signBuilds', { body: { builds: ['beta-1-1'], key: 'one' } });
    expect(await ask()).toMatchObject({ asked: 2, signed: 0, items: [{ state: 'waiting', tag: null }, {}] });
    await signer.work();
    expect(await ask()).toMatchObject({ asked: 0, signed: 2 });
    expect(await signing(build)).toMatchObject({ state: 'signed' });
    expect(await signer.claim()).toBeNull();
  });

  test('for what no tag wants, without a key, is told so; nor is what is not complete signed', async () => {
    const build = await built(beta, 2);
    const ask = (id: number) => stage.call('signBuilds', { body: { builds: [String(id)] } });
    await expect(ask(build.id)).rejects.toMatchObject({ problem: { code: 'nothing_to_sign' } });
    await want('one');
    const running = await stage.submit(alpha.srpm);
    await expect(ask(running.id)).rejects.toMatchObject({ problem: { code: 'build_not_complete' } });
  });

  test('to prune gets rid of copies that no revision names, and may have them again', async () => {
    await want('one');
    const build = await built(beta, 2);
    await signer.work();
    const prune = (really: boolean) => stage.call('pruneCopies', { body: { key: 'one', really } });
    expect(await prune(false)).toMatchObject({ copies: 2, inUse: 0 });
    expect(await signing(build)).toMatchObject({ state: 'signed' });
    expect((await prune(true)).bytes).toBeLessThan(2 * 8192);
    expect(await signing(build)).toMatchObject({ state: 'none' });
    await stage.call('signBuilds', { body: { builds: [String(build.id)] } });
    await signer.work();
    expect(await signing(build)).toMatchObject({ state: 'signed' });
  });
});
