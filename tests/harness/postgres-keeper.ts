/**
 * The process that keeps a PostgreSQL for a test run: started with a folder as its argument, it says `ready` and
 * serves `<folder>/keeper.sock`.
 *
 * Invariant: the server is started when the first test asks for it, and ends, with its folder, when stdin does: the
 * kernel closes that pipe however the test run ended, SIGKILL included.
 */
import { rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import pg from 'pg';
import { Ledger, Postgres, setLogLevel } from '../../packages/hub/src/ledger/index.ts';
import type { Access } from '../../packages/hub/src/ledger/postgres.ts';

const [folder = '', pgBinaries] = process.argv.slice(2);
setLogLevel('error');
const postgres = new Postgres({ home: folder, ...(pgBinaries === undefined ? {} : { pgBinaries }) });
let running: Promise<Access> | undefined;

async function start(): Promise<Access> {
  const access = await postgres.start();
  const client = new pg.Client(access);
  await client.connect();
  await client.query('CREATE DATABASE template_ledger');
  await client.end();
  // Migrated once; each test copies it.
  const template = await Ledger.open({ connection: { ...access, database: 'template_ledger' } });
  await template.close();
  return access;
}

const server = createServer((socket) => {
  socket.on('error', () => {});
  running ??= start();
  running.then(
    (access) => socket.end(JSON.stringify(access)),
    (error: unknown) => socket.end(JSON.stringify({ error: String(error) })),
  );
});
server.listen(join(folder, 'keeper.sock'), () => process.stdout.write('ready\n'));

process.stdin.resume();
process.stdin.on('close', async () => {
  server.close();
  await running?.catch(() => {});
  await postgres.stop().catch(() => {});
  await rm(folder, { recursive: true, force: true });
  process.exit(0);
});
