/**
 * The keys that a signer signs with, wherever they are.
 *
 * Invariant: what comes out of here is signers and certificates; no secret key and no passphrase leaves it.
 */
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { openGpgSigner, openSecretKey, type Signer, SigningError } from '@moromi/signing';
import { isName } from '../names.ts';
import type { SignerConfig } from './config.ts';

export interface OwnKey {
  name: string;
  fingerprint: string;
  backend: 'file' | 'gpg';
  signer: Signer;
}

/** Where keys may come from; a cloud's key service would be one more. */
export type KeySource = (config: SignerConfig) => Promise<OwnKey[]>;

const sources: readonly KeySource[] = [fromFiles, fromGpg];

export class Keyring implements AsyncDisposable {
  readonly keys: readonly OwnKey[];

  private constructor(keys: readonly OwnKey[]) {
    this.keys = keys;
  }

  /** Opens all keys; throws a sentence that names the one that cannot be opened. */
  static async open(config: SignerConfig): Promise<Keyring> {
    const keys: OwnKey[] = [];
    for (const source of sources) keys.push(...(await source(config)));
    const twice = keys.find(
      (one, at) => keys.findIndex((other) => other.fingerprint === one.fingerprint) < at,
    );
    if (twice !== undefined)
      throw new Error(`the key ${twice.fingerprint} is there twice: as ${twice.name} too`);
    return new Keyring(keys);
  }

  find(which: string): OwnKey | undefined {
    return this.keys.find((one) => one.fingerprint === which || one.name === which);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { signer } of this.keys) await signer[Symbol.asyncDispose]();
  }
}

export function keyFolder({ home }: Pick<SignerConfig, 'home'>): string {
  return join(home, 'keys');
}

async function fromFiles(config: SignerConfig): Promise<OwnKey[]> {
  const folder = keyFolder(config);
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const found: OwnKey[] = [];
  for (const file of names.filter((one) => one.endsWith('.asc')).toSorted()) {
    const name = basename(file, '.asc');
    if (!isName(name))
      throw new Error(`${join(folder, file)}: a key needs a name of letters, digits and . _ + - ~ ^`);
    const options = config.passphrase === undefined ? {} : { passphrase: config.passphrase };
    const secret = await readFile(join(folder, file), 'utf8');
    found.push(await named(name, 'file', () => openSecretKey(secret, options)));
  }
  return found;
}

async function fromGpg(config: SignerConfig): Promise<OwnKey[]> {
  const { gnupgHome: home, gnupgKeys, passphrase } = config;
  if (gnupgKeys.length > 0 && home === undefined)
    throw new Error('gnupg_keys are named in [signer] and no gnupg_home');
  const found: OwnKey[] = [];
  for (const said of home === undefined ? [] : gnupgKeys) {
    const [, name = '', certificate = ''] = /^([^:]+):([0-9A-Fa-f ]+)$/.exec(said) ?? [];
    if (!isName(name)) throw new Error(`gnupg_keys has "${said}" where NAME:FINGERPRINT belongs`);
    const options = { home: home ?? '', certificate: certificate.replaceAll(' ', '') };
    found.push(
      await named(name, 'gpg', () =>
        openGpgSigner(passphrase === undefined ? options : { ...options, passphrase }),
      ),
    );
  }
  return found;
}

async function named(name: string, backend: OwnKey['backend'], open: () => Promise<Signer>): Promise<OwnKey> {
  try {
    const signer = await open();
    return { name, fingerprint: signer.certificate.fingerprint, backend, signer };
  } catch (error) {
    throw error instanceof SigningError
      ? new Error(`the key ${name}: ${error.message}`, { cause: error })
      : error;
  }
}
