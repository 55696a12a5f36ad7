/** Databases for tests, each its own copy of a migrated template. */
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import { accessOf } from '../../../../tests/harness/postgres.ts';
import { Ledger } from '../ledger/index.ts';
import type { Access } from '../ledger/postgres.ts';

export type { Access } from '../ledger/postgres.ts';

/** A fresh migrated database on the server that a keeper keeps. @returns how to connect to it */
export async function freshDatabase(
  socket = inject('postgres'),
  template = 'template_ledger',
): Promise<Access> {
  const server = await accessOf(socket);
  const database = `t${randomUUID().replaceAll('-', '')}`;
  const client = new pg.Client(server);
  await client.connect();
  try {
    await client.query(`CREATE DATABASE ${database} TEMPLATE ${template}`);
  } finally {
    await client.end();
  }
  return { ...server, database };
}

/** A ledger on a fresh database; `await using` or `close()` ends it. */
export async function freshLedger(poolSize = 10): Promise<FreshLedger> {
  const access = await freshDatabase();
  const ledger = await Ledger.open({ connection: access, poolSize });
  return Object.assign(ledger, { access, [Symbol.asyncDispose]: () => ledger.close() });
}

export type FreshLedger = Ledger & AsyncDisposable & { readonly access: Access };
