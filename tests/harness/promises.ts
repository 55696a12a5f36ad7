/**
 * Checks a ledger against the promises (`tests/promises.sql`).
 *
 * Invariant: it changes nothing, and looks at one instant.
 */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';

const quietMs = 10_000;

export interface Broken {
  promise: string;
  rows: unknown[];
}

interface Promised {
  promise: string;
  query: string;
}

export async function readPromises(): Promise<Promised[]> {
  const text = await readFile(join(import.meta.dirname, '../promises.sql'), 'utf8');
  return text
    .split(/^-- promise: /m)
    .slice(1)
    .map((part) => ({
      promise: part.slice(0, part.indexOf('\n')),
      query: part.slice(part.indexOf('\n')).trim().replace(/;$/, ''),
    }));
}

/**
 * @param connection how to connect, or an address `postgres://…`
 * @param blobs folder of the hub's blobs; where given, every blob of the ledger must be a file of its size there
 * Throws with every promise that is broken and the first rows that break it.
 */
export async function checkPromises(connection: pg.ClientConfig | string, blobs?: string): Promise<void> {
  let broken = await brokenPromises(connection, blobs);
  // Events are numbered after their commit; a hub that runs does so within a second.
  const end = performance.now() + quietMs;
  while (broken.some((one) => one.promise.includes('once quiet')) && performance.now() < end) {
    await delay(100);
    broken = await brokenPromises(connection, blobs);
  }
  if (broken.length > 0)
    throw new Error(
      `promises are broken:\n${broken.map(({ promise, rows }) => `- ${promise}: ${JSON.stringify(rows.slice(0, 5))}`).join('\n')}`,
    );
}

export async function brokenPromises(
  connection: pg.ClientConfig | string,
  blobs?: string,
): Promise<Broken[]> {
  const client = new pg.Client(connection);
  await client.connect();
  try {
    // One snapshot, so that a hub that still runs does not break a promise between two queries.
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const broken = await brokenWithin(client);
    if (blobs !== undefined) {
      const { rows } = await client.query<{ sha256: string; size: string }>(
        'SELECT sha256, size FROM blobs WHERE pieces IS NULL AND damaged_at IS NULL',
      );
      const missing = [];
      for (const row of rows) if (!(await isThere(blobs, row))) missing.push(row);
      if (missing.length > 0)
        broken.push({ promise: 'every stored blob of the ledger is a file', rows: missing });
    }
    await client.query('COMMIT');
    return broken;
  } finally {
    await client.end();
  }
}

/** As a transaction sees the ledger. @param client in the transaction */
export async function brokenWithin(client: pg.ClientBase): Promise<Broken[]> {
  const broken: Broken[] = [];
  for (const { promise, query } of await readPromises()) {
    const { rows } = await client.query(query);
    if (rows.length > 0) broken.push({ promise, rows });
  }
  return broken;
}

async function isThere(folder: string, blob: { sha256: string; size: string }): Promise<boolean> {
  const path = join(folder, 'sha256', blob.sha256.slice(0, 2), blob.sha256.slice(2));
  return await stat(path).then(
    (found) => found.size === Number(blob.size),
    () => false,
  );
}
