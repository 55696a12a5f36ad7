import { createHash } from 'node:crypto';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { changeFront, joinFront, readHeaders } from '@moromi/rpm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { oldPackage } from '../../rpm/src/testing/oldpackage.ts';
import { buildPackages, type Packages } from '../../rpm/src/testing/packages.ts';
import { output, run } from '../../rpm/src/testing/rpm.ts';
import { writeV6 } from '../../rpm/src/testing/writer.ts';
import { signatureFormFor } from './forms.ts';
import { openGpgSigner } from './gpg.ts';
import { makeKey, revokeCertificate } from './newkey.ts';
import { readPublicKey } from './publickey.ts';
import { openSecretKey } from './secretkey.ts';
import type { Signer } from './signer.ts';
import { type SignedPackage, signPackage } from './signpackage.ts';
import { type GpgHome, makeGpgHome } from './testing/gpghome.ts';
import { verifyPackage } from './verifypackage.ts';

const DAY = 86_400;
const now = () => Math.floor(Date.now() / 1000);

let packages: Packages;
let home: GpgHome;
let database: string;
/** By the key's type: one in this process, one of gpg. */
const signers: Record<string, Signer> = {};
let revocation: string;

beforeAll(async () => {
  [packages, home] = await Promise.all([buildPackages(), makeGpgHome()]);
  database = join(packages.folder, 'keys');
  for (const type of ['rsa3072', 'rsa4096', 'ed25519'] as const) {
    const made = await makeKey({
      type,
      name: type,
      passphrase: null,
      created: now() - 10 * DAY,
      expires: now() + DAY,
    });
    signers[type] = await openSecretKey(made.secretKey);
    revocation = made.revocation;
  }
  for (const type of ['rsa2048', 'ed25519'])
    signers[`gpg ${type}`] = await openGpgSigner({
      home: home.folder,
      certificate: await home.makeKey(type),
    });
  for (const { certificate } of Object.values(signers)) {
    const path = join(packages.folder, 'key.asc');
    await writeFile(path, certificate.armored);
    await run('rpmkeys', ['--dbpath', database, '--import', path]);
  }
}, 60_000);
afterAll(async () => {
  for (const signer of Object.values(signers)) await signer[Symbol.asyncDispose]();
  await home[Symbol.asyncDispose]();
  await packages[Symbol.asyncDispose]();
});

const signer = (name = 'ed25519') => signers[name] as Signer;
const check = (path: string) => output('rpmkeys', ['--dbpath', database, '-Kv', '--', path]);

let files = 0;
async function place(bytes: Uint8Array): Promise<string> {
  const path = join(packages.folder, `placed-${files++}.rpm`);
  await writeFile(path, bytes);
  return path;
}

async function joined({ front }: SignedPackage, path: string): Promise<string> {
  return place(Buffer.concat([front.bytes, (await readFile(path)).subarray(front.rest)]));
}

async function oldFile(): Promise<string> {
  return place(oldPackage(await readFile(packages.files[0] ?? '')));
}

test.each([
  ['rsa3072', 'RSA'],
  ['rsa4096', 'RSA'],
  ['ed25519', 'EdDSA'],
  ['gpg rsa2048', 'RSA'],
  ['gpg ed25519', 'EdDSA'],
])(
  'every package that %s signs is good for rpm and for us, and has the digest that was told',
  async (name, word) => {
    for (const path of packages.files.filter((_, at) => name === 'ed25519' || at % 5 === 0)) {
      const signed = await signPackage(path, signer(name));
      const copy = await joined(signed, path);
      const keyId = signer(name).key.keyId;
      expect(await check(copy)).toContain(`Header V4 ${word}/SHA256 Signature, key ID ${keyId.slice(8)}: OK`);
      expect(
        await run('rpmkeys', ['--dbpath', database, '--define', '_pkgverify_level all', '-K', '--', copy]),
      ).toContain('digests signatures OK');
      const bytes = await readFile(copy);
      expect([signed.sha256, signed.size]).toEqual([
        createHash('sha256').update(bytes).digest('hex'),
        bytes.length,
      ]);
      expect(signed.front.signature.length).toBeLessThan(8192);
      expect(joinFront(await readHeaders(path), signed.front.signature).bytes).toEqual(signed.front.bytes);
      const { verdict, signatures } = await verifyPackage(copy, [signer(name).certificate]);
      expect(verdict).toMatchObject({ code: 'good', keyId });
      expect(signatures).toHaveLength(1);
    }
  },
  60_000,
);

test('what rpmsign signed we find good, by both kinds of key', async () => {
  for (const name of ['gpg rsa2048', 'gpg ed25519']) {
    const path = join(packages.folder, 'theirs.rpm');
    await copyFile(packages.files[0] ?? '', path);
    const defines = ['__gpg /usr/bin/gpg', `_gpg_path ${home.folder}`, '_gpg_digest_algo sha512'];
    const options = defines.flatMap((one) => ['--define', one]);
    await run('rpmsign', ['--addsign', `--key-id=${signer(name).certificate.fingerprint}`, ...options, path]);
    const { verdict } = await verifyPackage(path, [signer(name).certificate]);
    expect(verdict).toMatchObject({ code: 'good', hash: 'sha512', keyId: signer(name).key.keyId });
    // Signed anew by us, rpmsign's signature is gone.
    const copy = await joined(await signPackage(path, signer()), path);
    expect(await check(copy)).toContain(`EdDSA/SHA256 Signature, key ID ${signer().key.keyId.slice(8)}: OK`);
    expect((await verifyPackage(copy, [signer(name).certificate])).verdict.code).toBe('key_unknown');
  }
});

test('for EL 7 header and payload are signed, and rpm finds both good', async () => {
  const form = signatureFormFor('4.11.3');
  for (const path of [packages.files[0] ?? '', await oldFile()]) {
    const copy = await joined(await signPackage(path, signer('rsa4096'), { form }), path);
    const answer = await check(copy);
    expect(answer).toMatch(/Header V4 RSA\/SHA256 Signature, key ID [0-9a-f]+: OK/);
    expect(answer).toMatch(/\n {4}V4 RSA\/SHA256 Signature, key ID [0-9a-f]+: OK/);
    const { verdict, signatures } = await verifyPackage(copy, [signer('rsa4096').certificate]);
    expect(verdict.code).toBe('good');
    expect(signatures.map(({ kind }) => kind)).toEqual(['RSA', 'PGP']);
  }
});

test('where the header states no digest of the payload, both are signed for any release', async () => {
  const path = await oldFile();
  const signed = await signPackage(path, signer('ed25519'));
  expect(signed.signatures.map(({ kind }) => kind)).toEqual(['DSA', 'GPG']);
  const both = await joined(signed, path);
  expect(await check(both)).toMatch(/\n {4}V4 EdDSA\/SHA256 Signature, key ID [0-9a-f]+: OK/);
  // A signature of such a header alone would say nothing of the payload.
  const [ofHeader] = signed.signatures;
  const half = changeFront(signed.headers, { add: ofHeader === undefined ? [] : [ofHeader], old: 'remove' });
  const onlyHeader = await place(Buffer.concat([half.bytes, (await readFile(path)).subarray(half.rest)]));
  const { verdict, signatures } = await verifyPackage(onlyHeader, [signer().certificate]);
  expect([verdict.code, signatures[0]?.verdict.code]).toEqual(['not_signed', 'good']);
});

test('a v6 package is signed in its own way, and for rpm 4 in the old one too', async () => {
  const path = await place(writeV6());
  const now = await joined(await signPackage(path, signer()), path);
  expect((await verifyPackage(now, [signer().certificate])).signatures.map(({ kind }) => kind)).toEqual([
    'OPENPGP',
  ]);
  const older = await joined(await signPackage(path, signer(), { form: signatureFormFor('4.18.2') }), path);
  const { verdict, signatures } = await verifyPackage(older, [signer().certificate]);
  expect([verdict.code, ...signatures.map(({ kind }) => kind)]).toEqual(['good', 'OPENPGP', 'DSA']);
  expect(await check(older)).toMatch(/Header V4 EdDSA\/SHA256 Signature, key ID [0-9a-f]+: OK/);
  // Two keys, kept beside one another; each speaks for itself.
  const both = await joined(await signPackage(now, signer('rsa3072'), { old: 'keep' }), now);
  for (const name of ['ed25519', 'rsa3072']) {
    const found = await verifyPackage(both, [signer(name).certificate]);
    expect(found.verdict).toMatchObject({ code: 'good', keyId: signer(name).key.keyId });
    expect(found.signatures).toHaveLength(2);
  }
});

test.each([
  ['rsa3072', '4.5.0', 'rpm 4.5.0'],
  ['ed25519', '4.14.3', 'type ed25519'],
  ['ed25519', '4.11.3', 'type ed25519'],
])('a key of type %s does not sign for rpm %s', async (name, version, sentence) => {
  await expect(
    (async () => signPackage(packages.files[0] ?? '', signer(name), { form: signatureFormFor(version) }))(),
  ).rejects.toMatchObject({ code: 'form_impossible', message: expect.stringContaining(sentence) });
});

test('a digest that rpm does not know, and a header that it could not read, are refused before anything is signed', async () => {
  const path = packages.files[0] ?? '';
  await expect(signPackage(path, signer(), { hash: 'sha3-256' })).rejects.toMatchObject({
    code: 'form_impossible',
  });
  const small = { ...signatureFormFor('4.16.1'), headerBytes: 100 };
  await expect(signPackage(path, signer(), { form: small })).rejects.toMatchObject({
    code: 'form_impossible',
  });
});

describe('what is damaged', () => {
  test('is not signed', async () => {
    const before = await readFile(packages.files[0] ?? '');
    const { headerRange } = await readHeaders(packages.files[0] ?? '');
    let signings = 0;
    const counting: Signer = {
      ...signer(),
      signDigest: (...args) => {
        signings++;
        return signer().signDigest(...args);
      },
    };
    const inHeader = before.indexOf('Example', headerRange.start);
    for (const at of [
      inHeader > 0 ? inHeader : headerRange.end - 40,
      headerRange.end + 3,
      before.length - 1,
    ]) {
      const bytes = Buffer.from(before);
      bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
      await expect(signPackage(await place(bytes), counting)).rejects.toMatchObject({
        code: 'package_damaged',
      });
    }
    await expect(signPackage(await place(before.subarray(0, -5)), counting)).rejects.toMatchObject({
      code: 'package_damaged',
    });
    await expect(signPackage(await place(before.subarray(0, 3000)), counting)).rejects.toMatchObject({
      code: 'truncated',
    });
    expect(signings).toBe(0);
  });

  test('is found after it was signed, also where its digests were made to fit', async () => {
    const original = packages.files[0] ?? '';
    const signed = await signPackage(original, signer());
    const good = await readFile(await joined(signed, original));
    const keys = [signer().certificate];
    const { start, end } = signed.headers.headerRange;
    const of = async (bytes: Uint8Array) => (await verifyPackage(await place(bytes), keys)).verdict.code;
    expect(await of(good)).toBe('good');
    const changed = (at: number) => {
      const bytes = Buffer.from(good);
      bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
      return bytes;
    };
    expect(await of(changed(end + 5))).toBe('package_damaged');
    expect(await of(good.subarray(0, -3))).toBe('package_damaged');
    await expect(of(good.subarray(0, end - 3))).rejects.toMatchObject({ code: 'truncated' });
    // A forger puts right what the package states of itself, and keeps the signature.
    const forged = changed(good.indexOf('MIT', start));
    const path = await place(forged);
    const { signature, header } = await readHeaders(path);
    const restated = Buffer.from(forged);
    const main = forged.subarray(start);
    for (const [algorithm, data, form] of [
      ['sha1', header.bytes, 'hex'],
      ['sha256', header.bytes, 'hex'],
      ['md5', main, 'raw'],
    ] as const) {
      const was = createHash(algorithm)
        .update(algorithm === 'md5' ? good.subarray(start) : good.subarray(start, end))
        .digest();
      const is = createHash(algorithm).update(data).digest();
      const [old, fresh] = form === 'hex' ? [was.toString('hex'), is.toString('hex')] : [was, is];
      const at = restated.indexOf(old);
      expect(at).toBeGreaterThan(0);
      Buffer.from(fresh as string).copy(restated, at);
    }
    expect(signature.tags()).toContain(267);
    const found = await verifyPackage(await place(restated), keys);
    expect([found.file.whole, found.verdict.code]).toEqual([true, 'signature_wrong']);
    expect(await check(await place(restated))).toContain('BAD');
  });
});

test('an unsigned package, an unknown, an expired and a revoked key are told apart', async () => {
  const path = packages.files[0] ?? '';
  const of = async (file: string, ...args: [Parameters<typeof verifyPackage>[1], { at?: number }?]) =>
    (await verifyPackage(file, ...args)).verdict.code;
  const { certificate } = signer();
  expect(await of(path, [certificate])).toBe('not_signed');
  const copy = await joined(await signPackage(path, signer()), path);
  expect(await of(copy, [])).toBe('key_unknown');
  expect(await of(copy, [signer('rsa3072').certificate])).toBe('key_unknown');
  expect(await of(copy, [certificate], { at: now() + 2 * DAY })).toBe('key_expired');
  expect(await of(copy, [await revokeCertificate(certificate, revocation)])).toBe('key_revoked');
  expect(await of(copy, [certificate, signer('rsa3072').certificate])).toBe('good');
});

test('one wrong signature beside a good one is not good, and two packets in one tag are none', async () => {
  const path = packages.files[0] ?? '';
  const signed = await signPackage(path, signer('rsa3072'), { form: signatureFormFor('4.11') });
  const [ofHeader, ofWhole] = signed.signatures.map(({ packet }) => packet);
  const keys = [signer('rsa3072').certificate];
  const of = async (header: Uint8Array, whole: Uint8Array) => {
    const add = [
      { kind: 'RSA', packet: header },
      { kind: 'PGP', packet: whole },
    ] as const;
    const front = changeFront(signed.headers, { add, old: 'remove' });
    const bytes = Buffer.concat([front.bytes, (await readFile(path)).subarray(front.rest)]);
    return (await verifyPackage(await place(bytes), keys)).verdict.code;
  };
  const [one, two] = [ofHeader ?? new Uint8Array(0), ofWhole ?? new Uint8Array(0)];
  expect(await of(one, two)).toBe('good');
  expect(await of(two, two)).toBe('signature_wrong');
  expect(await of(one, one)).toBe('signature_wrong');
  expect(await of(Buffer.concat([one, one]), two)).toBe('signature_damaged');
});

test('a signing that is called off ends, and signs nothing', async () => {
  await expect(
    signPackage(packages.files[0] ?? '', signer(), { signal: AbortSignal.abort(new Error('called off')) }),
  ).rejects.toThrow('called off');
  await expect(
    verifyPackage(packages.files[0] ?? '', [], { signal: AbortSignal.abort(new Error('called off')) }),
  ).rejects.toThrow('called off');
});

test('a certificate that rpm exports is the one that it was given', async () => {
  const folder = join(packages.folder, 'exported');
  await mkdir(folder);
  const listed = await run('rpm', ['--dbpath', database, '-qa', '--qf', '%{DESCRIPTION}\n', 'gpg-pubkey*']);
  const blocks =
    listed.match(/-----BEGIN PGP PUBLIC KEY BLOCK-----[\s\S]*?-----END PGP PUBLIC KEY BLOCK-----\n/g) ?? [];
  const prints = await Promise.all(blocks.map(async (block) => (await readPublicKey(block)).fingerprint));
  expect(prints.toSorted()).toEqual(
    Object.values(signers)
      .map(({ certificate }) => certificate.fingerprint)
      .toSorted(),
  );
});
