import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import * as openpgp from 'openpgp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Agent } from './agent.ts';
import { checkSignature } from './check.ts';
import { openGpgSigner } from './gpg.ts';
import { makeSignature } from './maker.ts';
import { makeKey, revokeCertificate } from './newkey.ts';
import { type PublicKey, readPublicKey } from './publickey.ts';
import { openSecretKey } from './secretkey.ts';
import type { Signer } from './signer.ts';
import { type GpgHome, makeGpgHome } from './testing/gpghome.ts';

const DATA = Buffer.from('what is signed\n');
const DAY = 86_400;
const now = () => Math.floor(Date.now() / 1000);

let home: GpgHome;
/** Of the home, by type. */
const made: Record<string, string> = {};
beforeAll(async () => {
  home = await makeGpgHome();
  for (const type of ['rsa2048', 'ed25519'])
    made[type] = await home.makeKey(type, { passphrase: 'open % it' });
}, 60_000);
afterAll(() => home[Symbol.asyncDispose]());

const backends: Record<string, (type: string) => Promise<Signer>> = {
  gpg: (type) =>
    openGpgSigner({
      home: home.folder,
      certificate: made[type] ?? '',
      passphrase: 'open % it',
      timeout: 30_000,
    }),
  openpgp: async (type) =>
    openSecretKey(
      await home.gpg('--armor', '--passphrase', 'open % it', '--export-secret-keys', '--', made[type] ?? ''),
      {
        passphrase: 'open % it',
      },
    ),
};

describe.each(Object.keys(backends))('the signer %s', (name) => {
  const open = (type: string) => backends[name]?.(type) as Promise<Signer>;

  test.each(['rsa2048', 'ed25519'])('makes signatures by %s that gpg finds good, and we do', async (type) => {
    await using signer = await open(type);
    for (const hash of ['sha256', 'sha512'] as const) {
      const packet = await makeSignature(signer, DATA, { hash });
      const status = await home.verify(DATA, packet);
      expect(status).toContain(`GOODSIG ${made[type]?.slice(-16).toUpperCase()}`);
      expect(status).toContain(` 4 0 ${signer.key.algorithm.number} ${hash === 'sha256' ? 8 : 10} 00 `);
      const verdict = await checkSignature([signer.certificate], packet, DATA);
      expect(verdict).toMatchObject({ code: 'good', hash, fingerprint: made[type] });
    }
    const text = await makeSignature(signer, Buffer.from('a\nb\r\n'), { type: 1 });
    expect(await home.verify(Buffer.from('a\r\nb\n'), text)).toContain('GOODSIG');
  });

  test('signs many things at once, each for itself', async () => {
    await using signer = await open('ed25519');
    const all = Array.from({ length: 20 }, (_, at) => Buffer.from(`thing ${at}`));
    const packets = await Promise.all(all.map((data) => makeSignature(signer, data)));
    const verdicts = await Promise.all(
      packets.map((packet, at) => checkSignature([signer.certificate], packet, all[at] ?? DATA)),
    );
    expect(new Set(verdicts.map(({ code }) => code))).toEqual(new Set(['good']));
  });

  test('signs by a subkey where there is one', async () => {
    const fingerprint = await home.makeKey('rsa2048');
    await home.gpg('--passphrase', '', '--quick-add-key', fingerprint, 'ed25519', 'sign', 'never');
    made['subkey'] = fingerprint;
    const secret = () => home.gpg('--armor', '--passphrase', '', '--export-secret-keys', '--', fingerprint);
    const options = { home: home.folder, certificate: fingerprint };
    const openOwn = async (signWith?: string) =>
      name === 'gpg'
        ? openGpgSigner({ ...options, ...(signWith !== undefined && { signWith }) })
        : openSecretKey(await secret(), signWith === undefined ? {} : { signWith });
    await using bySubkey = await openOwn();
    expect(bySubkey.key.algorithm.name).toBe('ed25519');
    await using byPrimary = await openOwn(fingerprint.toUpperCase());
    for (const signer of [bySubkey, byPrimary]) {
      const packet = await makeSignature(signer, DATA);
      expect(await home.verify(DATA, packet)).toContain(`VALIDSIG ${signer.key.fingerprint.toUpperCase()}`);
      expect((await checkSignature([signer.certificate], packet, DATA)).code).toBe('good');
    }
    await expect(openOwn('ab'.repeat(20))).rejects.toMatchObject({ code: 'key_unusable' });
  });
});

test('an agent that ended is started again, within one signature', async () => {
  await using signer = await openGpgSigner({
    home: home.folder,
    certificate: made['ed25519'] ?? '',
    passphrase: 'open % it',
  });
  await makeSignature(signer, DATA);
  await home.killAgent();
  expect(await home.verify(DATA, await makeSignature(signer, DATA))).toContain('GOODSIG');
});

test('a passphrase that is wrong or missing is told as such, by both', async () => {
  const certificate = made['rsa2048'] ?? '';
  await home.killAgent();
  for (const passphrase of ['wrong', undefined]) {
    await using signer = await openGpgSigner({
      home: home.folder,
      certificate,
      ...(passphrase && { passphrase }),
    });
    await expect(makeSignature(signer, DATA)).rejects.toMatchObject({ code: 'passphrase_wrong' });
    await home.killAgent();
  }
  const secret = await home.gpg(
    '--armor',
    '--passphrase',
    'open % it',
    '--export-secret-keys',
    '--',
    certificate,
  );
  await expect(openSecretKey(secret)).rejects.toMatchObject({ code: 'passphrase_wrong' });
  await expect(openSecretKey(secret, { passphrase: 'wrong' })).rejects.toMatchObject({
    code: 'passphrase_wrong',
  });
});

test('what is no key to sign with is refused when it is opened', async () => {
  const certificate = 'ab'.repeat(20);
  await expect(openGpgSigner({ home: home.folder, certificate })).rejects.toMatchObject({
    code: 'key_damaged',
  });
  await expect(openGpgSigner({ home: home.folder, certificate: 'abcd' })).rejects.toMatchObject({
    code: 'key_unusable',
  });
  await expect(openGpgSigner({ home: join(home.folder, 'none'), certificate })).rejects.toMatchObject({
    code: expect.stringMatching(/signer_failed|key_damaged/),
  });
  await expect(openSecretKey('text')).rejects.toMatchObject({ code: 'key_damaged' });
  await expect(openSecretKey(await home.export(made['ed25519'] ?? ''))).rejects.toMatchObject({
    code: 'key_is_public',
  });
  const nist = await home.makeKey('nistp256');
  await using signer = await openGpgSigner({ home: home.folder, certificate: nist });
  await expect(makeSignature(signer, DATA)).rejects.toMatchObject({ code: 'key_unusable' });
});

test('a backend that signs with another key, or something else, gets nothing out', async () => {
  const [one, other] = await Promise.all([openKey('ed25519'), openKey('ed25519')]);
  const otherKey: Signer = { ...one, signDigest: other.signDigest };
  const otherDigest: Signer = {
    ...one,
    signDigest: (hash) => one.signDigest(hash, createHash(hash).update('something else').digest()),
  };
  for (const signer of [otherKey, otherDigest])
    await expect(makeSignature(signer, DATA)).rejects.toMatchObject({ code: 'signer_failed' });
});

async function openKey(
  type: 'rsa3072' | 'ed25519',
  expires: number | null = null,
  created = now() - 10 * DAY,
) {
  const key = await makeKey({ type, name: 'Test', passphrase: null, created, expires });
  return { ...(await openSecretKey(key.secretKey)), revocation: key.revocation };
}

describe('a check', () => {
  let signer: Awaited<ReturnType<typeof openKey>>;
  let packet: Uint8Array;
  let keys: PublicKey[];
  beforeAll(async () => {
    signer = await openKey('ed25519', now() + 10 * DAY);
    packet = await makeSignature(signer, DATA, { created: now() - DAY });
    keys = [signer.certificate];
  });
  const code = async (...args: Parameters<typeof checkSignature>) => (await checkSignature(...args)).code;

  test('takes the data in any pieces', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(DATA.length), { maxLength: 4 }),
        fc.constantFrom(0, 1),
        async (cuts, type) => {
          const ends = [...cuts.toSorted((a, b) => a - b), DATA.length];
          const pieces = ends.map((end, at) => DATA.subarray(at === 0 ? 0 : ends[at - 1], end));
          const made = await makeSignature(signer, pieces, { type: type === 0 ? 0 : 1 });
          expect(await code(keys, made, pieces.toReversed().toReversed(), { types: [type] })).toBe('good');
          expect(await code(keys, made, DATA, { types: [type] })).toBe('good');
        },
      ),
      { seed: 4, numRuns: 30 },
    );
  });

  test('finds every changed byte of the data, and of the signature itself', async () => {
    for (let at = 0; at < DATA.length; at++) {
      const changed = Buffer.from(DATA);
      changed.writeUInt8(changed.readUInt8(at) ^ 4, at);
      expect(await code(keys, packet, changed)).toBe('signature_wrong');
    }
    // The subpacket beside the signed part is a hint by which to find the key, and where a fingerprint is not needed.
    const hint = Buffer.from(packet).indexOf(`0910${signer.key.keyId}`, 0, 'hex');
    for (let at = 0; at < packet.length; at++) {
      if (at >= hint && at < hint + 10) continue;
      const changed = Buffer.from(packet);
      changed.writeUInt8(changed.readUInt8(at) ^ 0x80, at);
      expect(await code(keys, changed, DATA), `byte ${at}`).not.toBe('good');
    }
    expect(await code(keys, packet, DATA)).toBe('good');
  });

  test('tells a missing, a damaged and an unknown signature apart', async () => {
    expect(await code(keys, new Uint8Array(0), DATA)).toBe('not_signed');
    expect(await code(keys, Buffer.from('text'), DATA)).toBe('signature_damaged');
    expect(await code([], packet, DATA)).toBe('key_unknown');
    const verdict = await checkSignature([(await openKey('ed25519')).certificate], packet, DATA);
    expect(verdict).toMatchObject({ code: 'key_unknown', key: null, keyId: signer.key.keyId });
    expect(verdict.sentence).toContain(signer.key.fingerprint);
  });

  test('looks at the key’s end both now and then', async () => {
    const expires = signer.certificate.expires ?? 0;
    expect(await code(keys, packet, DATA, { at: expires - 1 })).toBe('good');
    expect(await code(keys, packet, DATA, { at: expires })).toBe('key_expired');
    expect(await code(keys, packet, DATA, { at: null })).toBe('good');
    const late = await makeSignature({ ...signer, key: { ...signer.key, expires: null } }, DATA, {
      created: expires,
    });
    expect(await code(keys, late, DATA, { at: null })).toBe('key_expired');
    // What is wrong is never told of as merely expired.
    expect(await code(keys, packet, Buffer.from('other'), { at: expires })).toBe('signature_wrong');
  });

  test('trusts no revoked key, whenever it signed; and no signature older than its key', async () => {
    const revoked = await revokeCertificate(signer.certificate, signer.revocation);
    expect(await code([revoked], packet, DATA)).toBe('key_revoked');
    const young = { ...signer.certificate, signingKeys: [{ ...signer.key, created: now() }] };
    expect(await code([young], packet, DATA)).toBe('signature_wrong');
  });

  test('with a revoked or expired key nothing is made', async () => {
    for (const change of [{ revoked: true }, { expires: now() - 1 }]) {
      const unusable: Signer = { ...signer, key: { ...signer.key, ...change } };
      await expect(makeSignature(unusable, DATA)).rejects.toMatchObject({ code: 'key_unusable' });
    }
  });

  test('refuses weak digests and weak keys, unless the policy says otherwise', async () => {
    const rsa = await home.makeKey('rsa2048');
    const own = [await readPublicKey(await home.export(rsa))];
    const weak = await home.sign(DATA, '--local-user', rsa, '--digest-algo', 'sha1');
    expect(await code(own, weak, DATA)).toBe('signature_weak');
    const policy = { weakHashes: new Set<never>(), leastRsaBits: 1024 };
    expect(await code(own, weak, DATA, { policy })).toBe('good');
    const short = await home.makeKey('rsa1024');
    const shortKeys = [await readPublicKey(await home.export(short))];
    const byShort = await home.sign(DATA, '--local-user', short, '--digest-algo', 'sha256');
    expect(await code(shortKeys, byShort, DATA)).toBe('signature_weak');
    expect(await code(shortKeys, byShort, DATA, { policy })).toBe('good');
    const dsa = await home.makeKey('dsa1024');
    const byDsa = await home.sign(DATA, '--local-user', dsa, '--digest-algo', 'sha256');
    expect(await code([await readPublicKey(await home.export(dsa))], byDsa, DATA, { policy })).toBe(
      'signature_weak',
    );
  });

  test('knows when a signature was for a time that is over', async () => {
    const rsa = await home.makeKey('ed25519');
    const short = await home.sign(DATA, '--local-user', rsa, '--default-sig-expire', '1d');
    const own = [await readPublicKey(await home.export(rsa))];
    expect(await code(own, short, DATA)).toBe('good');
    expect(await code(own, short, DATA, { at: now() + 2 * DAY })).toBe('signature_expired');
  });

  test('takes a signature of text only where text is asked for, and one of a key never', async () => {
    const text = await makeSignature(signer, DATA, { type: 1 });
    expect(await code(keys, text, DATA)).toBe('signature_damaged');
    expect(await code(keys, text, DATA, { types: [0, 1] })).toBe('good');
    const { data } = await openpgp.unarmor(signer.revocation);
    expect(data).toBeInstanceOf(Uint8Array);
    expect(await code(keys, data as Uint8Array, DATA, { types: [0, 1] })).toBe('signature_damaged');
  });

  test('of several signatures one good one is enough', async () => {
    const stranger = await openKey('ed25519');
    const both = Buffer.concat([await makeSignature(stranger, DATA), packet]);
    expect(await code(keys, both, DATA)).toBe('good');
    expect(await code([stranger.certificate], both, Buffer.from('other'))).toBe('key_unknown');
  });

  test('reads ECDSA, the old v3 signatures that gpg still knows, and v6 as openpgp.js makes them', async () => {
    const nist = await home.makeKey('nistp384');
    const byNist = await home.sign(DATA, '--local-user', nist);
    const own = [await readPublicKey(await home.export(nist))];
    expect(await code(own, byNist, DATA)).toBe('good');
    expect(await code(own, byNist, Buffer.from('other'))).toBe('signature_wrong');

    const rsa = await openKey('rsa3072');
    const head = Buffer.concat([Buffer.from([0]), Buffer.alloc(4)]);
    head.writeUInt32BE(now() - DAY, 1);
    const digest = createHash('sha256').update(DATA).update(head).digest();
    const ids = Buffer.concat([Buffer.from(rsa.key.keyId, 'hex'), Buffer.from([1, 8])]);
    const values = await rsa.signDigest('sha256', digest);
    const body = Buffer.concat([Buffer.from([3, 5]), head, ids, digest.subarray(0, 2), values]);
    const v3 = Buffer.concat([Buffer.from([0x89, body.length >> 8, body.length & 0xff]), body]);
    await home.gpg('--import', await armoredFile(rsa.certificate.armored));
    expect(await home.verify(DATA, v3)).toContain(' 3 0 1 8 00 ');
    expect(await code([rsa.certificate], v3, DATA)).toBe('good');
    expect(await code([rsa.certificate], v3, Buffer.from('other'))).toBe('signature_wrong');

    const config = { v6Keys: true };
    const six = await openpgp.generateKey({
      type: 'curve25519',
      userIDs: { name: 'Six' },
      format: 'object',
      config,
    });
    const message = await openpgp.createMessage({ binary: Uint8Array.from(DATA) });
    const v6 = await openpgp.sign({ message, signingKeys: six.privateKey, detached: true, format: 'binary' });
    const keySix = await readPublicKey(six.publicKey.write());
    expect(keySix.fingerprint).toHaveLength(64);
    expect(await code([keySix], v6, DATA)).toBe('good');
    expect(await code([keySix], v6, Buffer.from('other'))).toBe('signature_wrong');
  });
});

async function armoredFile(text: string): Promise<string> {
  const path = join(home.folder, `${createHash('md5').update(text).digest('hex')}.asc`);
  await writeFile(path, text);
  return path;
}

test('an agent that does not answer, or answers without end, fails and holds nobody', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'moromi-agent-'));
  for (const [name, greet] of [
    ['silent', ''],
    ['endless', 'x'.repeat(100_000)],
    ['refusing', 'ERR 67108922 no <x>\n'],
  ]) {
    const path = join(folder, name ?? '');
    const server = createServer((socket) => socket.on('error', () => {}).write(greet ?? '')).listen(path);
    await new Promise((resolve) => server.once('listening', resolve));
    await expect(
      Agent.connect(path, () => null, 200),
      name,
    ).rejects.toMatchObject({ code: 'signer_failed' });
    server.close();
  }
  await expect(Agent.connect(join(folder, 'none'), () => null, 200)).rejects.toMatchObject({
    code: 'signer_failed',
  });
  await rm(folder, { recursive: true });
});

test('an RSA signature with anything beside the digest in it is wrong', async () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const rsa = await openKey('rsa3072');
  const foreign = sign('sha256', DATA, privateKey);
  await expect(
    makeSignature({ ...rsa, signDigest: async () => Buffer.concat([Buffer.from([8, 0]), foreign]) }, DATA),
  ).rejects.toMatchObject({ code: 'signer_failed' });
});
