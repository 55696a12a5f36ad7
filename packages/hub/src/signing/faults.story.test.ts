/** What goes wrong between a hub and its signers, over the real API with real packages. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Build, SignOrder, SignResult } from '@moromi/contract';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { passTime, query } from '../testing/hub.ts';
import { type Built, rpmbuild } from '../testing/samples.ts';
import { doubled, HandSigner, makeKeys, type TestKey } from '../testing/signer.ts';
import { type Stage, stageForEach } from '../testing/stage.ts';

let folder: string;
let beta: Built;
let gamma: Built;
let keys: Record<'one' | 'two' | 'short' | 'eddsa', TestKey>;
let stage: Stage;
let signer: HandSigner;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'moromi-faults-'));
  [beta, gamma, keys] = await Promise.all([
    rpmbuild(folder, { name: 'beta', preamble: ['BuildArch: noarch'] }),
    rpmbuild(folder, { name: 'gamma', preamble: ['BuildArch: noarch'] }),
    makeKeys({ one: {}, two: {}, short: { expires: '1d' }, eddsa: { algorithm: 'ed25519' } }),
  ]);
});
afterAll(() => rm(folder, { recursive: true }));
stageForEach(async (fresh) => {
  stage = fresh;
  await stage.call('addKey', { body: { name: 'one', armor: keys.one.armor } });
  signer = await HandSigner.enrol(stage, 'signer', keys.one);
  await want('one');
});

const want = (key: string, more: object = {}) =>
  stage.call('setTagKey', { params: { name: 'f1' }, body: { key, ...more } });
const signing = (build: Build) => stage.call('getBuildSigning', { params: { build: String(build.id) } });
const copies = async () =>
  (
    await query<{ n: number }>(stage.access, 'SELECT count(*)::int AS n FROM copies WHERE key_id IS NOT NULL')
  )[0]?.n;

async function built(what: Built): Promise<Build> {
  const build = await stage.submit(what.srpm);
  for (let n = 0; n < 2; n++) await stage.worker.work(what, { kinds: ['srpm', 'build'] });
  return build;
}

describe('a result is refused', () => {
  const cases: [
    what: string,
    code: string,
    spoil: (good: SignResult) => Promise<SignResult>,
    form?: SignOrder['form'],
  ][] = [
    [
      'by another key',
      'key_unknown',
      async ({ packages }) => {
        const [first, ...rest] = packages;
        const header = await signer.header(first?.sha256 ?? '', 'header', keys.two.signer);
        return { packages: [{ sha256: first?.sha256 ?? '', header }, ...rest], files: [] };
      },
    ],
    [
      'over other bytes',
      'signature_damaged',
      async ({ packages: [one, two] }) => ({
        packages: [
          { sha256: one?.sha256 ?? '', header: two?.header ?? '' },
          { sha256: two?.sha256 ?? '', header: one?.header ?? '' },
        ],
        files: [],
      }),
    ],
    [
      'in another form than was asked for',
      'wrong_form',
      async ({ packages }) => {
        const [first, ...rest] = packages;
        const header = await signer.header(first?.sha256 ?? '', 'header+payload');
        return { packages: [{ sha256: first?.sha256 ?? '', header }, ...rest], files: [] };
      },
    ],
    [
      'with a second signature of header and payload, which nobody checks',
      'signature_damaged',
      async ({ packages }) => {
        const [first, ...rest] = packages;
        const header = await signer.header(first?.sha256 ?? '', 'header+payload');
        return { packages: [{ sha256: first?.sha256 ?? '', header: doubled(header) }, ...rest], files: [] };
      },
      'header+payload',
    ],
    [
      'that leaves something out',
      'not_all_signed',
      async ({ packages }) => ({ packages: packages.slice(1), files: [] }),
    ],
    [
      'whose header is no header',
      'signature_damaged',
      async ({ packages }) => ({
        packages: packages.map(({ sha256 }) => ({
          sha256,
          header: Buffer.from('no header').toString('base64'),
        })),
        files: [],
      }),
    ],
    [
      'with a signature that was changed',
      'signature_wrong',
      async ({ packages }) => ({
        packages: packages.map(({ sha256, header = '' }) => ({ sha256, header: changed(header) })),
        files: [],
      }),
    ],
  ];

  test.each(cases)('%s', async (_, code, spoil, form = 'header') => {
    await want('one', { form });
    const build = await built(beta);
    const lease = await signer.take();
    const reply = await signer.finish(lease, await spoil(await signer.sign(lease.sign)));
    expect(reply).toMatchObject({ accepted: false, state: 'free' });
    const task = await stage.call('getTask', { params: { id: lease.task } });
    expect(task.attempts[0]?.failure).toMatchObject({ code, fault: 'infrastructure' });
    expect(await copies()).toBe(0);
    // A better one still comes.
    await signer.work();
    expect(await signing(build)).toMatchObject({ state: 'signed' });
  });

  /** One byte of the signature's number is another one. */
  function changed(header: string): string {
    const bytes = Buffer.from(header, 'base64');
    const at = bytes.indexOf(Buffer.from(keys.one.fingerprint.slice(-16), 'hex')) + 60;
    bytes[at] = (bytes[at] ?? 0) ^ 0xff;
    return bytes.toString('base64');
  }
});

describe('a second signature', () => {
  test('of the same package by the same key makes no second copy, however it comes', async () => {
    const build = await built(beta);
    const lease = await signer.take();
    const good = await signer.sign(lease.sign);
    expect(await signer.finish(lease, good)).toMatchObject({ accepted: true });
    // The worker did not hear that, and says it again.
    expect(await signer.finish(lease, good)).toMatchObject({ accepted: true });
    const items = lease.sign.packages.map((one) => ({
      name: one.name,
      header: good.packages.find(({ sha256 }) => sha256 === one.sha256)?.header ?? '',
    }));
    const { items: outcomes } = await stage.call('importSignatures', { body: { items } });
    expect(outcomes).toMatchObject([{ outcome: 'there' }, { outcome: 'there' }]);
    expect(await copies()).toBe(2);
    expect(await signing(build)).toMatchObject({ state: 'signed' });
  });

  test('of a signer that lost its lease is not taken, and that of the other one is', async () => {
    await built(beta);
    const first = await signer.take();
    await signer.worker.beat(first);
    const late = await signer.sign(first.sign);
    const other = await HandSigner.enrol(stage, 'other', keys.one);
    await passTime(stage.access, 90);
    const state = async () => (await stage.call('getTask', { params: { id: first.task } })).state;
    await vi.waitUntil(async () => (await state()) === 'free', { timeout: 30_000 });
    // For a while it would be the first one's again.
    await passTime(stage.access, 120);
    const second = await other.work();
    expect(second.task).toBe(first.task);
    await expect(signer.finish(first, late)).rejects.toMatchObject({ problem: { code: 'lease_lost' } });
    expect(await copies()).toBe(2);
  });
});

describe('nothing is signed', () => {
  test('of a worker that did not offer the key, though it says that it signs', async () => {
    await built(beta);
    const stranger = await HandSigner.enrol(stage, 'stranger', keys.two);
    expect(await stranger.claim()).toBeNull();
    expect((await signer.take()).sign.packages).toHaveLength(2);
  });

  test('that failed, was canceled or is scratch', async () => {
    const build = await stage.submit(beta.srpm);
    await stage.worker.work(beta, { kinds: ['srpm', 'build'] });
    const lease = await stage.worker.take({ kinds: ['build'] });
    await stage.worker.fail(lease, 'package');
    const canceled = await stage.submit(gamma.srpm);
    await stage.call('cancelBuild', { params: { id: canceled.id }, body: {} });
    for (const one of [build, canceled]) {
      const asked = stage.call('signBuilds', { body: { builds: [String(one.id)], key: 'one' } });
      await expect(asked).rejects.toMatchObject({ problem: { code: 'build_not_complete' } });
    }
    const header = await signer.header(beta.srpm.sha256);
    const { items } = await stage.call('importSignatures', {
      body: { items: [{ name: beta.srpm.name, header }] },
    });
    expect(items).toMatchObject([{ outcome: 'refused', failure: { code: 'unknown_rpm' } }]);
    expect(await copies()).toBe(0);
  });

  test('with a key that has expired, and whoever waits for it is told so', async () => {
    await stage.call('removeTagKey', { params: { name: 'f1' }, body: { key: 'one' } });
    await stage.call('addKey', { body: { name: 'short', armor: keys.short.armor } });
    await want('short');
    const soon = await HandSigner.enrol(stage, 'soon', keys.short);
    const build = await built(beta);
    const lease = await soon.take();
    const made = await soon.sign(lease.sign);
    await soon.worker.beat(lease);
    await passTime(stage.access, 2 * 86_400);
    await soon.worker.beat(lease);
    const reply = await soon.finish(lease, made);
    expect(reply).toMatchObject({ accepted: false });
    expect(reply.refusal).toContain('has expired');
    expect(await copies()).toBe(0);
    expect(await signing(build)).toMatchObject({ state: 'needsign' });
    const asked = stage.call('signBuilds', { body: { builds: [String(build.id)], key: 'short' } });
    await expect(asked).rejects.toMatchObject({ problem: { code: 'key_expired' } });
    expect(await stage.call('getKey', { params: { name: 'short' } })).toMatchObject({ expired: true });
    // That is not the signer's doing, and where the key is prolonged what waited is signed.
    expect(await stage.call('getWorker', { params: { name: 'soon' } })).toMatchObject({ troubles: [] });
    for (let n = 0; n < 3; n++) {
      expect(await soon.worker.claim({ kinds: ['sign'] })).toBeNull();
      await passTime(stage.access, 90);
    }
    const { items } = await signing(build);
    expect(items.map((one) => [one.state, one.failure?.code])).toEqual([
      ['failed', 'key_expired'],
      ['failed', 'key_expired'],
    ]);
    await stage.call('addKey', { body: { name: 'short', armor: keys.short.prolonged } });
    await soon.work();
    expect(await signing(build)).toMatchObject({ state: 'signed' });
  });

  test('for a tag whose rpm does not know such keys', async () => {
    await stage.call('addKey', { body: { name: 'eddsa', armor: keys.eddsa.armor } });
    await expect(want('eddsa', { rpm: '4.14' })).rejects.toMatchObject({ problem: { code: 'key_unfit' } });
    expect(await want('eddsa', { rpm: '4.18' })).toMatchObject({
      keys: [{}, { key: 'eddsa', form: 'header' }],
    });
    const other = stage.call('createTag', { body: { name: 'f2' } });
    await other;
    const twoForms = stage.call('setTagKey', {
      params: { name: 'f2' },
      body: { key: 'one', form: 'header+payload' },
    });
    await expect(twoForms).rejects.toMatchObject({ problem: { code: 'form_differs' } });
  });
});

describe("what a signer's own rules refuse", () => {
  const refused = (code: string) => ({ refused: { code, message: 'the rule r of this signer says so' } });

  test('is told with the rule, and the rest of the order is signed', async () => {
    const build = await built(beta);
    const lease = await signer.take();
    const good = await signer.sign(lease.sign);
    const [first, ...rest] = good.packages;
    const packages = [{ sha256: first?.sha256 ?? '', ...refused('not_allowed') }, ...rest];
    expect(await signer.finish(lease, { packages, files: [] })).toMatchObject({ accepted: true });
    const after = await signing(build);
    expect(after.state).toBe('needsign');
    expect(after.items.map((one) => one.state).toSorted()).toEqual(['refused', 'signed']);
    expect(after.items.find((one) => one.state === 'refused')?.failure).toMatchObject({
      code: 'not_allowed',
      message: expect.stringContaining('the rule r'),
    });
    // Somebody has changed the rules and asks again.
    await stage.call('signBuilds', { body: { builds: [String(build.id)] } });
    expect((await signer.work()).sign.packages).toHaveLength(1);
    expect(await signing(build)).toMatchObject({ state: 'signed' });
  });

  test('for its rate alone is tried again by itself', async () => {
    const build = await built(beta);
    const lease = await signer.take();
    const packages = lease.sign.packages.map(({ sha256 }) => ({ sha256, ...refused('rate_exceeded') }));
    await signer.finish(lease, { packages, files: [] });
    expect(await signing(build)).toMatchObject({ state: 'needsign', items: [{ state: 'refused' }, {}] });
    await passTime(stage.access, 1000);
    expect((await signer.work()).sign.packages).toHaveLength(2);
    expect(await signing(build)).toMatchObject({ state: 'signed' });
  });
});

describe('a mass rebuild', () => {
  test('is signed in the background, in portions, and a single update passes it', async () => {
    await stage.call('removeTagKey', { params: { name: 'f1' }, body: { key: 'one' } });
    const many = await built(beta);
    // As what comes of a rebuild: nobody waits for it.
    await query(stage.access, 'UPDATE tasks SET priority = 30 WHERE build_id = $1', [many.id]);
    await stage.call('createTag', { body: { name: 'mass', inherits: [{ parent: 'f1', priority: 1 }] } });
    await stage.call('setTagKey', { params: { name: 'mass' }, body: { key: 'one' } });
    const first = await signer.take();
    expect(await stage.call('getTask', { params: { id: first.task } })).toMatchObject({ priority: 30 });
    await signer.worker.beat(first);
    for (const lease of [
      await stage.worker.claim({ kinds: ['publish'] }),
      await stage.worker.claim({ kinds: ['publish'] }),
    ])
      if (lease !== null) await stage.worker.finish(lease, { outcome: 'done' });
    const single = await built(gamma);
    // One slot is never taken by what comes of batches.
    const second = await signer.take({ slot: 1 });
    expect(second.sign.packages.map((one) => one.package)).toEqual(['gamma', 'gamma']);
    await signer.finish(second, await signer.sign(second.sign));
    expect(await signing(single)).toMatchObject({ state: 'signed' });
    await signer.finish(first, await signer.sign(first.sign));
    expect(await signing(many)).toMatchObject({ state: 'signed' });
  });
});
