/**
 * New keys of a signer.
 *
 * Invariant: a key is in its place only when its backup is, and both are on the disk before anybody hears of it; what is
 * there is never written over. The backup is encrypted with a passphrase of its own.
 */
import { randomBytes } from 'node:crypto';
import { access, mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeKey, type NewKeyType, openSecretKey, reencryptSecretKey } from '@moromi/signing';
import { isName } from '../names.ts';
import { syncFolder } from '../whole-file.ts';
import { Chain } from './chain.ts';
import type { SignerConfig } from './config.ts';
import { keyFolder } from './keyring.ts';

export interface KeyWish {
  name: string;
  type: NewKeyType;
  /** Seconds from now; null for never. */
  lifetime: number | null;
  email?: string;
  /** Where the backup goes; `backup/NAME.asc` in the signer's home where not said. */
  backup?: string;
  /** Of the backup; one is made where not said. */
  backupPassphrase?: string;
}

export interface MadeKey {
  fingerprint: string;
  /** The public part, armored. */
  armor: string;
  backup: string;
  revocation: string;
  /** Only where it was made here: it is nowhere else. */
  backupPassphrase: string | null;
}

export async function makeSignerKey(config: SignerConfig, wish: KeyWish): Promise<MadeKey> {
  const { name, type, lifetime, email } = wish;
  if (!isName(name)) throw new Error(`"${name}" is no name: use letters, digits and . _ + - ~ ^`);
  const place = join(keyFolder(config), `${name}.asc`);
  const backup = wish.backup ?? join(config.home, 'backup', `${name}.asc`);
  const revocation = join(config.home, 'backup', `${name}.revocation.asc`);
  for (const path of [place, backup, revocation])
    if (await isThere(path))
      throw new Error(`${path} is there already; choose another name, or take it away`);
  const passphrase = config.passphrase ?? null;
  const created = Math.floor(Date.now() / 1000);
  const made = await makeKey({
    type,
    name,
    ...(email === undefined ? {} : { email }),
    passphrase,
    created,
    expires: lifetime === null ? null : created + lifetime,
  });
  const to = wish.backupPassphrase ?? madePassphrase();
  const from = passphrase === null ? {} : { from: passphrase };
  const safe = await reencryptSecretKey(made.secretKey, { ...from, to });
  // Read back as it will be one day, before anything depends on it.
  await openSecretKey(safe, { passphrase: to });
  await writeNew(backup, safe);
  await writeNew(revocation, made.revocation);
  await writeNew(place, made.secretKey);
  const { fingerprint, armored } = made.certificate;
  await new Chain(config.journal).append([{ event: 'key-made', key: fingerprint, name, type }]);
  return {
    fingerprint,
    armor: armored,
    backup,
    revocation,
    backupPassphrase: wish.backupPassphrase === undefined ? to : null,
  };
}

/** 160 bits, in groups that can be written down. */
function madePassphrase(): string {
  return (randomBytes(20).toString('hex').match(/.{5}/g) ?? []).join('-');
}

async function isThere(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}

async function writeNew(path: string, content: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await using file = await open(path, 'wx', 0o600);
  await file.writeFile(content);
  await file.sync();
  await syncFolder(dirname(path));
}
