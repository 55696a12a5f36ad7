/**
 * One private PostgreSQL for a whole test run.
 *
 * Invariant: a run that needs no database pays for one small process, and nothing is left after any run: the process
 * (`postgres-keeper.ts`) ends the server when this one is gone.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { TestProject } from 'vitest/node';
import type { Access } from '../../packages/hub/src/ledger/postgres.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the keeper of the run's PostgreSQL answers. */
    postgres: string;
  }
}

export interface Keeper {
  socket: string;
  stop(): Promise<void>;
}

/** @param pgBinaries folder with a PostgreSQL other than the packaged one */
export async function startKeeper(pgBinaries?: string): Promise<Keeper> {
  // The server runs as nobody where tests run as root, so every folder on the way must let it through.
  const folder = await mkdtemp('/var/tmp/moromi-pg-');
  await chmod(folder, 0o755);
  const script = join(import.meta.dirname, 'postgres-keeper.ts');
  const args = [script, folder, ...(pgBinaries === undefined ? [] : [pgBinaries])];
  // A session of its own: Ctrl-C on the terminal is for the tests, and the keeper ends after them.
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'], detached: true });
  const gone = once(child, 'close');
  await Promise.race([
    once(child.stdout, 'data'),
    gone.then(() => {
      throw new Error('the keeper of PostgreSQL ended at its start');
    }),
  ]);
  return {
    socket: join(folder, 'keeper.sock'),
    stop: async () => {
      child.stdin.end();
      await gone;
    },
  };
}

/** Waits until the server runs. @returns how to connect to it */
export async function accessOf(socket: string): Promise<Access> {
  const reply = JSON.parse(await text(createConnection(socket))) as Access & { error?: string };
  if (reply.error !== undefined) throw new Error(`no PostgreSQL for tests: ${reply.error}`);
  return reply;
}

/** For vitest: the unit project's global setup. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const keeper = await startKeeper();
  project.provide('postgres', keeper.socket);
  return () => keeper.stop();
}
