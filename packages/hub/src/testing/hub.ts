/** A whole hub on a fresh database, with a clock that tests move. */
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Reply, RouteName, Routes } from '@moromi/contract';
import pg from 'pg';
import type { HubConfig } from '../config.ts';
import { type RunningHub, startHub } from '../main.ts';
import { call, type Request } from './call.ts';
import { type Access, freshDatabase } from './ledger.ts';

export interface TestHub extends AsyncDisposable {
  hub: RunningHub;
  url: string;
  home: string;
  access: Access;
  /** Calls as administrator. */
  call<N extends RouteName>(name: N, request?: Request): Promise<Reply<Routes[N]>>;
  stop(): Promise<void>;
}

export function addressOf(access: Access): string {
  const { host, port, user, password, database } = access;
  return `postgres://${user}:${password}@/${database}?host=${encodeURIComponent(host)}&port=${port}`;
}

export interface HubOptions {
  keeping?: HubConfig['keeping'];
  access?: Access;
  /** Another hub's home, whose blobs this one shares. */
  beside?: string;
}

export async function freshHub({ access: given, beside, keeping }: HubOptions = {}): Promise<TestHub> {
  const access = given ?? (await freshDatabase());
  const home = await mkdtemp(join(tmpdir(), 'moromi-hub-'));
  if (beside !== undefined) {
    await mkdir(join(beside, 'blobs'), { recursive: true });
    await symlink(join(beside, 'blobs'), join(home, 'blobs'));
  }
  const hub = await startHub({
    home,
    host: '127.0.0.1',
    port: 0,
    databaseUrl: addressOf(access),
    ownWorker: false,
    press: false,
    // Many tests have rows without files.
    keeping: { scrubMb: 0, ...keeping },
    logLevel: 'error',
  });
  const stop = async (): Promise<void> => {
    await hub.stop();
    await rm(home, { recursive: true, force: true });
  };
  return {
    hub,
    url: hub.url,
    home,
    access,
    call: (name, request) => call(hub.url, hub.adminToken, name, request),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** Runs one statement beside the hub. */
export async function query<Row extends pg.QueryResultRow>(
  access: Access,
  text: string,
  values: unknown[] = [],
): Promise<Row[]> {
  const client = new pg.Client(access);
  await client.connect();
  try {
    return (await client.query<Row>(text, values)).rows;
  } finally {
    await client.end();
  }
}

/**
 * Moves the ledger's clock on.
 * @param seconds of time in which a hub listened; with `heard` false, of a silence of all hubs
 */
export async function passTime(access: Access, seconds: number, heard = true): Promise<void> {
  await query(
    access,
    `WITH clock AS (UPDATE clock SET shift = shift + make_interval(secs => $1))
     UPDATE listening SET "until" = "until" + make_interval(secs => $2)`,
    [seconds, heard ? seconds : 0],
  );
}
