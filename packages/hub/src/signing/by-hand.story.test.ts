/** Signatures that people bring, and those that they say were made elsewhere. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Build } from '@moromi/contract';
import { beforeAll, describe, expect, test } from 'vitest';
import { query } from '../testing/hub.ts';
import { type Built, rpmbuild } from '../testing/samples.ts';
import { HandSigner, makeKeys, type TestKey } from '../testing/signer.ts';
import { type Stage, stageForEach } from '../testing/stage.ts';

let beta: Built;
let keys: Record<'one' | 'two', TestKey>;
let stage: Stage;
let signer: HandSigner;
beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'moromi-by-hand-'));
  beta = await rpmbuild(folder, { name: 'beta', preamble: ['BuildArch: noarch'] });
  keys = await makeKeys({ one: {}, two: {} });
  return () => rm(folder, { recursive: true });
});
stageForEach(async (fresh) => {
  stage = fresh;
  await stage.call('addKey', { body: { name: 'one', armor: keys.one.armor } });
  signer = await HandSigner.enrol(stage, 'signer', keys.one);
  await want('one');
});

const want = (key: string) => stage.call('setTagKey', { params: { name: 'f1' }, body: { key } });
const signing = ({ id }: Build) => stage.call('getBuildSigning', { params: { build: String(id) } });
const copies = async () => (await query(stage.access, 'SELECT FROM copies WHERE key_id IS NOT NULL')).length;

async function built(what: Built): Promise<Build> {
  const build = await stage.submit(what.srpm);
  for (let n = 0; n < 2; n++) await stage.worker.work(what, { kinds: ['srpm', 'build'] });
  return build;
}

describe('what was done by hand', () => {
  test('is brought as signatures, whose key is read from them', async () => {
    const build = await built(beta);
    const offered = await signer.take();
    const items = [];
    for (const { name, sha256 } of offered.sign.packages)
      items.push({ name, header: await signer.header(sha256) });
    const said = await stage.call('importSignatures', { body: { items } });
    expect(said.items).toMatchObject([
      { outcome: 'imported', key: 'one' },
      { outcome: 'imported', key: 'one' },
    ]);
    expect(await signing(build)).toMatchObject({
      state: 'signed',
      items: [{ signer: 'admin' }, { signer: 'admin' }],
    });
    // The signer comes after it; nothing is left for it to bring.
    expect(await signer.finish(offered, await signer.sign(offered.sign))).toMatchObject({ accepted: true });
    expect(await copies()).toBe(2);
    const foreign = [
      {
        name: items[0]?.name ?? '',
        header: await signer.header(offered.sign.packages[0]?.sha256 ?? '', 'header', keys.two.signer),
      },
    ];
    expect((await stage.call('importSignatures', { body: { items: foreign } })).items).toMatchObject([
      { outcome: 'refused', failure: { code: 'key_unknown' } },
    ]);
  });

  test('elsewhere is said to be finished, by an administrator and with a reason', async () => {
    const build = await built(beta);
    const params = { build: String(build.id) };
    const done = await stage.call('finishSigning', { params, body: { reason: 'pushed by hand' } });
    expect(done).toMatchObject({ state: 'finished', items: [{ failure: { code: 'finished_by_hand' } }, {}] });
    const events = await query<{ data: object }>(
      stage.access,
      `SELECT data FROM events WHERE type = 'build.sign-finished'`,
    );
    expect(events).toMatchObject([{ data: { reason: 'pushed by hand', nvr: 'beta-1-1', rpms: 2 } }]);
    await expect(stage.call('finishSigning', { params, body: { reason: 'again' } })).rejects.toMatchObject({
      problem: { code: 'nothing_to_sign' },
    });
  });

  test('elsewhere for one key leaves what another key owes', async () => {
    await stage.call('addKey', { body: { name: 'paper', armor: keys.two.armor, offline: true } });
    await want('paper');
    const build = await built(beta);
    const lease = await signer.take();
    const params = { build: String(build.id) };
    const finish = (key: string) =>
      stage.call('finishSigning', { params, body: { key, reason: 'pushed by hand' } });
    const done = await finish('paper');
    expect(done.state).toBe('needsign');
    expect(done.items.map((one) => `${one.key} ${one.state}`).toSorted()).toEqual([
      'one waiting',
      'one waiting',
      'paper finished',
      'paper finished',
    ]);
    const events = await query<{ data: object }>(
      stage.access,
      `SELECT data FROM events WHERE type = 'build.sign-finished'`,
    );
    expect(events).toMatchObject([{ data: { key: 'paper', nvr: 'beta-1-1', rpms: 2 } }]);
    // What the signer had in hand meanwhile is kept.
    expect(await signer.finish(lease, await signer.sign(lease.sign))).toMatchObject({ accepted: true });
    expect(await signing(build)).toMatchObject({ state: 'finished' });
    expect(await copies()).toBe(2);
    await expect(finish('paper')).rejects.toMatchObject({
      problem: { code: 'nothing_to_sign', detail: expect.stringContaining('by paper') },
    });
    await expect(finish('nobody')).rejects.toMatchObject({ problem: { code: 'unknown_key' } });
  });

  test('is told apart from what was not signed at all', async () => {
    await built(beta);
    const { sign } = await signer.take();
    const [first] = sign.packages;
    const reply = await fetch(`${stage.url}/api/v1/blobs/${first?.sha256}`);
    const bytes = Buffer.from(await reply.arrayBuffer());
    const length = 16 + 16 * bytes.readUInt32BE(96 + 8) + bytes.readUInt32BE(96 + 12);
    const header = bytes.subarray(96, 96 + length).toString('base64');
    const { items } = await stage.call('importSignatures', {
      body: { items: [{ name: first?.name ?? '', header }] },
    });
    expect(items).toMatchObject([{ outcome: 'refused', key: null, failure: { code: 'no_signature' } }]);
  });
});
