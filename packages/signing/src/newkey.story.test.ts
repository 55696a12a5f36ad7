import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as openpgp from 'openpgp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { run } from '../../rpm/src/testing/rpm.ts';
import { checkSignature } from './check.ts';
import { openGpgSigner } from './gpg.ts';
import { makeSignature } from './maker.ts';
import {
  makeKey,
  type NewKey,
  type NewKeyType,
  reencryptSecretKey,
  renewCertificate,
  revokeCertificate,
  vouchFor,
} from './newkey.ts';
import { type PublicKey, readPublicKey } from './publickey.ts';
import { openSecretKey } from './secretkey.ts';
import { type GpgHome, makeGpgHome } from './testing/gpghome.ts';

const DATA = Buffer.from('data');
const DAY = 86_400;
const created = Math.floor(Date.now() / 1000) - 10 * DAY;

let home: GpgHome;
const made: Partial<Record<NewKeyType, NewKey>> = {};
beforeAll(async () => {
  home = await makeGpgHome();
  for (const type of ['rsa3072', 'rsa4096', 'ed25519'] as const) {
    made[type] = await makeKey({
      type,
      name: 'Distribution',
      email: 'keys@example.org',
      passphrase: 'first',
      created,
      expires: created + 30 * DAY,
    });
  }
}, 60_000);
afterAll(() => home[Symbol.asyncDispose]());

const key = (type: NewKeyType) => made[type] as NewKey;
const types = ['rsa3072', 'rsa4096', 'ed25519'] as const;

let files = 0;
async function place(text: string): Promise<string> {
  const path = join(home.folder, `placed-${files++}`);
  await writeFile(path, text);
  return path;
}

/** Whether rpm of this machine takes a certificate; it refuses what it does not wholly understand. */
async function importIntoRpm({ armored }: PublicKey): Promise<void> {
  await run('rpmkeys', ['--dbpath', join(home.folder, `rpm-${files++}`), '--import', await place(armored)]);
}

test.each(types)('a new %s key is what was asked for, to gpg and rpm too', async (type) => {
  const { certificate } = key(type);
  expect(certificate).toMatchObject({
    algorithm: { name: type },
    created,
    expires: created + 30 * DAY,
    userIds: ['Distribution <keys@example.org>'],
    revoked: false,
  });
  expect(certificate.signingKeys).toHaveLength(1);
  await home.gpg('--import', await place(certificate.armored));
  const listed = await home.gpg('--with-colons', '--list-keys', '--', certificate.fingerprint);
  const [, , , , , since, until, , , , , uses] =
    listed
      .split('\n')
      .find((line) => line.startsWith('pub'))
      ?.split(':') ?? [];
  expect([Number(since), Number(until), uses?.replace(/[^a-z]/g, '')]).toEqual([
    created,
    created + 30 * DAY,
    'sc',
  ]);
  expect(listed).not.toContain('sub:');
  await importIntoRpm(certificate);
});

test('nothing in a certificate is critical, which rpm would not import', async () => {
  const revoked = await revokeCertificate(key('ed25519').certificate, key('ed25519').revocation);
  const vouched = await vouchFor(await reopened('rsa3072'), revoked);
  const dump = await home.gpg('--list-packets', await place(vouched.armored));
  expect(dump.match(/:signature packet:/g)).toHaveLength(3);
  expect(dump).not.toContain('critical');
  expect(dump.match(/hashed subpkt \d+/g)?.length).toBeGreaterThan(8);
});

function reopened(type: NewKeyType): Promise<string> {
  return reencryptSecretKey(key(type).secretKey, { from: 'first', to: 'open' }).then(async (secret) => {
    const privateKey = await openpgp.readPrivateKey({ armoredKey: secret });
    return (await openpgp.decryptKey({ privateKey, passphrase: 'open' })).armor();
  });
}

test.each(types)(
  'a backup of a %s key opens by its own passphrase alone, and signs the same',
  async (type) => {
    const backup = await reencryptSecretKey(key(type).secretKey, { from: 'first', to: 'second' });
    await expect(openSecretKey(backup, { passphrase: 'first' })).rejects.toMatchObject({
      code: 'passphrase_wrong',
    });
    await using before = await openSecretKey(key(type).secretKey, { passphrase: 'first' });
    await using after = await openSecretKey(backup, { passphrase: 'second' });
    const signatures = await Promise.all(
      [before, after].map((one) => makeSignature(one, DATA, { created: created + 5 })),
    );
    expect(signatures[0]).toEqual(signatures[1]);
    expect(after.certificate).toEqual(before.certificate);
    for (const [from, to] of [
      ['wrong', 'third'],
      ['first', ''],
    ] as const)
      await expect(reencryptSecretKey(key(type).secretKey, { from, to })).rejects.toMatchObject({
        code: 'passphrase_wrong',
      });
  },
);

test('a key made here goes into a GnuPG home and signs there, and back from there into a backup', async () => {
  for (const type of types) {
    const { certificate, secretKey } = key(type);
    await home.gpg('--passphrase', 'first', '--import', await place(secretKey));
    await using signer = await openGpgSigner({
      home: home.folder,
      certificate: certificate.fingerprint,
      passphrase: 'first',
    });
    const packet = await makeSignature(signer, DATA);
    expect((await checkSignature([certificate], packet, DATA)).code).toBe('good');
    const exported = ['--armor', '--export-secret-keys', '--', certificate.fingerprint];
    const backup = await reencryptSecretKey(await home.gpg('--passphrase', 'first', ...exported), {
      from: 'first',
      to: 'backup',
    });
    await using restored = await openSecretKey(backup, { passphrase: 'backup' });
    expect(restored.key.fingerprint).toBe(certificate.fingerprint);
  }
});

test('a renewed certificate has another end, is the same key, and what was signed before stays good', async () => {
  const { certificate, secretKey } = key('rsa3072');
  await using signer = await openSecretKey(secretKey, { passphrase: 'first' });
  const packet = await makeSignature(signer, DATA, { created: created + DAY });
  for (const expires of [created + 400 * DAY, null]) {
    const renewed = await renewCertificate(secretKey, { passphrase: 'first', expires });
    expect(renewed).toMatchObject({
      fingerprint: certificate.fingerprint,
      expires,
      userIds: certificate.userIds,
    });
    await importIntoRpm(renewed);
    await home.gpg('--import', await place(renewed.armored));
    const listed = await home.gpg('--with-colons', '--list-keys', '--', certificate.fingerprint);
    expect(listed.split(':')[6 + listed.slice(0, listed.indexOf('pub')).split(':').length - 1]).toBe(
      `${expires ?? ''}`,
    );
    const at = created + 100 * DAY;
    expect((await checkSignature([certificate], packet, DATA, { at })).code).toBe('key_expired');
    expect((await checkSignature([renewed], packet, DATA, { at })).code).toBe('good');
    // Also by openpgp.js itself, which asks what held when it was signed.
    const verificationKeys = await openpgp.readKey({ armoredKey: renewed.armored });
    const message = await openpgp.createMessage({ binary: Uint8Array.from(DATA) });
    const signature = await openpgp.readSignature({ binarySignature: packet });
    const { signatures } = await openpgp.verify({ message, signature, verificationKeys, format: 'binary' });
    await expect(signatures[0]?.verified).resolves.toBe(true);
  }
  const late = { passphrase: 'first', expires: created + DAY };
  await expect(renewCertificate(secretKey, late)).rejects.toMatchObject({ code: 'key_unusable' });
});

test('the revocation that was made with a key revokes it, without its secret, and revokes no other', async () => {
  for (const type of types) {
    const { certificate, revocation } = key(type);
    const revoked = await revokeCertificate(certificate, revocation);
    expect([revoked.revoked, revoked.fingerprint]).toEqual([true, certificate.fingerprint]);
    await home.gpg('--import', await place(revoked.armored));
    const listed = await home.gpg('--with-colons', '--list-keys', '--', certificate.fingerprint);
    expect(listed).toMatch(/^pub:r:/m);
  }
  await expect(
    revokeCertificate(key('ed25519').certificate, key('rsa3072').revocation),
  ).rejects.toMatchObject({ code: 'key_damaged' });
});

test('a successor carries the old key’s signature, which gpg finds good', async () => {
  const successor = await makeKey({
    type: 'ed25519',
    name: 'Distribution 2',
    passphrase: null,
    expires: null,
  });
  const vouched = await vouchFor(key('rsa4096').secretKey, successor.certificate, { passphrase: 'first' });
  expect((await readPublicKey(vouched.armored)).fingerprint).toBe(successor.certificate.fingerprint);
  await importIntoRpm(vouched);
  await using other = await makeGpgHome();
  const old = await place(key('rsa4096').certificate.armored);
  await other.gpg('--import', old, await place(vouched.armored));
  const checked = await other.gpg('--with-colons', '--check-signatures', '--', vouched.fingerprint);
  expect(checked).toContain(`sig:!::1:${key('rsa4096').certificate.keyId.toUpperCase()}`);
});

test('a key that would end before it begins, or has an empty passphrase, is not made', async () => {
  const options = { type: 'ed25519', name: 'x', created } as const;
  await expect(makeKey({ ...options, passphrase: null, expires: created })).rejects.toMatchObject({
    code: 'key_unusable',
  });
  await expect(makeKey({ ...options, passphrase: '', expires: null })).rejects.toMatchObject({
    code: 'passphrase_wrong',
  });
});
