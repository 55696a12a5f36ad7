/** A GnuPG home of a test's own, as an outside oracle and as a backend. Tests only. */

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { output, run } from '../../../rpm/src/testing/rpm.ts';

export interface GpgHome extends AsyncDisposable {
  readonly folder: string;
  gpg(...args: string[]): Promise<string>;
  /** Makes a key that signs; gives its fingerprint in lower case. */
  makeKey(type: string, options?: { expire?: string; passphrase?: string; at?: string }): Promise<string>;
  /** The certificate, armored. */
  export(fingerprint: string): Promise<string>;
  sign(data: Uint8Array, ...args: string[]): Promise<Uint8Array>;
  /** What gpg says of a detached signature, in its words for programs. */
  verify(data: Uint8Array, signature: Uint8Array | string): Promise<string>;
  killAgent(): Promise<void>;
}

export async function makeGpgHome(): Promise<GpgHome> {
  const folder = await mkdtemp(join(tmpdir(), 'moromi-gpg-'));
  // So that passphrases cost no seconds; of tests only.
  await writeFile(join(folder, 'gpg-agent.conf'), 's2k-count 65536\n');
  const always = ['--homedir', folder, '--batch', '--yes', '--pinentry-mode', 'loopback'];
  const gpg = (...args: string[]) => run('gpg', [...always, ...args]);
  const killAgent = () => run('gpgconf', ['--homedir', folder, '--kill', 'gpg-agent']).then(() => {});
  let files = 0;
  const place = async (bytes: Uint8Array | string) => {
    const path = join(folder, `data-${files++}`);
    await writeFile(path, bytes);
    return path;
  };
  return {
    folder,
    gpg,
    killAgent,
    async makeKey(type, { expire = 'never', passphrase = '', at } = {}) {
      const time = at === undefined ? [] : ['--faked-system-time', `${at}!`];
      const name = `Key ${files++} <key@example.org>`;
      await gpg(...time, '--passphrase', passphrase, '--quick-generate-key', name, type, 'sign', expire);
      const listed = await gpg('--with-colons', '--list-keys', '--', `=${name}`);
      return /^fpr:+([0-9A-F]{40}):/m.exec(listed)?.[1]?.toLowerCase() ?? '';
    },
    export: (fingerprint) => gpg('--armor', '--export', '--', fingerprint),
    async sign(data, ...args) {
      const path = await place(data);
      await gpg('--passphrase', '', '--output', `${path}.sig`, ...args, '--detach-sign', '--', path);
      return await readFile(`${path}.sig`);
    },
    async verify(data, signature) {
      const path = await place(data);
      const beside = await place(signature);
      return await output('gpg', [...always, '--status-fd', '1', '--verify', '--', beside, path]);
    },
    async [Symbol.asyncDispose]() {
      await killAgent();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
