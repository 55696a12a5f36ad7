/**
 * What a person does on a signer's machine: `moromi signer make-key | journal | sign-folder | list-keys`.
 *
 * Invariant: nothing here speaks to a hub.
 */

import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import type { NewKeyType } from '@moromi/signing';
import { Chain } from './chain.ts';
import type { SignerConfig } from './config.ts';
import { Desk } from './desk.ts';
import { signFolder } from './folder.ts';
import { Keyring } from './keyring.ts';
import { makeSignerKey } from './make-key.ts';

/** A command line that makes no sense. */
export class SignerUsage extends Error {}

export const signerHelp = `Usage: moromi signer <what> [options]

On the machine that keeps the keys; nothing of it speaks to a hub.

  make-key <name>       make a key, with an encrypted backup
      --type <type>           rsa4096 (usual), rsa3072 or ed25519
      --expires <duration>    such as 5y, 18m, 90d, or never (5y)
      --email <address>       in the key's user id
      --backup <file>         where the backup goes (backup/NAME.asc in the signer's home)
      --passphrase-file <file>  holds the backup's passphrase; one is made and shown once where there is none
  list-keys             the keys that this signer has
  journal               what this signer was asked and has signed
      --verify                check that no line was changed, taken out or put in
  sign-folder <folder>  sign what \`moromi export-unsigned\` has written there

The section [signer] of the configuration says where its keys, rules and journal are.
`;

const types: readonly NewKeyType[] = ['rsa4096', 'rsa3072', 'ed25519'];

/** @returns the exit code */
export async function runSigner(
  args: readonly string[],
  config: SignerConfig,
  out: (text: string) => void,
): Promise<number> {
  const [what, ...rest] = args;
  switch (what) {
    case 'make-key':
      return await make(rest, config, out);
    case 'list-keys':
      return await list(config, out);
    case 'journal':
      return await journal(rest, config, out);
    case 'sign-folder':
      return await folder(rest, config, out);
    default:
      out(signerHelp);
      if (what === undefined || what === '--help' || what === '-h') return 0;
      throw new SignerUsage(`there is no ${what}; see moromi signer --help`);
  }
}

async function make(args: string[], config: SignerConfig, out: (text: string) => void): Promise<number> {
  const { values, positionals } = parsed(args, {
    type: { type: 'string', default: 'rsa4096' },
    expires: { type: 'string', default: '5y' },
    email: { type: 'string' },
    backup: { type: 'string' },
    'passphrase-file': { type: 'string' },
  });
  const [name, ...more] = positionals;
  if (name === undefined || more.length > 0) throw new SignerUsage('make-key wants one name');
  const type = types.find((one) => one === values['type']);
  if (type === undefined) throw new SignerUsage(`--type knows ${types.join(', ')}, not "${values['type']}"`);
  const { email, backup } = values as { email?: string; backup?: string };
  const file = values['passphrase-file'] as string | undefined;
  const secret = file === undefined ? undefined : (await readFile(file, 'utf8')).split('\n')[0]?.trim();
  const made = await makeSignerKey(config, {
    name,
    type,
    lifetime: lifetimeOf(String(values['expires'])),
    ...(email === undefined ? {} : { email }),
    ...(backup === undefined ? {} : { backup }),
    ...(secret === undefined ? {} : { backupPassphrase: secret }),
  });
  out(`${made.armor.trimEnd()}\n`);
  out(`Made ${name}: ${made.fingerprint}\nBackup: ${made.backup}\nRevocation: ${made.revocation}\n`);
  if (made.backupPassphrase !== null)
    out(`The backup's passphrase, which is nowhere else and not shown again:\n${made.backupPassphrase}\n`);
  return 0;
}

async function list(config: SignerConfig, out: (text: string) => void): Promise<number> {
  await using ring = await Keyring.open(config);
  for (const { name, fingerprint, backend, signer } of ring.keys)
    out(`${name}  ${fingerprint}  ${signer.key.algorithm.name}  ${backend}\n`);
  return 0;
}

async function journal(args: string[], config: SignerConfig, out: (text: string) => void): Promise<number> {
  const { values } = parsed(args, { verify: { type: 'boolean' } });
  const chain = new Chain(config.journal);
  if (values['verify'] !== true) {
    for await (const line of chain.lines()) out(`${JSON.stringify(line)}\n`);
    return 0;
  }
  const said = await chain.verify();
  if ('wrong' in said) {
    out(`${config.journal}: ${said.wrong}: it was changed.\n`);
    return 1;
  }
  out(`${config.journal}: ${said.lines} lines, whole; the last one's hash is ${said.hash}\n`);
  return 0;
}

async function folder(args: string[], config: SignerConfig, out: (text: string) => void): Promise<number> {
  const { positionals } = parsed(args, {});
  const [path, ...more] = positionals;
  if (path === undefined || more.length > 0) throw new SignerUsage('sign-folder wants one folder');
  await using desk = await Desk.open(config);
  const { signed, refused } = await signFolder(desk, path, new AbortController().signal);
  for (const name of signed) out(`${name}  signed\n`);
  for (const { name, code, message } of refused) out(`${name}  refused: ${code}: ${message}\n`);
  return refused.length === 0 ? 0 : 1;
}

function parsed(args: string[], options: NonNullable<Parameters<typeof parseArgs>[0]>['options'] & object) {
  try {
    return parseArgs({ args, options, strict: true, allowPositionals: true });
  } catch (error) {
    throw new SignerUsage(error instanceof Error ? error.message : String(error));
  }
}

const units: Record<string, number> = { d: 86_400, w: 7 * 86_400, m: 30 * 86_400, y: 365 * 86_400 };

/** In seconds; null for never. */
function lifetimeOf(text: string): number | null {
  if (text === 'never') return null;
  const [, count, unit = ''] = /^([1-9]\d{0,4})([dwmy])$/.exec(text) ?? [];
  const seconds = units[unit];
  if (count === undefined || seconds === undefined)
    throw new SignerUsage(`--expires wants such as 5y, 18m, 90d, or never, not "${text}"`);
  return Number(count) * seconds;
}
