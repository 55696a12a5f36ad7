import type { AddressInfo } from 'node:net';
import { createConnection, createServer, type Socket } from 'node:net';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { freshDatabase, freshLedger } from '../testing/ledger.ts';
import { Ledger, row } from './ledger.ts';

/** How many statements the session that answers has prepared, asked often enough to be answered by a used one. */
async function prepared(ledger: Ledger): Promise<number> {
  let most = 0;
  for (let n = 0; n < 5; n++) {
    const found = await row(
      ledger.read,
      sql<{ n: number }>`SELECT count(*)::int AS n FROM pg_prepared_statements WHERE statement <> ${`${n}`}`,
    );
    most = Math.max(most, found?.n ?? 0);
  }
  return most;
}

/** What a pooler does that shows: it tells each client a process id of its own making. */
async function pooler(path: string): Promise<{ port: number; close(): void }> {
  const sockets: Socket[] = [];
  const server = createServer((client) => {
    const behind = createConnection(path);
    sockets.push(client, behind);
    for (const one of [client, behind]) one.on('error', () => {});
    client.pipe(behind);
    behind.on('data', (data) => {
      // BackendKeyData: 'K', a length of 12, the process id, the secret.
      const at = data.indexOf(Buffer.from([0x4b, 0, 0, 0, 12]));
      if (at >= 0) data.writeInt32BE(7, at + 5);
      client.write(data);
    });
    behind.on('close', () => client.destroy());
    client.on('close', () => behind.destroy());
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

test('a statement with parameters is planned once per connection', async () => {
  await using ledger = await freshLedger(1);
  expect(await prepared(ledger)).toBeGreaterThan(0);
});

test('behind a pooler, which may give each transaction another session, nothing is prepared', async () => {
  const access = await freshDatabase();
  const front = await pooler(`${access.host}/.s.PGSQL.${access.port}`);
  const connection = { ...access, host: '127.0.0.1', port: front.port };
  const ledger = await Ledger.open({ connection, poolSize: 1 });
  expect(await prepared(ledger)).toBe(0);
  await ledger.close();
  front.close();
});
