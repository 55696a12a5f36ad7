/**
 * A signer whose key is in a GnuPG home, or on a token that gpg knows. gpg is asked once which keys there are; each
 * signature is made by its agent over a kept connection. An agent that ended is started again.
 */

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Agent } from './agent.ts';
import { SigningError } from './errors.ts';
import { readExpression, valueIn } from './expression.ts';
import type { HashName } from './hashes.ts';
import { writeIntegers } from './integers.ts';
import { readPublicKey, type SigningKey } from './publickey.ts';
import type { Signer } from './signer.ts';

export interface GpgOptions {
  /** The GnuPG home. */
  readonly home: string;
  /** Fingerprint of the certificate. */
  readonly certificate: string;
  /** Fingerprint of the key or subkey that is to sign; the newest that may where not said. */
  readonly signWith?: string;
  /** Of the secret key, or a token's PIN; '' where there is none. Not asked for where the agent has it already. */
  readonly passphrase?: string;
  /** For one signature, in milliseconds; 60,000 where not said. */
  readonly timeout?: number;
}

const execute = promisify(execFile);

/** Throws SigningError: key_unusable, signer_failed (no gpg, no such home), key_damaged. */
export async function openGpgSigner(options: GpgOptions): Promise<Signer> {
  const { home, signWith, passphrase = null, timeout = 60_000 } = options;
  const certificateId = options.certificate.toLowerCase();
  if (!/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(certificateId))
    throw new SigningError(
      'key_unusable',
      `Name the key by its whole fingerprint, not by ${options.certificate}.`,
    );
  const certificate = await readPublicKey(await gpg(home, ['--armor', '--export', '--', certificateId]));
  const listed = await gpg(home, [
    '--with-colons',
    '--with-keygrip',
    '--list-secret-keys',
    '--',
    certificateId,
  ]);
  const grips = secretGrips(listed);
  const key = certificate.signingKeys.find(
    ({ fingerprint, revoked }) =>
      !revoked &&
      grips.has(fingerprint) &&
      (signWith === undefined || fingerprint === signWith.toLowerCase()),
  );
  const grip = grips.get(key?.fingerprint ?? '');
  if (key === undefined || grip === undefined) {
    throw new SigningError(
      'key_unusable',
      `The GnuPG home has no secret key of ${certificateId} that may sign. Import it there, or name another.`,
    );
  }
  const answer = (keyword: string) => (keyword === 'PASSPHRASE' ? passphrase : null);
  const connection = new Connection(home, answer, timeout);
  await connection.run('NOP');
  return {
    certificate,
    key,
    signDigest: (hash, digest) => signByAgent(connection, key, grip, hash, digest),
    [Symbol.asyncDispose]: () => connection.close(),
  };
}

/** One agent at a time, connected when it is needed. */
class Connection {
  readonly #connect: () => Promise<Agent>;
  #agent: Promise<Agent> | null = null;

  constructor(home: string, answer: (keyword: string) => string | null, timeout: number) {
    this.#connect = async () => {
      await runGpgTool('gpgconf', ['--homedir', home, '--launch', 'gpg-agent']);
      const path = await runGpgTool('gpgconf', ['--homedir', home, '--list-dirs', 'agent-socket']);
      const agent = await Agent.connect(decodeURIComponent(path.trim()), answer, timeout);
      await agent.run('OPTION pinentry-mode=loopback');
      return agent;
    };
  }

  /** Once more over a new connection where the old one had ended; a signature that is made twice is the same. */
  async run(...commands: string[]): Promise<Buffer> {
    const agent = await this.#current();
    try {
      return await agent.run(...commands);
    } catch (error) {
      if (!agent.isBroken) throw error;
      this.#agent = null;
      return await (await this.#current()).run(...commands);
    }
  }

  #current(): Promise<Agent> {
    this.#agent ??= this.#connect().catch((error: unknown) => {
      this.#agent = null;
      throw error;
    });
    return this.#agent;
  }

  async close(): Promise<void> {
    const agent = this.#agent;
    this.#agent = null;
    if (agent !== null) (await agent).close();
  }
}

async function signByAgent(
  connection: Connection,
  key: SigningKey,
  grip: string,
  hash: HashName,
  digest: Uint8Array,
): Promise<Uint8Array> {
  const hex = Buffer.from(digest).toString('hex').toUpperCase();
  const reply = await connection.run(`SIGKEY ${grip}`, `SETHASH --hash=${hash} ${hex}`, 'PKSIGN');
  const expression = readExpression(reply);
  const names = key.algorithm.family === 'rsa' ? ['s'] : ['r', 's'];
  const integers = names.flatMap((name) => valueIn(expression, name) ?? []);
  if (integers.length !== names.length)
    throw new SigningError('signer_failed', 'gpg-agent answered with something that is no signature.');
  return writeIntegers(integers);
}

/** Keygrips, by which the agent knows keys, of those keys whose secret part is at hand, by fingerprint. */
function secretGrips(listed: string): Map<string, string> {
  const grips = new Map<string, string>();
  let hasSecret = false;
  let fingerprint = '';
  for (const line of listed.split('\n')) {
    const fields = line.split(':');
    // GnuPG's doc/DETAILS: of field 15, `#` says that only a stub without the secret is there.
    if (fields[0] === 'sec' || fields[0] === 'ssb') hasSecret = fields[14] !== '#';
    if (fields[0] === 'fpr') fingerprint = fields[9]?.toLowerCase() ?? '';
    if (fields[0] === 'grp' && hasSecret) grips.set(fingerprint, fields[9] ?? '');
  }
  return grips;
}

function gpg(home: string, args: readonly string[]): Promise<string> {
  return runGpgTool('gpg', ['--homedir', home, '--batch', '--no-tty', ...args]);
}

async function runGpgTool(program: 'gpg' | 'gpgconf', args: readonly string[]): Promise<string> {
  try {
    const { stdout } = await execute(program, args, {
      timeout: 60_000,
      maxBuffer: 16 * 1024 * 1024,
      env: environment(),
    });
    return stdout;
  } catch (cause) {
    const { stderr = '', code } = cause as { stderr?: string; code?: unknown };
    const why = code === 'ENOENT' ? 'it is not installed' : (stderr.trim().split('\n').at(-1) ?? 'it failed');
    throw new SigningError('signer_failed', `${program} could not be used: ${why}.`, { cause });
  }
}

/** What a token's library is told there reaches it through the agent; what this program was told does not. */
function environment(): NodeJS.ProcessEnv {
  const others = Object.entries(process.env).filter(([name]) => !name.startsWith('MOROMI_'));
  return { ...Object.fromEntries(others), LC_ALL: 'C.UTF-8' };
}
