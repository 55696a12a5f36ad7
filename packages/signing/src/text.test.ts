import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkText, signText } from './cleartext.ts';
import { checkDetached, signDetached } from './detached.ts';
import { makeKey } from './newkey.ts';
import { type PublicKey, readPublicKey } from './publickey.ts';
import { openSecretKey } from './secretkey.ts';
import type { Signer } from './signer.ts';
import { type GpgHome, makeGpgHome } from './testing/gpghome.ts';
import { canonicalLines } from './text.ts';

const REPOMD = Buffer.from('<?xml version="1.0"?>\n<repomd/>\n');

let home: GpgHome;
let signer: Signer;
let keys: PublicKey[];
/** gpg's own key. */
let theirs: string;
let theirKeys: PublicKey[];
beforeAll(async () => {
  home = await makeGpgHome();
  const made = await makeKey({ type: 'ed25519', name: 'Text', passphrase: null, expires: null });
  signer = await openSecretKey(made.secretKey);
  keys = [signer.certificate];
  const path = join(home.folder, 'own.asc');
  await writeFile(path, made.certificate.armored);
  await home.gpg('--import', path);
  theirs = await home.makeKey('rsa2048');
  theirKeys = [await readPublicKey(await home.export(theirs))];
});
afterAll(() => home[Symbol.asyncDispose]());

test('our signature of a file is gpg’s too, armored and binary', async () => {
  const { packet, armored } = await signDetached(signer, REPOMD, { hash: 'sha512' });
  expect(armored).toMatch(/^-----BEGIN PGP SIGNATURE-----\n\n[\w+/=\n]+-----END PGP SIGNATURE-----\n$/);
  for (const signature of [packet, armored]) {
    expect(await home.verify(REPOMD, signature)).toContain('GOODSIG');
    expect((await checkDetached(signature, REPOMD, keys)).code).toBe('good');
    expect((await checkDetached(signature, [REPOMD.subarray(0, 7), REPOMD.subarray(7)], keys)).code).toBe(
      'good',
    );
    expect((await checkDetached(signature, REPOMD.subarray(1), keys)).code).toBe('signature_wrong');
    expect((await checkDetached(signature, REPOMD, theirKeys)).code).toBe('key_unknown');
  }
});

test('gpg’s signature of a file is good for us, of bytes and of text', async () => {
  for (const args of [[], ['--armor'], ['--textmode'], ['--armor', '--digest-algo', 'sha384']]) {
    const path = join(home.folder, 'file');
    await writeFile(path, REPOMD);
    await home.gpg('--local-user', theirs, '--output', `${path}.asc`, ...args, '--detach-sign', '--', path);
    const signature = await readFile(`${path}.asc`);
    expect((await checkDetached(signature, REPOMD, theirKeys)).code, args.join()).toBe('good');
    expect((await checkDetached(signature.toString('latin1'), REPOMD, [])).code).toBe(
      args.includes('--armor') ? 'key_unknown' : 'signature_damaged',
    );
    const dos = Buffer.from(REPOMD.toString().replaceAll('\n', '\r\n'));
    expect((await checkDetached(signature, dos, theirKeys)).code).toBe(
      args.includes('--textmode') ? 'good' : 'signature_wrong',
    );
  }
});

test('what is beside a file and no signature is told as what it is', async () => {
  const { armored } = await signDetached(signer, REPOMD);
  const code = async (signature: string | Uint8Array | null) =>
    (await checkDetached(signature, REPOMD, keys)).code;
  for (const none of [null, '', ' \n', new Uint8Array(0)]) expect(await code(none)).toBe('not_signed');
  const damaged = armored.replace(/\n(\w{10})/, '\n!!!!');
  const key = signer.certificate.armored;
  for (const bad of [
    '<html>',
    damaged,
    key,
    armored.slice(0, 60),
    'x'.repeat(300_000),
    Buffer.from('<html>'),
  ])
    expect(await code(bad)).toBe('signature_damaged');
});

/** Lines that the frame or the rules could take for their own. */
const line = fc.oneof(
  fc.constantFrom(
    '',
    '-',
    '--',
    '- -',
    ' ',
    '\t',
    'trailing \t',
    '-----BEGIN PGP SIGNATURE-----',
    '-----END PGP SIGNATURE-----',
  ),
  fc.constantFrom('-----BEGIN PGP SIGNED MESSAGE-----', 'Hash: MD5', 'From me', 'größer'),
  fc.string().filter((text) => !/[\r\n\0]/.test(text)),
);

test('any text comes back as it was signed, but for blanks at the ends of lines', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 6 }), async (lines) => {
      const text = `${lines.join('\n')}\n`;
      const message = await signText(signer, text);
      const found = await checkText(message, keys);
      expect(found.verdict.code).toBe('good');
      expect(found.text).toBe(text.replace(/[ \t]+$/gm, ''));
      expect((await checkText(message.replaceAll('\n', '\r\n'), keys)).text).toBe(found.text);
    }),
    { seed: 4, numRuns: 100 },
  );
});

test('gpg reads our signed text, and we gpg’s', async () => {
  const path = join(home.folder, 'text');
  for (const text of [
    'one\n',
    '- dash \n-----BEGIN\n\nTail\t\n',
    'SHA256 (a) = 00\n'.repeat(50),
    '\n\n',
    'größer\n',
  ]) {
    await writeFile(`${path}.asc`, await signText(signer, text, { hash: 'sha512' }));
    expect(await home.gpg('--status-fd', '1', '--verify', '--', `${path}.asc`)).toContain('GOODSIG');
    expect(await home.gpg('--output', '-', '--decrypt', '--', `${path}.asc`)).toBe(
      text.replace(/[ \t]+$/gm, ''),
    );
    await writeFile(path, text);
    await home.gpg('--local-user', theirs, '--output', `${path}.asc`, '--clear-sign', '--', path);
    const found = await checkText(await readFile(`${path}.asc`, 'utf8'), theirKeys);
    expect([found.verdict.code, found.text]).toEqual(['good', text.replace(/[ \t]+$/gm, '')]);
  }
});

test('nothing that was not signed is given as signed text', async () => {
  const message = await signText(signer, 'pay 1\n');
  const code = async (text: string) => {
    const found = await checkText(text, keys);
    expect(found.text).toBeNull();
    return found.verdict.code;
  };
  expect(await code(message.replace('pay 1', 'pay 9'))).toBe('signature_wrong');
  expect(await code(message.replace('pay 1\n', 'pay 1\npay 2\n'))).toBe('signature_wrong');
  expect(await code(`before\n${message}`)).toBe('signature_damaged');
  expect(await code(`${message}after\n`)).toBe('signature_damaged');
  expect(await code(`${message}${message}`)).toBe('signature_damaged');
  expect(await code(message.replace('Hash: SHA256', 'Comment: pay 9'))).toBe('signature_damaged');
  expect(await code(message.replace('Hash: SHA256', 'Hash: SHA256\n \npay 9'))).toBe('signature_damaged');
  expect(await code(message.replace('pay 1', '-pay 1'))).toBe('signature_damaged');
  expect(await code('')).toBe('signature_damaged');
  const packet = (await signDetached(signer, Buffer.from('pay 1'))).armored;
  expect(await code(message.replace(/-----BEGIN PGP SIGNATURE.*/s, packet))).toBe('signature_damaged');
  for (const text of ['a\r\n', 'a\0'])
    await expect(signText(signer, text)).rejects.toMatchObject({ code: 'bad_text' });
});

test('line ends are made the same in whatever pieces the text comes', () => {
  const letters = fc.array(fc.constantFrom('\r', '\n', 'a'), { maxLength: 12 });
  fc.assert(
    fc.property(letters, fc.array(fc.nat(12), { maxLength: 4 }), (parts, cuts) => {
      const text = Buffer.from(parts.join(''));
      const make = canonicalLines();
      const ends = [...cuts.toSorted((a, b) => a - b), text.length];
      const pieces = ends.map((end, at) => make(text.subarray(ends[at - 1] ?? 0, end)));
      expect(Buffer.concat(pieces).toString()).toBe(parts.join('').replace(/\r?\n/g, '\r\n'));
    }),
    { seed: 4, numRuns: 1_000 },
  );
});
