/**
 * Idempotency: the effect of a request and its reply are kept together, under (principal, route, key).
 *
 * Invariant: of two requests with one key, one has the effect; the other waits for it and gets the same reply.
 */
import { createHash } from 'node:crypto';
import { Problem } from '@moromi/contract';
import type { Ledger, Tx } from './ledger.ts';
import { keepReply, takeKey } from './queries.ts';

export interface Keyed {
  principal: string;
  route: string;
  /** Without a key every request is a new one. */
  key: string | undefined;
  body: unknown;
}

export async function effect<T>(
  ledger: Ledger,
  name: string,
  keyed: Keyed,
  work: (tx: Tx) => Promise<T>,
): Promise<T> {
  const { principal, route, key } = keyed;
  if (key === undefined) return await ledger.tx(name, work);
  const bodyHash = createHash('sha256')
    .update(JSON.stringify(keyed.body ?? null))
    .digest('hex');
  return await ledger.tx(name, async (tx) => {
    const kept = await takeKey(tx, principal, route, key, bodyHash);
    if (kept !== undefined) {
      if (kept.bodyHash !== bodyHash) throw new Problem('idempotency_mismatch');
      return kept.reply as T;
    }
    const reply = await work(tx);
    await keepReply(tx, principal, route, key, reply);
    return reply;
  });
}
