import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe as describeRpm, listFiles, readHeaders } from '@moromi/rpm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildPackages, type Packages } from '../../rpm/src/testing/packages.ts';
import { run } from '../../rpm/src/testing/rpm.ts';
import { openFileSigner } from './filesigner.ts';
import { signatureFormFor } from './forms.ts';
import { makeKey } from './newkey.ts';
import { openSecretKey } from './secretkey.ts';
import type { Signer } from './signer.ts';
import { signPackage } from './signpackage.ts';

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const PEM = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;

let packages: Packages;
let folder: string;
let signer: Signer;
beforeAll(async () => {
  packages = await buildPackages();
  folder = await mkdtemp(join(tmpdir(), 'moromi-ima-'));
  signer = await openSecretKey(
    (await makeKey({ type: 'ed25519', name: 'x', passphrase: null, expires: null })).secretKey,
  );
}, 60_000);
afterAll(async () => {
  await rm(folder, { recursive: true });
  await packages[Symbol.asyncDispose]();
});

const packageNamed = (part: string) => packages.files.find((path) => path.includes(part)) ?? '';

test('each file’s signature is one that openssl verifies, in the kernel’s form, and rpm gives it', async () => {
  const path = packageNamed('wealthy-1.0~rc1^git5-3.el9.x86_64');
  const { front, headers } = await signPackage(path, signer, { files: openFileSigner(PEM) });
  const copy = join(folder, 'copy.rpm');
  await writeFile(copy, Buffer.concat([front.bytes, (await readFile(path)).subarray(front.rest)]));
  const query = [
    '-qp',
    '--nosignature',
    '--qf',
    '[%{FILENAMES}\t%{FILESIGNATURES}\n]%{FILESIGNATURELENGTH}',
    '--',
  ];
  const lines = (await run('rpm', [...query, copy])).split('\n');
  expect(lines.pop()).toBe('265');
  const files = listFiles(headers);
  expect(lines.map((line) => line.split('\t')[0])).toEqual(files.map((file) => file.path));
  const key = join(folder, 'key.pem');
  await writeFile(key, createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }));
  let verified = 0;
  for (const [at, { digest }] of files.entries()) {
    const bytes = Buffer.from(lines[at]?.split('\t')[1] ?? '', 'hex');
    expect(bytes.length).toBe(digest === '' ? 0 : 265);
    if (digest === '') continue;
    // 3, version 2, SHA-256 is 4, then the key's id and the length.
    expect([bytes.toString('hex', 0, 3), bytes.readUInt16BE(7)]).toEqual(['030204', 256]);
    await writeFile(join(folder, 'signature'), bytes.subarray(9));
    await writeFile(join(folder, 'digest'), Buffer.from(digest, 'hex'));
    const options = [
      '-pubin',
      '-inkey',
      key,
      '-in',
      join(folder, 'digest'),
      '-sigfile',
      join(folder, 'signature'),
    ];
    const answer = await run('openssl', ['pkeyutl', '-verify', ...options, '-pkeyopt', 'digest:sha256']);
    expect(answer).toContain('Verified Successfully');
    verified++;
  }
  expect(verified).toBe(3);
  expect(describeRpm(await readHeaders(copy)).hasFileSignatures).toBe(true);
});

test('the key’s id is the end of the digest of its public part, or what was given', async () => {
  const digest = Buffer.alloc(32, 7);
  const der = createPublicKey(privateKey).export({ type: 'pkcs1', format: 'der' });
  await writeFile(join(folder, 'key.der'), der);
  const sum = (await run('sha1sum', ['--', join(folder, 'key.der')])).slice(0, 40);
  expect(Buffer.from(await openFileSigner(PEM).signFile('sha256', digest)).toString('hex', 3, 7)).toBe(
    sum.slice(-8),
  );
  const given = await openFileSigner(PEM, { keyId: 0xdeadbeef }).signFile('sha256', digest);
  expect(Buffer.from(given).toString('hex', 3, 7)).toBe('deadbeef');
});

test('a source package’s files are not signed, and those for rpm that could not read so much are refused', async () => {
  const files = openFileSigner(PEM);
  const source = await signPackage(packageNamed('wealthy-1.0~rc1^git5-3.el9.src'), signer, { files });
  expect(Buffer.from(source.front.bytes).includes('0302')).toBe(false);
  const rsa = await makeKey({ type: 'rsa3072', name: 'x', passphrase: null, expires: null });
  // 60 files.
  const many = packageNamed('small-1-1.noarch');
  await expect(
    signPackage(many, await openSecretKey(rsa.secretKey), { files, form: signatureFormFor('4.14.3') }),
  ).rejects.toMatchObject({ code: 'form_impossible', message: expect.stringContaining('8192') });
  expect((await signPackage(many, signer, { files })).front.signature.length).toBeGreaterThan(60 * 530);
});

test('only an RSA key in PEM signs files, and by its passphrase', () => {
  const { privateKey: other } = generateKeyPairSync('ed25519');
  const locked = privateKey.export({
    type: 'pkcs8',
    format: 'pem',
    cipher: 'aes256',
    passphrase: 'p',
  }) as string;
  const code = (act: () => unknown) => {
    try {
      act();
    } catch (error) {
      return (error as { code: string }).code;
    }
    return 'opened';
  };
  expect(code(() => openFileSigner(locked, { passphrase: 'p' }))).toBe('opened');
  expect(code(() => openFileSigner(locked, { passphrase: 'q' }))).toBe('passphrase_wrong');
  expect(code(() => openFileSigner(locked))).toBe('passphrase_wrong');
  expect(code(() => openFileSigner('text'))).toBe('key_damaged');
  expect(code(() => openFileSigner(other.export({ type: 'pkcs8', format: 'pem' }) as string))).toBe(
    'key_unusable',
  );
  expect(code(() => openFileSigner(PEM).signFile('md5', Buffer.alloc(16)))).toBe('form_impossible');
});
