/**
 * A token through gpg: SoftHSM as the token, gnupg-pkcs11-scd between it and gpg-agent. The key is made in a token's way,
 * with a certificate beside it, since that is how the daemon finds keys.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { run } from '../../rpm/src/testing/rpm.ts';
import { openGpgSigner } from './gpg.ts';
import { signDetached } from './index.ts';
import { type GpgHome, makeGpgHome } from './testing/gpghome.ts';

const library = '/usr/lib/softhsm/libsofthsm2.so';
const pin = '2468';
const DATA = Buffer.from('what is signed\n');

let folder: string;
let home: GpgHome;
let certificate: string;
const before = process.env['SOFTHSM2_CONF'];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'moromi-token-'));
  const config = join(folder, 'softhsm2.conf');
  await writeFile(
    config,
    `directories.tokendir = ${folder}\nobjectstore.backend = file\nlog.level = ERROR\n`,
  );
  process.env['SOFTHSM2_CONF'] = config;
  home = await makeGpgHome();
  await keyOnToken();
  await writeFile(
    join(home.folder, 'gnupg-pkcs11-scd.conf'),
    `providers softhsm\nprovider-softhsm-library ${library}\n`,
  );
  await writeFile(join(home.folder, 'gpg-agent.conf'), 'scdaemon-program /usr/bin/gnupg-pkcs11-scd\n');
  await home.killAgent();
  // The agent learns which keys the token has, and gpg makes a certificate for one of them, signed by the token.
  const learned = await run('gpg-connect-agent', [
    '--homedir',
    home.folder,
    'LEARN --sendinfo --force',
    '/bye',
  ]);
  const grip = /KEYPAIRINFO ([0-9A-F]{40}) /.exec(learned)?.[1] ?? '';
  const wish = join(folder, 'wish');
  await writeFile(
    wish,
    `Key-Type: RSA\nKey-Grip: ${grip}\nKey-Usage: sign\nName-Real: token\nExpire-Date: 0\n`,
  );
  await home.gpg('--passphrase', pin, '--full-generate-key', wish);
  const listed = await home.gpg('--with-colons', '--list-secret-keys');
  certificate = /^fpr:+([0-9A-F]{40}):/m.exec(listed)?.[1] ?? '';
  // The PIN that the daemon has kept goes with it.
  await home.killAgent();
});
afterAll(async () => {
  await home?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
  if (before === undefined) delete process.env['SOFTHSM2_CONF'];
  else process.env['SOFTHSM2_CONF'] = before;
});

async function keyOnToken(): Promise<void> {
  const [key, p8, cert, der] = ['key.pem', 'key.p8', 'cert.pem', 'cert.der'].map((one) => join(folder, one));
  const token = ['--token', 'release', '--pin', pin];
  await run('softhsm2-util', [
    ...['--init-token', '--free', '--label', 'release', '--so-pin', '1357', '--pin', pin],
  ]);
  const request = ['-newkey', 'rsa:3072', '-nodes', '-days', '2', '-subj', '/CN=token'];
  await run('openssl', ['req', '-x509', ...request, '-keyout', key ?? '', '-out', cert ?? '']);
  await run('openssl', ['pkcs8', '-topk8', '-nocrypt', '-in', key ?? '', '-out', p8 ?? '']);
  await run('openssl', ['x509', '-in', cert ?? '', '-outform', 'der', '-out', der ?? '']);
  await run('softhsm2-util', ['--import', p8 ?? '', ...token, '--label', 'release', '--id', 'a1']);
  const object = ['--id', 'a1', '--type', 'cert', '--label', 'release', '--write-object', der ?? ''];
  await run('pkcs11-tool', ['--module', library, '--login', '--pin', pin, ...object]);
}

const open = (passphrase: string) =>
  openGpgSigner({ home: home.folder, certificate, passphrase, timeout: 20_000 });

test('a key on a token signs, and gpg finds it good', async () => {
  await using signer = await open(pin);
  expect(signer.key.algorithm.name).toBe('rsa3072');
  const made = await Promise.all([1, 2, 3].map(() => signDetached(signer, DATA)));
  for (const { armored } of made)
    expect(await home.verify(DATA, armored)).toContain(`VALIDSIG ${certificate}`);
});

test('a wrong PIN is tried once, since tokens lock themselves, and the right one works afterwards', async () => {
  await home.killAgent();
  {
    await using signer = await open('1111');
    await expect(signDetached(signer, DATA)).rejects.toMatchObject({ code: 'passphrase_wrong' });
  }
  await using signer = await open(pin);
  const { armored } = await signDetached(signer, DATA);
  expect(await home.verify(DATA, armored)).toContain(`VALIDSIG ${certificate}`);
});
