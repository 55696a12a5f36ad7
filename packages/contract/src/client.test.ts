import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Client } from './client.ts';

const agentOfFetch = Symbol.for('undici.globalDispatcher.1');
const known = globalThis as unknown as Record<symbol, { constructor: new (limits: object) => never }>;

/** It begins to answer later than fetch waits by itself, which is told to a second. */
const hub = createServer((_, reply) => void delay(2500).then(() => reply.end('{}')));
let usual: (typeof known)[symbol] | undefined;
beforeEach(async () => {
  await new Promise<void>((resolve) => hub.listen(0, '127.0.0.1', resolve));
  await fetch('data:,');
  usual = known[agentOfFetch];
  if (usual === undefined) throw new Error('Node keeps the agent of fetch elsewhere now');
  known[agentOfFetch] = new usual.constructor({ headersTimeout: 50 });
});
afterEach(async () => {
  if (usual !== undefined) known[agentOfFetch] = usual;
  hub.closeAllConnections();
  await new Promise((resolve) => hub.close(resolve));
});

test('a call that may take long is waited for longer than fetch waits by itself', async () => {
  const client = new Client({
    hub: `http://127.0.0.1:${(hub.address() as AddressInfo).port}`,
    patienceSeconds: 0,
  });
  const collect = (timeoutMs: number) => client.call('collectBlobs', { body: {} }, { timeoutMs });
  await expect(collect(60_000)).rejects.toThrow('does not answer');
  expect(await collect(3_600_000)).toEqual({});
});
