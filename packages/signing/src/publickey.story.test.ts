import { readFile, writeFile } from 'node:fs/promises';
import fc from 'fast-check';
import * as openpgp from 'openpgp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SigningError } from './errors.ts';
import { readPublicKey, readPublicKeys } from './publickey.ts';
import { type GpgHome, makeGpgHome } from './testing/gpghome.ts';

let home: GpgHome;
beforeAll(async () => {
  home = await makeGpgHome();
});
afterAll(() => home[Symbol.asyncDispose]());

test.each([
  ['rsa2048', 'rsa', 2048],
  ['ed25519', 'eddsa', null],
  ['nistp256', 'ecdsa', null],
  ['dsa1024', 'dsa', 1024],
])('gpg’s %s key is read as gpg tells it', async (type, family, bits) => {
  const fingerprint = await home.makeKey(type, { expire: '30d' });
  const key = await readPublicKey(await home.export(fingerprint));
  const listed = (await home.gpg('--with-colons', '--list-keys', '--', fingerprint)).split('\n');
  const [, , , , keyId, created, expires] = listed.find((line) => line.startsWith('pub'))?.split(':') ?? [];
  expect(key).toMatchObject({
    fingerprint,
    keyId: keyId?.toLowerCase(),
    created: Number(created),
    expires: Number(expires),
    revoked: false,
    userIds: [expect.stringMatching(/^Key \d+ <key@example\.org>$/)],
    algorithm: { name: type, family, bits },
  });
  expect(key.signingKeys.map((one) => one.fingerprint)).toEqual([fingerprint]);
  // What it gives is the same certificate again.
  expect((await readPublicKey(key.armored)).fingerprint).toBe(fingerprint);
});

test('a subkey that signs comes before its primary key, and ends with it at the latest', async () => {
  const fingerprint = await home.makeKey('rsa2048', { expire: '30d' });
  await home.gpg('--passphrase', '', '--quick-add-key', fingerprint, 'ed25519', 'sign', 'never');
  await home.gpg('--passphrase', '', '--quick-add-key', fingerprint, 'rsa2048', 'encr', 'never');
  const key = await readPublicKey(await home.export(fingerprint));
  expect(key.signingKeys.map(({ algorithm }) => algorithm.name)).toEqual(['ed25519', 'rsa2048']);
  expect(key.signingKeys[0]?.expires).toBe(key.expires);
});

test('a revoked subkey, and every key of a revoked certificate, is told as revoked', async () => {
  const fingerprint = await home.makeKey('ed25519');
  await home.gpg('--passphrase', '', '--quick-add-key', fingerprint, 'ed25519', 'sign', 'never');
  const commands = 'key 1\nrevkey\ny\n0\n\ny\nsave\n';
  await writeFile(`${home.folder}/commands`, commands);
  await home.gpg('--passphrase', '', '--command-file', `${home.folder}/commands`, '--edit-key', fingerprint);
  const half = await readPublicKey(await home.export(fingerprint));
  expect(half.signingKeys.map(({ revoked }) => revoked)).toEqual([true, false]);
  const path = `${home.folder}/openpgp-revocs.d/${fingerprint.toUpperCase()}.rev`;
  await writeFile(path, (await readFile(path, 'utf8')).replace(':-----BEGIN', '-----BEGIN'));
  await home.gpg('--import', path);
  const whole = await readPublicKey(await home.export(fingerprint));
  expect([whole.revoked, ...whole.signingKeys.map(({ revoked }) => revoked)]).toEqual([true, true, true]);
});

test('a file of many keys is read whole, armored one behind the other or binary', async () => {
  const prints = [await home.makeKey('ed25519'), await home.makeKey('rsa2048')];
  const armored = await Promise.all(prints.map((one) => home.export(one)));
  const read = (await readPublicKeys(`# keys\n${armored.join('\nmore\n')}`)).map(
    ({ fingerprint }) => fingerprint,
  );
  expect(read).toEqual(prints);
  expect(await readPublicKeys(Buffer.from(armored.join('')))).toHaveLength(2);
  const binary = await Promise.all(
    armored.map(async (one) => (await openpgp.readKey({ armoredKey: one })).write()),
  );
  expect((await readPublicKeys(Buffer.concat(binary))).map(({ fingerprint }) => fingerprint)).toEqual(prints);
  await expect(readPublicKey(armored.join(''))).rejects.toMatchObject({ code: 'several_keys' });
});

test('a secret key is refused, and the sentence says what to do', async () => {
  const fingerprint = await home.makeKey('ed25519');
  const secret = await home.gpg('--armor', '--passphrase', '', '--export-secret-keys', '--', fingerprint);
  await expect(readPublicKey(secret)).rejects.toMatchObject({ code: 'key_is_secret' });
  const binary = (await openpgp.readPrivateKey({ armoredKey: secret })).write();
  await expect(readPublicKey(binary)).rejects.toMatchObject({ code: 'key_is_secret' });
});

test('a key whose user id is not its own signature’s is damaged', async () => {
  const fingerprint = await home.makeKey('ed25519');
  const key = await openpgp.readKey({ armoredKey: await home.export(fingerprint) });
  const forged = Buffer.from(key.write());
  forged.writeUInt8('X'.charCodeAt(0), forged.indexOf('Key '));
  await expect(readPublicKey(forged)).rejects.toMatchObject({ code: 'key_damaged' });
});

test('garbage, also much of it, is refused as damaged in bounded time', async () => {
  const begins = '-----BEGIN PGP PUBLIC KEY BLOCK-----\n'.repeat(20_000);
  for (const garbage of ['', 'text', '-----BEGIN PGP PUBLIC KEY BLOCK-----', begins, 'x'.repeat(2 ** 21)])
    await expect(readPublicKey(garbage)).rejects.toMatchObject({ code: 'key_damaged' });
  const fingerprint = await home.makeKey('rsa2048');
  const whole = Buffer.from((await openpgp.readKey({ armoredKey: await home.export(fingerprint) })).write());
  const outcomes = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(fc.nat(whole.length - 1), fc.nat(255), fc.nat(40), async (at, value, cut) => {
      const bytes = Buffer.from(whole.subarray(0, whole.length - Math.max(0, cut - 30)));
      bytes.writeUInt8(value, at % bytes.length);
      const outcome = await readPublicKey(bytes).then(
        () => 'read',
        (error: unknown) => (error instanceof SigningError ? error.code : Promise.reject(error)),
      );
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }),
    { seed: 4, numRuns: 300 },
  );
  expect(outcomes.get('key_damaged') ?? 0).toBeGreaterThan(100);
});
