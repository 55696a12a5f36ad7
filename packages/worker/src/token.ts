/**
 * The worker's own token.
 *
 * Invariant: the file is readable by its owner alone and whole; the enrolment token is used only while there is none of
 * this worker's name.
 */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { WorkerOffer } from '@moromi/contract';
import { point } from '@moromi/faults';
import type { WorkerConfig } from './config.ts';
import type { Home } from './home.ts';
import type { Journal } from './journal.ts';
import { Line } from './line.ts';
import { writeWhole } from './whole-file.ts';

interface OwnToken {
  worker: string;
  token: string;
}

/** The token that this worker keeps, where there is one of its name. */
export async function keptToken(config: WorkerConfig, home: Home): Promise<string | undefined> {
  const kept = await readToken(home.token);
  return kept?.worker === config.name ? kept.token : undefined;
}

/** Reads this worker's token, or enrols it and keeps the token. */
export async function ownToken(
  config: WorkerConfig,
  home: Home,
  offer: WorkerOffer,
  journal: Journal,
  signal: AbortSignal,
): Promise<string> {
  const kept = await keptToken(config, home);
  if (kept !== undefined) return kept;
  if (config.enrolToken === undefined) {
    throw new Error(
      `${home.token} holds no token of the worker ${config.name}. Give an enrolment token: MOROMI_WORKER_ENROL_TOKEN, or ` +
        '`enrol_token_file` in [worker] (the hub keeps one in enrol.token).',
    );
  }
  const line = new Line({ hub: config.hub, token: config.enrolToken, journal });
  const enrolled = await line.call('enrolWorker', { body: { name: config.name, offer } }, { signal });
  point('worker.enrolled');
  await writeWhole(
    home.token,
    `${JSON.stringify({ worker: config.name, token: enrolled.token })}\n`,
    'token',
    0o600,
  );
  journal.info(`enrolled as ${enrolled.name} at ${line.hub}`);
  return enrolled.token;
}

async function readToken(path: string): Promise<OwnToken | undefined> {
  let file: Awaited<ReturnType<typeof open>>;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const value: unknown = JSON.parse(await file.readFile('utf8'));
    if (typeof value !== 'object' || value === null || !('worker' in value) || !('token' in value))
      return undefined;
    const { worker, token } = value;
    return typeof worker === 'string' && typeof token === 'string' ? { worker, token } : undefined;
  } finally {
    await file.close();
  }
}
